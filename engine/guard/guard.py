"""The guard: each datagram passes it first, and who guesses passwords or floods us is banned for a time (feature G1).

A source is an IPv4 address, or the /64 of an IPv6 one. All that it sends is dropped while it is banned, also inside of calls.

What a forged UDP source can't do: be counted as a failed authentication. That takes a nonce of ours which was sent to that very
address (`origin` ties it to it), so who forges would have to read its traffic. Unanswered challenges and packet rates can be
forged, so neither bans a source where a password was proved within `standing_s`: beyond the lower rate its datagrams are
dropped for the rest of the second, and that is all. Others, with no phone registered, can be shut out by who forges enough.

Never banned, nor limited: allowed networks, our own addresses, and those of trunks.

Surprising: one dictionary holds, for the second under way, how many datagrams each source sent *and* what is known of it,
as an offset to that count; so the check is one look-up for who behaves and for who is banned.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from heapq import heappop, heappush
from typing import Final

from engine.config.security import SecurityConfig
from engine.guard.ban import Ban, Reason
from engine.guard.networks import Networks, Verdict
from engine.guard.tally import Tally
from engine.marks import Marks

_SOURCES_A_SECOND: Final = 65_536
_BANS_KEPT: Final = 20_000
_PROVED_KEPT: Final = 100_000
_NETWORKS_KEPT: Final = 50_000
_SECOND_S: Final = 1.0

_FREE: Final = -(1 << 60)
_SHUT: Final = 1 << 40
_DENIED: Final = 1 << 50


class Guard:
    """`admits` for each datagram, then what came of authentication; `expire` from time to time. Seconds, monotonic.

    `counters` gets what was dropped and who was banned, by reason.
    """

    __slots__ = (
        "_attempts",
        "_bans",
        "_config",
        "_counters",
        "_ends",
        "_failures",
        "_has_networks",
        "_networks",
        "_news",
        "_proved",
        "_second_ends",
        "_seen",
        "_sources",
        "_spared",
        "_standing_s",
        "_unanswered",
        "_verdicts",
        "_watched_from",
        "marks",
        "version",
    )

    def __init__(self, counters: Counter[str]) -> None:
        self._counters = counters
        self._bans: dict[str, Ban] = {}
        self._ends: list[tuple[float, str]] = []
        self._news: list[Ban] = []
        self._proved: dict[str, float] = {}
        self._seen: dict[str, int] = {}
        self._sources: dict[str, str] = {}
        self._verdicts: dict[str, Verdict | None] = {}
        self._second_ends = 0.0
        config = SecurityConfig()
        self._failures, self._attempts, self._unanswered = (Tally(config.period_s) for _ in range(3))
        self.marks: Marks | None = None
        """What is told of bans that begin and end; None while nobody reads it."""
        self.version = 0
        """Another one whenever the bans are others."""
        self.configure(config, (), 3600.0)

    def configure(self, config: SecurityConfig, spared: Iterable[str], standing_s: float) -> list[Ban]:
        """Follow that from now on; the bans that end by it.

        `spared`: addresses and networks that are allowed besides: ours, trunks'; `standing_s`: how long a proved password counts.
        """
        self._config = config
        self._standing_s = standing_s
        besides = frozenset(spared)
        self._spared = frozenset(address for address in besides if ":" not in address and "/" not in address)
        self._networks = Networks([*config.allow, *besides - self._spared], config.deny)
        self._has_networks = bool(self._networks)
        self._verdicts = {}
        if self._failures.period_s != config.period_s:
            self._failures, self._attempts, self._unanswered = (Tally(config.period_s) for _ in range(3))
        self._watched_from = config.level2.per_s if config.automatic_bans else _SHUT
        self._seen = {}
        self._sources = {}
        ended = [ban for ban in self._bans.values() if not config.automatic_bans or self._is_free(ban.source)]
        for ban in ended:
            self._end(ban)
        return ended

    # What the network brings.

    def admits(self, host: str, now: float) -> bool:
        """Whether to look at a datagram from there at all."""
        if now >= self._second_ends:
            self._second_ends = now + _SECOND_S
            self._seen = {}
        source = self.source_of(host) if ":" in host else host
        count = self._seen.get(source)
        if count is None:
            count = self._known_of(source, now)
            if len(self._seen) >= _SOURCES_A_SECOND:
                return count < self._watched_from or self._judge(source, count + 1, now)
        count += 1
        self._seen[source] = count
        return count < self._watched_from or self._judge(source, count, now)

    def is_shut_out(self, host: str, now: float) -> bool:
        """Whether it is banned or denied, without counting anything: for who asks to connect."""
        return self._known_of(self.source_of(host) if ":" in host else host, now) > 0

    def source_of(self, host: str) -> str:
        """What an address is counted under."""
        if ":" not in host:
            return host
        source = self._sources.get(host)
        if source is None:
            if len(self._sources) >= _NETWORKS_KEPT:
                self._sources.clear()
            source = self._sources[host] = self._networks.source_of(host)
        return source

    # What came of authentication.

    def origin(self, host: str) -> str:
        """What a nonce for that address is tied to: credentials that come from elsewhere are challenged anew.

        Allowed addresses are one origin: behind a pair of proxies, a phone's answer may take the other way.
        """
        source = self.source_of(host)
        return "" if self._is_free(source) else source

    def challenged(self, host: str, now: float) -> None:
        """A challenge is sent there."""
        source = self.source_of(host)
        count = self._unanswered.add(source, now)
        if count >= self._config.unanswered_challenges and not self._is_proved(source, now):
            self._ban(source, Reason.UNANSWERED, count, self._config.ban_s, now)

    def failed(self, host: str, response: str, now: float) -> None:
        """Credentials with a nonce for that origin were wrong. The same `response` again is a retransmission, and no guess."""
        source = self.source_of(host)
        if self._attempts.add(f"{source} {response}", now) > 1:
            return
        self._unanswered.take_back(source, now)
        count = self._failures.add(source, now)
        if count >= self._config.failed_authentications:
            self._ban(source, Reason.FAILED, count, self._config.ban_s, now)

    def proved(self, host: str, now: float) -> None:
        """Somebody there has proved to know a password."""
        source = self.source_of(host)
        self._unanswered.take_back(source, now)
        self._proved.pop(source, None)
        self._proved[source] = now
        if len(self._proved) > _PROVED_KEPT:
            del self._proved[next(iter(self._proved))]

    # Bans.

    def bans(self) -> list[Ban]:
        """Those that last, oldest first; as of the last `expire`."""
        return list(self._bans.values())

    def ban_of(self, source: str) -> Ban | None:
        """By the source that `bans` shows; as of the last `expire`."""
        return self._bans.get(source)

    @property
    def count(self) -> int:
        return len(self._bans)

    def take_news(self) -> list[Ban]:
        """Who was banned since the last call, or for longer; empties the list."""
        if not self._news:
            return self._news
        taken, self._news = self._news, []
        return taken

    def lift(self, address: str) -> Ban | None:
        """End the ban of an address, or of the /64 that holds it, and forget what led to it. None if there is none."""
        ban = self._bans.get(address) or self._bans.get(self.source_of(address.partition("/")[0]))
        if ban is not None:
            self._end(ban)
            for tally in (self._failures, self._unanswered):
                tally.forget(ban.source)
        return ban

    def verdict(self, address: str) -> Verdict | None:
        """What the configuration says of it."""
        return self._verdict(self.source_of(address))

    def restore(self, bans: Iterable[Ban]) -> None:
        """Bring back those of the last run. What may not be banned is left out by the next `configure`."""
        for ban in bans:
            self._impose(ban)
        self._seen = {}

    def expire(self, now: float) -> None:
        """End the bans whose time is over."""
        while self._ends and self._ends[0][0] <= now:
            _, source = heappop(self._ends)
            ban = self._bans.get(source)
            if ban is not None and ban.until <= now:
                self._end(ban)

    # Inside.

    def _known_of(self, source: str, now: float) -> int:
        """What the count of a source begins at."""
        verdict = self._verdict(source)
        if verdict is not None:
            return _FREE if verdict is Verdict.ALLOWED else _DENIED
        ban = self._bans.get(source)
        return _SHUT if ban is not None and now < ban.until else 0

    def _judge(self, source: str, count: int, now: float) -> bool:
        """Whether to admit a datagram of a source that is shut out, or sends much."""
        if count >= _DENIED:
            self._counters["dropped: denied network"] += 1
            return False
        config = self._config
        if count >= _SHUT:
            ban = self._bans.get(source)
            if ban is None or ban.until <= now:
                self._seen[source] = 1
                return True
            ban.dropped += 1
            self._counters["dropped: banned source"] += 1
            if count - _SHUT == config.level1.per_s and config.automatic_bans:
                self._ban(source, Reason.LEVEL1, count - _SHUT, config.level1.ban_s, now)
            return False
        if self._is_proved(source, now):
            self._counters["dropped: source sends too much"] += 1
            return False
        self._ban(source, Reason.LEVEL2, count, config.level2.ban_s, now)
        self._counters["dropped: banned source"] += 1
        return False

    def _ban(self, source: str, reason: Reason, count: int, for_s: float, now: float) -> None:
        if not self._config.automatic_bans or self._is_free(source):
            return
        until = now + for_s
        before = self._bans.get(source)
        if before is not None and before.until <= now:
            self._end(before)
            before = None
        if before is not None and (before.until >= until or before.reason is reason):
            return
        if len(self._bans) >= _BANS_KEPT and before is None:
            self._end(next(iter(self._bans.values())))
            self._counters["bans ended early: too many"] += 1
        ban = Ban(
            source=source,
            reason=reason,
            since=before.since if before is not None else now,
            until=until,
            count=count,
            dropped=before.dropped if before is not None else 1 if reason is Reason.LEVEL2 else 0,
            was_proved=self._is_proved(source, now),
        )
        self._impose(ban)
        self._counters[f"banned: {reason}"] += 1
        self._news.append(ban)
        self._seen[source] = _SHUT + max(0, self._seen.get(source, 0) % _SHUT)

    def _impose(self, ban: Ban) -> None:
        self._bans[ban.source] = ban
        if self.marks is not None:
            self.marks.bans[ban.source] = None
        heappush(self._ends, (ban.until, ban.source))
        self.version += 1

    def _end(self, ban: Ban) -> None:
        if self._bans.pop(ban.source, None) is not None:
            if self.marks is not None:
                self.marks.bans[ban.source] = None
            self._seen.pop(ban.source, None)
            self.version += 1

    def _verdict(self, source: str) -> Verdict | None:
        if source in self._spared:
            return Verdict.ALLOWED
        if not self._has_networks:
            return None
        if source in self._verdicts:
            return self._verdicts[source]
        if len(self._verdicts) >= _NETWORKS_KEPT:
            self._verdicts.clear()
        found = self._verdicts[source] = self._networks.verdict(source)
        return found

    def _is_free(self, source: str) -> bool:
        return self._verdict(source) is Verdict.ALLOWED

    def _is_proved(self, source: str, now: float) -> bool:
        at = self._proved.get(source)
        return at is not None and now - at < self._standing_s
