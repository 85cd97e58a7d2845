"""One-time links: a code that opens one session of the page, once, within a minute. In memory only: a restart ends them."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from api.caller import Scope

LIFE_S: Final = 60.0
MOST: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What the session may do, and until when (monotonic) it can be opened. `opened_by`: the id of the token that asked for it."""

    name: str
    scope: Scope
    tenant: str | None
    until: float
    opened_by: str | None = None


class Links:
    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._open: dict[bytes, Link] = {}

    def make(self, name: str, scope: Scope, tenant: str | None, opened_by: str | None = None) -> str:
        """Its code. Beyond a hundred the oldest goes."""
        code = secrets.token_urlsafe(32)
        while len(self._open) >= MOST:
            del self._open[next(iter(self._open))]
        until = self._now() + LIFE_S
        self._open[_key(code)] = Link(name=name, scope=scope, tenant=tenant, until=until, opened_by=opened_by)
        return code

    def take(self, code: str) -> Link | None:
        """What it opens, and it opens nothing any more; None if it was used, is too old, or never was."""
        link = self._open.pop(_key(code), None)
        return link if link is not None and self._now() < link.until else None

    def end_of(self, token_id: str) -> None:
        """Those that this token asked for open nothing any more."""
        self._open = {key: link for key, link in self._open.items() if link.opened_by != token_id}


def _key(code: str) -> bytes:
    # Looked up by its hash, how long that takes says nothing of the code.
    return sha256(code.encode("utf-8", "surrogatepass")).digest()
