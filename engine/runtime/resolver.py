"""Asks DNS what trunks need to know, in the background, and keeps the answers fresh: the call path never waits for it.

RFC 1035 (TTL), RFC 2308 (how long there is nothing). By dnspython, imported when the first name is to be asked, off the loop. Each question
is asked again when its answer is old; while DNS is down the last answer stands, however old: carriers move less often than resolvers fail.
A question that was never answered counts as "there is no such record" after its first failure, so that a server that drops NAPTR holds
nothing up, and is asked again soon.

Surprising: names that DNS does not know are looked up as the machine itself would (`/etc/hosts`), unless other resolvers are configured.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final

from engine.config.trunk import ServerConfig
from engine.trunk.resolution import Address, Naptr, Question, Record, Srv

log = logging.getLogger("trunkline.resolver")

SHORTEST_TTL_S: Final = 15.0
LONGEST_TTL_S: Final = 3600.0
NOTHING_TTL_S: Final = 60.0
FAILED_S: Final = 15.0
ANSWER_S: Final = 6.0
"""How long one question may take, all resolvers and retries."""
_AT_ONCE: Final = 16


class DnsFailure(Exception):
    """No resolver answered, or none could."""


Answer = tuple[tuple[Record, ...], float]
"""Records, () for none, and for how many seconds they hold."""

Ask = Callable[[Question], Awaitable[Answer]]
"""Raises DnsFailure."""


class Resolver:
    """`on_change` is called on the loop whenever an answer differs from the one before. `ask`: in place of DNS, for tests."""

    def __init__(self, on_change: Callable[[], None], ask: Ask | None = None) -> None:
        self._on_change = on_change
        self._given = ask
        self._dns: _Dns | None = None
        self._servers: tuple[ServerConfig, ...] = ()
        self._known: dict[Question, tuple[Record, ...]] = {}
        self._tasks: dict[Question, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(_AT_ONCE)

    def use(self, servers: tuple[ServerConfig, ...]) -> None:
        """Ask these resolvers from now on; () = the machine's own."""
        if servers == self._servers:
            return
        self._servers = servers
        self._dns = None
        wanted = tuple(self._tasks)
        self.close()
        self.want(wanted)

    def want(self, questions: Iterable[Question]) -> None:
        """Have exactly these answered and kept fresh."""
        wanted = set(questions)
        for question in self._tasks.keys() - wanted:
            self._tasks.pop(question).cancel()
            self._known.pop(question, None)
        for question in wanted - self._tasks.keys():
            self._tasks[question] = asyncio.get_running_loop().create_task(self._keep(question))

    def known(self) -> Mapping[Question, tuple[Record, ...]]:
        """What is known now; a copy."""
        return dict(self._known)

    def close(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        self._tasks.clear()

    async def _keep(self, question: Question) -> None:
        is_failing = False
        while True:
            try:
                async with self._slots:
                    records, ttl_s = await self._ask(question)
            except DnsFailure as error:
                if not is_failing:
                    log.warning("DNS does not answer what %s of %s is: %s", question.kind, question.name, error)
                is_failing = True
                if question not in self._known:
                    self._learn(question, ())
                await asyncio.sleep(FAILED_S)
                continue
            is_failing = False
            self._learn(question, records)
            shortest = SHORTEST_TTL_S if records else FAILED_S
            await asyncio.sleep(min(max(ttl_s, shortest), LONGEST_TTL_S))

    def _learn(self, question: Question, records: tuple[Record, ...]) -> None:
        if self._known.get(question) != records:
            self._known[question] = records
            self._on_change()

    async def _ask(self, question: Question) -> Answer:
        if self._given is not None:
            return await self._given(question)
        if self._dns is None:
            self._dns = await asyncio.to_thread(_Dns, self._servers)
        return await self._dns.ask(question)


class _Dns:
    """dnspython behind our words."""

    def __init__(self, servers: tuple[ServerConfig, ...]) -> None:
        """Imports, and reads the machine's settings: off the loop."""
        import dns.asyncresolver  # 0.1 s: not before SIP answers
        import dns.exception
        import dns.nameserver
        import dns.resolver

        self._is_own = not servers
        self._nothing = (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer)
        self._failures = (dns.exception.DNSException, OSError)
        try:
            self._resolver = dns.asyncresolver.Resolver(configure=not servers)
        except dns.resolver.NoResolverConfiguration:
            self._resolver = dns.asyncresolver.Resolver(configure=False)
        if servers:
            self._resolver.nameservers = [
                dns.nameserver.Do53Nameserver(server.host, server.port or 53) for server in servers
            ]
        self._resolver.lifetime = ANSWER_S
        self._resolver.timeout = ANSWER_S / 3
        self._resolver.cache = None

    async def ask(self, question: Question) -> Answer:
        try:
            answer = await self._resolver.resolve(f"{question.name}.", question.kind, raise_on_no_answer=True)
        except self._nothing:
            return await self._as_the_machine_does(question), NOTHING_TTL_S
        except self._failures as error:
            own = await self._as_the_machine_does(question)
            if own:
                return own, NOTHING_TTL_S
            raise DnsFailure(f"{type(error).__name__}: {error}") from None
        records = [record for data in answer.rrset or () if (record := _record(question.kind, data)) is not None]
        return tuple(sorted(records)), float(answer.rrset.ttl if answer.rrset is not None else NOTHING_TTL_S)

    async def _as_the_machine_does(self, question: Question) -> tuple[Record, ...]:
        families = {"A": socket.AF_INET, "AAAA": socket.AF_INET6}
        family = families.get(question.kind)
        if family is None or not self._is_own:
            return ()
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(question.name, None, family=family, type=socket.SOCK_DGRAM)
        except (OSError, UnicodeError):
            return ()
        return tuple(sorted({Address(str(entry[4][0])) for entry in found}))


def _record(kind: str, data: object) -> Record | None:
    """One record of dnspython's as ours."""
    match kind:
        case "A" | "AAAA":
            return Address(str(data))
        case "SRV":
            priority, weight, port, target = str(data).split()
            return Srv(int(priority), int(weight), int(port), _name(target))
        case "NAPTR":
            return Naptr(
                int(getattr(data, "order", 0)),
                int(getattr(data, "preference", 0)),
                _text(data, "flags"),
                _text(data, "service"),
                _name(str(getattr(data, "replacement", ""))),
            )
    return None


def _text(data: object, name: str) -> str:
    value = getattr(data, name, b"")
    return value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)


def _name(text: str) -> str:
    return text.rstrip(".").lower()
