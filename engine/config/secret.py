"""References to secrets, and the map that resolves them.

The Snapshot and every digest hold only `SecretRef`s. The `Secrets` map is versioned apart from the revision: rotating a password
changes the map and no revision. Its repr shows no value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NewType

SecretRef = NewType("SecretRef", str)
"""Opaque key, for people `env:NAME`, `file:path`, `sops:path#key` or `age:path`; never the secret."""

LOCK_MARK: Final = "\0"
"""How a value begins that nobody knows, in the place of a secret that is missing; no secret holds such a character."""


def is_lock(value: str) -> bool:
    return value.startswith(LOCK_MARK)


@dataclass(frozen=True, slots=True)
class Secrets:
    """`version`: changes with any value, says nothing about one."""

    version: str
    values: Mapping[SecretRef, str] = field(repr=False)

    def get(self, ref: SecretRef) -> str | None:
        """The secret, or None where it is missing, which refuses whatever needs it (law 10)."""
        return self.values.get(ref)


NO_SECRETS = Secrets("", {})
