"""Where a trunk's servers are: the order of questions to DNS, and what the answers mean.

RFC 3263 §4.1 (NAPTR), §4.2 (SRV, A and AAAA); RFC 2782 (priorities and weights). Sans-IO: `resolve` says which questions it needs
answered; whoever asks calls it again with what came. The transport is the trunk's own, so NAPTR only tells where the SRV records of that
transport are, and an explicit port or an IP address asks for neither.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final, NamedTuple

from engine.config.trunk import ServerConfig

DEFAULT_PORT: Final = 5060
_NAPTR_SERVICES: Final = {"udp": "SIP+D2U", "tcp": "SIP+D2T"}
_MOST_ENDPOINTS: Final = 32
_MOST_TARGETS: Final = 16
"""So many SRV records of one service are followed, the best ones: each has two questions of its own."""


class Question(NamedTuple):
    """`kind`: NAPTR, SRV, A or AAAA; `name`: lower case, without the last dot."""

    kind: str
    name: str


class Naptr(NamedTuple):
    """RFC 3403 §4.1."""

    order: int
    preference: int
    flags: str
    service: str
    replacement: str


class Srv(NamedTuple):
    """RFC 2782. `target`: "" = there is decidedly no such service."""

    priority: int
    weight: int
    port: int
    target: str


class Address(NamedTuple):
    """Of an A or AAAA record."""

    text: str


Record = Naptr | Srv | Address
Known = Mapping[Question, tuple[Record, ...]]
"""Answers so far; () = there is no such record. What is not in it has not been answered yet."""


class Endpoint(NamedTuple):
    """One address of one server. `rank`: lower is tried first: the server's place, then the SRV priority; `name`: what it was found by."""

    host: str
    port: int
    rank: tuple[int, int] = (0, 0)
    weight: int = 0
    name: str = ""

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Resolution:
    """`questions`: all that the answer rests on, to be asked and kept fresh; `pending`: some have no answer yet."""

    endpoints: tuple[Endpoint, ...]
    questions: tuple[Question, ...]
    pending: bool


class _Search:
    """One look at what is known."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self.endpoints: dict[tuple[str, int], Endpoint] = {}
        self.questions: dict[Question, None] = {}
        self.pending = False

    def ask(self, kind: str, name: str) -> tuple[Record, ...] | None:
        question = Question(kind, name.rstrip(".").lower())
        self.questions[question] = None
        found = self._known.get(question)
        if found is None:
            self.pending = True
        return found

    def add(self, host: str, port: int, rank: tuple[int, int], weight: int, name: str) -> None:
        if len(self.endpoints) < _MOST_ENDPOINTS:
            self.endpoints.setdefault((host, port), Endpoint(host, port, rank, weight, name))

    def addresses(self, name: str, port: int, rank: tuple[int, int], weight: int) -> None:
        for kind in ("A", "AAAA"):
            for record in self.ask(kind, name) or ():
                if isinstance(record, Address) and not _is_nowhere(record.text):
                    self.add(record.text, port, rank, weight, name)


def resolve(servers: Iterable[ServerConfig], transport: str, known: Known) -> Resolution:
    """The endpoints of servers in order of preference, as far as they are known."""
    search = _Search(known)
    for place, server in enumerate(servers):
        _resolve_one(search, server, transport, place)
    return Resolution(tuple(search.endpoints.values()), tuple(search.questions), search.pending)


def _resolve_one(search: _Search, server: ServerConfig, transport: str, place: int) -> None:
    host = server.host
    if is_address(host):
        search.add(host, server.port or DEFAULT_PORT, (place, 0), 0, host)
        return
    if server.port is not None:
        search.addresses(host, server.port, (place, 0), 0)
        return
    services = search.ask("SRV", _service_name(search, host, transport))
    if services is None:
        return
    found = [record for record in services if isinstance(record, Srv)]
    if not found:
        search.addresses(host, DEFAULT_PORT, (place, 0), 0)
    for record in sorted(found)[:_MOST_TARGETS]:
        if record.target:
            search.addresses(record.target, record.port, (place, record.priority), record.weight)


def _service_name(search: _Search, host: str, transport: str) -> str:
    """Where the SRV records are: as NAPTR says, else the usual name. A NAPTR that is not answered yet holds nothing up."""
    wanted = _NAPTR_SERVICES.get(transport, "")
    pointers = [
        record
        for record in search.ask("NAPTR", host) or ()
        if isinstance(record, Naptr) and record.flags.lower() == "s" and record.service.upper() == wanted
    ]
    if pointers:
        return min(pointers).replacement
    return f"_sip._{transport}.{host}"


def in_order(endpoints: Iterable[Endpoint], draw: Callable[[int], int]) -> list[Endpoint]:
    """By rank, and among equals by the lots of RFC 2782. `draw(n)`: a random number of 0..n."""
    ranks: dict[tuple[int, int], list[Endpoint]] = {}
    for endpoint in endpoints:
        ranks.setdefault(endpoint.rank, []).append(endpoint)
    ordered: list[Endpoint] = []
    for rank in sorted(ranks):
        ordered += _by_lot(ranks[rank], draw)
    return ordered


def _by_lot(equals: list[Endpoint], draw: Callable[[int], int]) -> list[Endpoint]:
    """Those of weight 0 first in the list, so that they have a small chance; then one after the other by its weight."""
    left = sorted(equals, key=lambda endpoint: endpoint.weight > 0)
    ordered: list[Endpoint] = []
    while len(left) > 1:
        mark = draw(sum(endpoint.weight for endpoint in left))
        running = 0
        for index, endpoint in enumerate(left):
            running += endpoint.weight
            if running >= mark:
                ordered.append(left.pop(index))
                break
    return ordered + left


def _is_nowhere(text: str) -> bool:
    """Whether no server can have the address: `0.0.0.0`, by which filters deny a name, would be ourselves, and we would answer."""
    address = ip_address(text)
    return address.is_unspecified or address.is_multicast or text == "255.255.255.255"


def is_address(host: str) -> bool:
    """Whether the host is an IP address and no name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
