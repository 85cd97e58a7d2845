"""The guard in the running engine: its bans are told in the log, shown, lifted by people, and kept over a restart.

The file is written off the loop, at most once a second, and once more at the end.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Final

from engine.config.ip_rule import IpRuleConfig
from engine.config.security import SecurityConfig
from engine.config.snapshot import Snapshot
from engine.errors import NotFound, PrepareRefused
from engine.guard.ban import Ban, Reason
from engine.guard.guard import Guard
from engine.guard.ip_rules import next_end, security_at
from engine.guard.networks import Networks, Verdict
from engine.runtime.ban_file import NAME, StoredBan, read_bans, write_bans
from engine.runtime.clock import Clock
from engine.views import BanView

log = logging.getLogger("trunkline.guard")

_LINES_A_SECOND: Final = 20


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What to follow, as `Bans.configure` was told."""

    security: SecurityConfig
    rules: tuple[IpRuleConfig, ...]
    own: frozenset[str]
    trunks: frozenset[str]
    standing_s: float


class Bans:
    """`guard` is asked by who receives; `load` before the first datagram, `keep_house` each second, `close` at the end."""

    def __init__(self, data: Path, clock: Clock, counters: Counter[str]) -> None:
        self.guard = Guard(counters)
        self._path = data / NAME
        self._clock = clock
        self._written = self.guard.version
        self._writing: asyncio.Task[None] | None = None
        self._problem: str | None = None
        self._wanted: _Wanted | None = None
        self._configured: tuple[SecurityConfig, frozenset[str], float] | None = None
        self._rule_ends: float | None = None

    async def load(self) -> None:
        """Bring back who was banned when the last run ended."""
        found = await asyncio.to_thread(read_bans, self._path)
        if found.problem is not None:
            log.warning(found.problem)
        now = self._clock.now()
        shift = now - self._clock.unix(now)
        self.guard.restore(
            Ban(
                source=stored.source,
                reason=stored.reason,
                since=stored.since + shift,
                until=stored.until + shift,
                count=stored.count,
                dropped=stored.dropped,
            )
            for stored in found.bans
            if stored.until + shift > now
        )
        self._written = self.guard.version
        if self.guard.bans():
            log.info("%d sources are still banned", len(self.guard.bans()))

    def check(self, security: SecurityConfig, rules: Collection[IpRuleConfig], own: Iterable[str]) -> None:
        """PrepareRefused if an address of this machine is denied: whoever means to reach it would be cut off as a whole."""
        config = security_at(security, rules, self._unix())
        if self._configured is not None and config == self._configured[0]:
            return
        networks = Networks(config.allow, config.deny)
        denied = [address for address in sorted(own) if networks.verdict(address) is Verdict.DENIED]
        if denied:
            what = f"System.spec.security.deny, or an IpRule, covers {denied[0]}, this machine's own address"
            raise PrepareRefused((f"{what}; deny a smaller network, or allow that address beside it",))

    def configure(
        self,
        security: SecurityConfig,
        rules: Collection[IpRuleConfig],
        own: Iterable[str],
        trunks: Iterable[str],
        standing_s: float,
    ) -> None:
        """Follow that from now on, each rule until its end; as `Guard.configure`.

        `own`: our addresses; `trunks`: those of trunks, which tenants write: what is denied under the very name stays so.
        """
        self._wanted = _Wanted(security, tuple(rules), frozenset(own), frozenset(trunks), standing_s)
        self._follow(self._wanted)

    def _follow(self, wanted: _Wanted) -> None:
        unix = self._unix()
        self._rule_ends = next_end(wanted.rules, unix)
        security = security_at(wanted.security, wanted.rules, unix)
        trunks = wanted.trunks
        if security.deny:
            denied = {_network_of(network) for network in security.deny}
            trunks = frozenset(name for name in trunks if _network_of(name) not in denied)
        configured = (security, wanted.own | trunks, wanted.standing_s)
        if configured == self._configured:
            return
        self._configured = configured
        for ban in self.guard.configure(*configured):
            log.info("unbanned: source=%s because='the configuration allows it'", ban.source)

    def _unix(self) -> float:
        return self._clock.unix(self._clock.now())

    def note(self) -> None:
        """Say who was banned in the turn that ends."""
        news = self.guard.take_news()
        for ban in news[:_LINES_A_SECOND]:
            log.warning(
                "banned: source=%s for_s=%.0f reason=%r count=%d until=%s%s",
                ban.source,
                ban.until - self._clock.now(),
                str(ban.reason),
                ban.count,
                f"{self._clock.utc(ban.until):%Y-%m-%dT%H:%M:%SZ}",
                _remark(ban),
            )
        if len(news) > _LINES_A_SECOND:
            log.warning("banned: %d more sources; trunkline get bans", len(news) - _LINES_A_SECOND)

    def views(self) -> tuple[BanView, ...]:
        self.guard.expire(self._clock.now())
        return tuple(self._view(ban) for ban in self.guard.bans())

    def view_of(self, source: str) -> BanView | None:
        ban = self.guard.ban_of(source)
        return None if ban is None else self._view(ban)

    def lift(self, address: str, author: str) -> BanView:
        """End a ban, by order of `author`. NotFound says why there is none."""
        self.guard.expire(self._clock.now())
        ban = self.guard.lift(address)
        if ban is None:
            if self.guard.verdict(address) is Verdict.DENIED:
                raise NotFound(
                    f"{address} is not banned but denied, by System.spec.security.deny or an IpRule; only the manifests change that"
                )
            raise NotFound(f"{address} is not banned; `trunkline get bans` lists who is")
        view = self._view(ban)
        log.info("unbanned: source=%s by=%s reason=%r dropped=%d", ban.source, ascii(author), view.reason, ban.dropped)
        return view

    def keep_house(self, now: float) -> None:
        """End what is over, and write down what changed."""
        self.guard.expire(now)
        if self._wanted is not None and self._rule_ends is not None and self._rule_ends <= self._clock.unix(now):
            self._follow(self._wanted)
        if self.guard.version != self._written and (self._writing is None or self._writing.done()):
            self._writing = asyncio.get_running_loop().create_task(self._write(), name="bans")

    async def close(self) -> None:
        if self._writing is not None:
            await self._writing
        if self.guard.bans() or self.guard.version != self._written:
            await self._write()

    async def _write(self) -> None:
        version = self.guard.version
        now = self._clock.now()
        shift = self._clock.unix(now) - now
        rows = [
            StoredBan(
                source=ban.source,
                reason=ban.reason,
                since=ban.since + shift,
                until=ban.until + shift,
                count=ban.count,
                dropped=ban.dropped,
            )
            for ban in self.guard.bans()
        ]
        self._written = version
        try:
            await asyncio.to_thread(write_bans, self._path, rows)
        except OSError as error:
            if self._problem is None:
                log.error("bans can't be stored: %s: %s; a restart will forget them", self._path, error.strerror)
            self._problem = str(error)
            self._written = -1
            return
        if self._problem is not None:
            log.warning("bans are stored again")
            self._problem = None

    def _view(self, ban: Ban) -> BanView:
        return BanView(
            source=ban.source,
            reason=str(ban.reason),
            since=self._clock.utc(ban.since),
            until=self._clock.utc(ban.until),
            count=ban.count,
            dropped=ban.dropped,
        )


def trunk_networks(snapshot: Snapshot) -> set[str]:
    """Where calls of trunks may come from, as far as the configuration names addresses."""
    found: set[str] = set()
    owners = [snapshot.trunks, *(tenant.trunks for tenant in snapshot.tenants.values() if tenant.trunks)]
    for trunk in [trunk for trunks in owners for trunk in trunks.values()]:
        found.update(trunk.addresses)
        found.update(server.host for server in trunk.servers if _is_address(server.host))
    return found


@lru_cache(maxsize=8192)
def _network_of(text: str) -> str:
    """A network or address in its usual spelling."""
    try:
        return str(ip_network(text, strict=False))
    except ValueError:
        return text


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return "%" not in host


def _remark(ban: Ban) -> str:
    if ban.was_proved and ban.reason is Reason.FAILED:
        return (
            "; phones there have proved passwords of ours, and are cut off with it: if this is an office, allow its network in "
            "System.spec.security.allow, and then: trunkline unban"
        )
    return ""
