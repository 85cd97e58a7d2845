"""Sockets by Listener: bound in prepare, handed over, drained and closed; a flow finds its socket under every name."""

import asyncio
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

import pytest

from engine.config.listener import ListenerConfig
from engine.config.system import NetworkConfig
from engine.errors import PrepareRefused
from engine.runtime.connection_limits import ConnectionLimits
from engine.runtime.connection_set import ConnectionSet, ConnectionUser
from engine.runtime.listener_set import ListenerSet
from engine.sip.flow import Flow
from tests.support.ports import LOOPBACK, free_udp_port

QUIET = ConnectionUser(
    receive=lambda *_: None,
    turn=lambda: None,
    refuse=lambda *_: None,
    lose=lambda _: None,
    admits=lambda _: True,
    needs=lambda _: set(),
    note_load=lambda *_: None,
)


class Fixture:
    def __init__(self) -> None:
        counters: Counter[str] = Counter()
        connections = ConnectionSet(QUIET, ConnectionLimits(), counters)
        self.set = ListenerSet(LOOPBACK, lambda *_: None, lambda: None, lambda *_: None, counters, connections)
        self.used: set[str] = set()

    def apply(self, *configs: ListenerConfig) -> None:
        by_name = {config.name: config for config in configs}
        self.set.swap(self.set.prepare(by_name), by_name)
        self.set.retire(lambda label: label in self.used)


def udp(name: str, port: int, **changes: str) -> ListenerConfig:
    return ListenerConfig(
        name=name,
        transport="udp",
        port=port,
        address=changes.get("address"),
        advertised_address=changes.get("advertised"),
        tenant=changes.get("tenant"),
    )


def tcp(name: str, port: int) -> ListenerConfig:
    return replace(udp(name, port), transport="tcp")


def run(story: Callable[[Fixture], Awaitable[None]]) -> None:
    async def main() -> None:
        fixture = Fixture()
        try:
            await story(fixture)
        finally:
            fixture.set.close()

    asyncio.run(main())


def is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def test_bound_at_prepare_closed_at_discard() -> None:
    async def story(f: Fixture) -> None:
        port = free_udp_port()
        prepared = f.set.prepare({"a": udp("a", port)})
        assert not is_free(port)
        assert f.set.find("a") is None
        f.set.discard(prepared)
        f.set.discard(prepared)
        assert is_free(port)

    run(story)


def test_all_reasons_at_once_and_nothing_bound() -> None:
    async def story(f: Fixture) -> None:
        port = free_udp_port()
        wanted: Mapping[str, ListenerConfig] = {
            "good": udp("good", port),
            "far": udp("far", port, address="192.0.2.7"),
            "twin": udp("twin", port),
        }
        with pytest.raises(PrepareRefused) as refused:
            f.set.prepare(wanted)
        assert [reason.split()[1] for reason in refused.value.reasons] == ["'far'", "'twin'"]
        assert is_free(port)

    run(story)


def test_a_kept_socket_is_the_same_socket_under_every_name() -> None:
    async def story(f: Fixture) -> None:
        port = free_udp_port()
        f.apply(udp("a", port))
        first = f.set.find("a")
        f.apply(udp("b", port, advertised="198.51.100.9", tenant="acme"))
        assert f.set.find("a") is first
        assert f.set.names() == {"a": "b"}
        assert f.set.contact_hosts() == {"a": ("198.51.100.9", port)}
        (view,) = f.set.views()
        assert (view.name, view.advertised, view.tenant) == ("b", f"198.51.100.9:{port}", "acme")

    run(story)


def test_two_sockets_never_share_a_label() -> None:
    async def story(f: Fixture) -> None:
        one, two, three = free_udp_port(), free_udp_port(), free_udp_port()
        f.apply(udp("a", one))
        f.used = {"a"}
        f.apply(udp("a", two))
        f.used = {"a", "a#2"}
        f.apply(udp("a", three))
        sockets = [f.set.find(label) for label in ("a", "a#2", "a#3")]
        assert [listener.bound[1] for listener in sockets if listener is not None] == [one, two, three]
        assert f.set.names() == {"a": "", "a#2": "", "a#3": "a"}
        assert f.set.contact_hosts() == {"a#3": (LOOPBACK, three)}
        assert f.set.draining() == {"a": "a", "a#2": "a"}

    run(story)


def test_a_drained_socket_is_closed_when_unused_and_its_label_is_free_again() -> None:
    async def story(f: Fixture) -> None:
        one, two = free_udp_port(), free_udp_port()
        f.apply(udp("a", one))
        f.used = {"a"}
        f.apply(udp("b", two))
        assert not is_free(one)
        assert [view.problem is None for view in f.set.views()] == [True, False]
        f.used = set()
        f.set.retire(lambda _: False)
        assert is_free(one)
        assert f.set.find("a") is None
        f.apply(udp("b", two), udp("a", one))
        assert f.set.names() == {"a": "a", "b": "b"}

    run(story)


def test_a_draining_socket_that_is_wanted_again_is_taken_back() -> None:
    async def story(f: Fixture) -> None:
        port = free_udp_port()
        f.apply(udp("a", port))
        f.used = {"a"}
        f.apply()
        first = f.set.find("a")
        f.apply(udp("again", port))
        assert f.set.find("a") is first
        assert f.set.draining() == {}
        assert f.set.names() == {"a": "again"}

    run(story)


def test_a_refused_change_leaves_names_and_drains_as_they_were() -> None:
    async def story(f: Fixture) -> None:
        one, two = free_udp_port(), free_udp_port()
        f.apply(udp("a", one))
        f.used = {"a"}
        f.apply(udp("b", two))
        before = (f.set.names(), f.set.views(), f.set.contact_hosts())
        with pytest.raises(PrepareRefused):
            f.set.prepare({"c": udp("c", one), "far": udp("far", two, address="192.0.2.7")})
        assert (f.set.names(), f.set.views(), f.set.contact_hosts()) == before

    run(story)


def test_our_own_addresses() -> None:
    async def story(f: Fixture) -> None:
        port = free_udp_port()
        f.apply(udp("a", port, advertised="pbx.example"))
        assert f.set.names_ours(LOOPBACK, port)
        assert f.set.names_ours("pbx.example", port)
        assert not f.set.names_ours(LOOPBACK, port + 1)

    run(story)


def test_udp_and_tcp_on_one_port_are_siblings() -> None:
    async def story(f: Fixture) -> None:
        port, other = free_udp_port(), free_udp_port()
        f.apply(udp("a", port), tcp("b", port), udp("c", other))
        assert f.set.transports() == {"a": "udp", "b": "tcp", "c": "udp"}
        phone = Flow("a", "udp", LOOPBACK, 5062)
        assert f.set.sibling(phone, "tcp") == Flow("b", "tcp", LOOPBACK, 5062)
        assert f.set.sibling(Flow("b", "tcp", LOOPBACK, 5062, 7), "udp") == phone
        assert f.set.sibling(phone._replace(listener="c"), "tcp") is None
        assert f.set.sibling(phone._replace(listener="gone"), "tcp") is None

    run(story)


def test_a_tcp_socket_is_listening_once_prepared_and_two_never_share_a_port() -> None:
    async def story(f: Fixture) -> None:
        port = free_udp_port()
        prepared = f.set.prepare({"a": tcp("a", port)})
        with socket.create_connection((LOOPBACK, port)):
            pass
        with pytest.raises(PrepareRefused):
            f.set.prepare({"b": tcp("b", port)})
        f.set.discard(prepared)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((LOOPBACK, port))

    run(story)


class Nat(NetworkConfig):
    """Behind one even on loopback, where nothing else can be bound here."""

    __slots__ = ()

    def told(self, bound: str) -> str:
        return "203.0.113.5"


def test_phones_are_told_the_networks_address_where_a_listener_says_nothing() -> None:
    async def story(f: Fixture) -> None:
        one, other = udp("one", free_udp_port()), udp("other", free_udp_port(), advertised="203.0.113.9")
        by_name = {"one": one, "other": other}
        f.set.swap(f.set.prepare(by_name), by_name, Nat())
        told = {door.name: door.advertised for door in f.set.doors()}
        assert told == {"one": ("203.0.113.5", one.port), "other": ("203.0.113.9", other.port)}
        assert {"203.0.113.5", "203.0.113.9"} <= f.set.own_addresses()
        f.apply(one, other)
        assert {door.advertised[0] for door in f.set.doors()} == {LOOPBACK, "203.0.113.9"}

    run(story)
