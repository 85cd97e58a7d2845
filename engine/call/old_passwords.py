"""Passwords that were exchanged for others, as long as phones are registered with them.

When the value behind a reference changes, phones that registered before still have the old one. Until the registration that a phone had at
that moment runs out, its address may go on with it: call, and register anew, though never for longer than that. From anywhere else,
and for an extension that nobody was registered for, the old one is worth nothing at once. Kept in memory only: a restart forgets them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from engine.registrar.binding import Binding

MOST_OF_EXTENSION: Final = 32
"""Addresses and passwords; those beyond have to take the new one at once."""


class OldPassword(NamedTuple):
    """`until`: when the last registration from `host` that was made before the exchange runs out."""

    host: str
    password: str
    until: float


class OldPasswords:
    __slots__ = ("_of",)

    def __init__(self) -> None:
        self._of: dict[tuple[str, str], tuple[OldPassword, ...]] = {}

    def add(self, tenant: str, number: str, password: str, bindings: Iterable[Binding], now: float) -> None:
        """This was the password until now; `bindings`: all live ones of the extension."""
        until: dict[str, float] = {}
        for binding in bindings:
            until[binding.flow.host] = max(until.get(binding.flow.host, 0.0), binding.expires_at)
        kept = [old for old in self._of.get((tenant, number), ()) if old.until > now and old.password != password]
        found = [*(OldPassword(host, password, at) for host, at in until.items() if at > now), *kept]
        if found:
            self._of[tenant, number] = tuple(found[:MOST_OF_EXTENSION])

    def of(self, tenant: str, number: str, host: str, now: float) -> tuple[OldPassword, ...]:
        """Those that still count from there."""
        known = self._of.get((tenant, number))
        if known is None:
            return ()
        live = tuple([old for old in known if old.until > now])
        if not live:
            del self._of[tenant, number]
        return tuple([old for old in live if old.host == host and old.until - now >= 1])

    def known(self) -> tuple[tuple[str, str], ...]:
        """Tenants and numbers of which one may still count."""
        return tuple(self._of)

    def forget(self, tenant: str, number: str) -> None:
        """None of them counts any more: the extension is gone, or another."""
        self._of.pop((tenant, number), None)
