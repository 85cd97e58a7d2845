"""`Plan`: the difference between what runs and what shall run, as a value that people read and approve.

The same two states give the same plan to the byte, wherever it is made: on the server, on a laptop, in CI. What is live (calls,
registrations) is no part of it and is counted beside it. The digest names exactly this change, from this revision to that one, under
these versions of the time-zone and holiday data; approving it approves nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Final

from engine.config.ref import ConfigRef, Origin, Revision
from reconciler.disruption import Disruption
from reconciler.field_diff import FieldChange
from reconciler.safety import Breach
from reconciler.stakes import Stakes

SHORT: Final = 12
"""Digits of a digest or a revision that people are shown, and the fewest they may give back."""


class Action(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedChange:
    """One resource that comes, changes or goes. `origin`: where it stands now, for one that goes where it stood."""

    ref: ConfigRef
    action: Action
    disruption: Disruption
    origin: Origin | None
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class BlastRadius:
    """How many of how many may notice, by count; those of before and after taken together."""

    extensions: int = 0
    all_extensions: int = 0
    numbers: int = 0
    all_numbers: int = 0


@dataclass(frozen=True, slots=True)
class Standstill:
    """A tenant, or the system (""), that stays as it is because of problems in its manifests; how many, and the first."""

    unit: str
    problems: int
    first: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`changes`: sorted by key; `stakes`: told beside them, and no part of what is approved; `data`: names and versions of what rules are
    computed from besides the manifests.
    """

    before: Revision
    after: Revision
    changes: tuple[PlannedChange, ...] = ()
    radius: BlastRadius = BlastRadius()
    breaches: tuple[Breach, ...] = ()
    held: tuple[Standstill, ...] = ()
    stakes: Stakes = field(default_factory=Stakes)
    data: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not self.changes

    @property
    def disruption(self) -> Disruption:
        """That of the change which disturbs most."""
        return max((change.disruption for change in self.changes), key=lambda one: one.rank, default=Disruption.NONE)

    @property
    def disturbed(self) -> tuple[ConfigRef, ...]:
        """What live things may lose something by: asked of a running server, it tells how many there are. Extensions last: who asks
        for the first thousands only still asks for all tenants and listeners, which whoever uses an extension uses, too."""
        rank = Disruption.DROPS_REGISTRATIONS.rank
        refs = [c.ref for c in self.changes if c.disruption.rank >= rank or c.action is Action.DELETE]
        return tuple(sorted(refs, key=lambda ref: ref.kind == "Extension"))

    @property
    def counts(self) -> Mapping[Action, int]:
        found = Counter(change.action for change in self.changes)
        return {action: found[action] for action in Action}

    @property
    def digest(self) -> str:
        """SHA-256 in hex. Of what changes and what that does; not of where it stands in files, nor of what is held back."""
        told: Sequence[object] = (
            1,
            self.before,
            self.after,
            [
                (*c.ref, c.action.value, c.disruption.value, [(f.path, f.old, f.new) for f in c.fields])
                for c in self.changes
            ],
            [breach.id for breach in self.breaches],
            sorted(self.data.items()),
        )
        return sha256(repr(told).encode()).hexdigest()


def names_digest(given: str, digest: str) -> bool:
    """Whether `given` is the digest or its beginning, of `SHORT` digits at least."""
    return len(given) >= SHORT and digest.startswith(given.lower())
