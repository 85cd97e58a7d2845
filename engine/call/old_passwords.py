"""Passwords that were exchanged for others, as long as phones are registered with them.

When the value behind a reference changes, phones that registered before still have the old one. Until the registration that a phone had at
that moment runs out, its address may go on with it: call, and register anew, though never for longer than that. From anywhere else,
and for an extension that nobody was registered for, the old one is worth nothing at once.

Over a restart only the HA1s of the old one are kept, in the two ways in which phones spell their user name: of what is proved with them,
nothing lasts longer than the registration did.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from engine.registrar.binding import Binding
from engine.sip.digest import OFFERED, Algorithm, ha1

MOST_OF_EXTENSION: Final = 32
"""Addresses and passwords; those beyond have to take the new one at once."""

Hashes = Mapping[tuple[str, Algorithm], str]
"""HA1s, by the user name as it is spelt and the algorithm."""
NO_HASHES: Final[Hashes] = {}


class OldPassword(NamedTuple):
    """`until`: when the last registration from `host` that was made before the exchange runs out. `password`: None behind a restart,
    which leaves only `hashes`."""

    host: str
    password: str | None
    until: float
    hashes: Hashes = NO_HASHES

    def proof(self, username: str, realm: str, algorithm: Algorithm) -> str | None:
        """The HA1, or None where it is not known."""
        if self.password is not None:
            return ha1(username, realm, self.password, algorithm)
        return self.hashes.get((username, algorithm))


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPassword:
    """An old password as it survives a restart, for whom it was: another user, realm or reference is another matter.

    `until`: UNIX seconds."""

    tenant: str
    number: str
    user: str
    realm: str
    reference: str
    host: str
    until: float
    hashes: Hashes = field(repr=False)


class OldPasswords:
    __slots__ = ("_of", "is_changed")

    def __init__(self) -> None:
        self._of: dict[tuple[str, str], tuple[OldPassword, ...]] = {}
        self.is_changed = False
        """Since who keeps them over a restart took note."""

    def add(self, tenant: str, number: str, password: str, bindings: Iterable[Binding], now: float) -> None:
        """This was the password until now; `bindings`: all live ones of the extension."""
        until: dict[str, float] = {}
        for binding in bindings:
            until[binding.flow.host] = max(until.get(binding.flow.host, 0.0), binding.expires_at)
        kept = [old for old in self._of.get((tenant, number), ()) if old.until > now and old.password != password]
        found = [*(OldPassword(host, password, at) for host, at in until.items() if at > now), *kept]
        if found:
            self._of[tenant, number] = tuple(found[:MOST_OF_EXTENSION])
            self.is_changed = True

    def restore(self, tenant: str, number: str, old: OldPassword) -> None:
        """It was kept over a restart."""
        self._of[tenant, number] = (*self._of.get((tenant, number), ()), old)[:MOST_OF_EXTENSION]

    def of(self, tenant: str, number: str, host: str, now: float) -> tuple[OldPassword, ...]:
        """Those that still count from there."""
        known = self._of.get((tenant, number))
        if known is None:
            return ()
        live = tuple([old for old in known if old.until > now])
        if not live:
            del self._of[tenant, number]
            self.is_changed = True
        return tuple([old for old in live if old.host == host and old.until - now >= 1])

    def all(self, now: float) -> list[tuple[str, str, OldPassword]]:
        """Each that still counts, with its tenant and number."""
        return [(*key, old) for key, found in self._of.items() for old in found if old.until > now]

    def known(self) -> tuple[tuple[str, str], ...]:
        """Tenants and numbers of which one may still count."""
        return tuple(self._of)

    def forget(self, tenant: str, number: str) -> None:
        """None of them counts any more: the extension is gone, or another."""
        if self._of.pop((tenant, number), None) is not None:
            self.is_changed = True

    def expire(self, now: float) -> None:
        """What counts no longer is not known any more."""
        for key, found in list(self._of.items()):
            live = tuple([old for old in found if old.until > now])
            if len(live) < len(found):
                self.is_changed = True
                if live:
                    self._of[key] = live
                else:
                    del self._of[key]


def hashes_of(old: OldPassword, user: str, realm: str) -> Hashes:
    """What is kept of it: of the user name as the manifest has it, and with the domain behind it, as some phones spell it."""
    found: dict[tuple[str, Algorithm], str] = {}
    for username in (user, f"{user}@{realm}"):
        for algorithm in OFFERED:
            proof = old.proof(username, realm, algorithm)
            if proof is not None:
                found[username, algorithm] = proof
    return found
