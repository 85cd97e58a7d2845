"""RFC 3263 as a table: what is asked, in which order, and what the answers make of it."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config.trunk import ServerConfig
from engine.trunk.resolution import Address, Endpoint, Known, Naptr, Question, Srv, in_order, resolve

NAME = "carrier.example"
A, AAAA = Question("A", NAME), Question("AAAA", NAME)
NAPTR, SRV = Question("NAPTR", NAME), Question("SRV", f"_sip._udp.{NAME}")
ONE = Address("192.0.2.1")


def places(server: ServerConfig, known: Known, transport: str = "udp") -> list[str]:
    return [str(endpoint) for endpoint in resolve([server], transport, known).endpoints]


def asked(server: ServerConfig, known: Known, transport: str = "udp") -> list[tuple[str, str]]:
    return [tuple(question) for question in resolve([server], transport, known).questions]  # type: ignore[misc]


CASES = [
    ("address", ServerConfig(host="192.0.2.7"), {}, [], ["192.0.2.7:5060"]),
    ("address and port", ServerConfig(host="192.0.2.7", port=5080), {}, [], ["192.0.2.7:5080"]),
    ("IPv6", ServerConfig(host="2001:db8::1"), {}, [], ["[2001:db8::1]:5060"]),
    ("name and port", ServerConfig(host=NAME, port=5070), {A: (ONE,), AAAA: ()}, ["A", "AAAA"], ["192.0.2.1:5070"]),
    ("nothing known", ServerConfig(host=NAME), {}, ["NAPTR", "SRV"], []),
    ("NAPTR pending", ServerConfig(host=NAME), {SRV: (), A: (ONE,)}, ["NAPTR", "SRV", "A", "AAAA"], ["192.0.2.1:5060"]),
    (
        "no SRV",
        ServerConfig(host=NAME),
        {NAPTR: (), SRV: (), A: (ONE,), AAAA: ()},
        ["NAPTR", "SRV", "A", "AAAA"],
        ["192.0.2.1:5060"],
    ),
    (
        "SRV",
        ServerConfig(host=NAME),
        {
            NAPTR: (),
            SRV: (Srv(20, 0, 5062, "two.example"), Srv(10, 0, 5061, "one.example")),
            Question("A", "one.example"): (ONE, Address("192.0.2.2")),
            Question("A", "two.example"): (Address("192.0.2.3"),),
        },
        ["NAPTR", "SRV", "A", "AAAA", "A", "AAAA"],
        ["192.0.2.1:5061", "192.0.2.2:5061", "192.0.2.3:5062"],
    ),
    (
        "decidedly no service",
        ServerConfig(host=NAME),
        {NAPTR: (), SRV: (Srv(0, 0, 0, ""),), A: (ONE,)},
        ["NAPTR", "SRV"],
        [],
    ),
    (
        "NAPTR to another SRV",
        ServerConfig(host=NAME),
        {
            NAPTR: (
                Naptr(20, 1, "s", "SIP+D2U", "_late.example"),
                Naptr(10, 9, "S", "sip+d2u", "_other.example"),
                Naptr(5, 1, "s", "SIP+D2T", "_tcp.example"),
                Naptr(1, 1, "u", "SIP+D2U", ""),
            ),
            Question("SRV", "_other.example"): (Srv(1, 0, 5099, "x.example"),),
            Question("A", "x.example"): (ONE,),
        },
        ["NAPTR", "SRV", "A", "AAAA"],
        ["192.0.2.1:5099"],
    ),
]


@pytest.mark.parametrize(
    ("server", "known", "kinds", "wanted"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_order_of_questions_and_endpoints(
    server: ServerConfig, known: Known, kinds: list[str], wanted: list[str]
) -> None:
    assert places(server, known) == wanted
    assert [kind for kind, _ in asked(server, known)] == kinds


def test_the_transport_chooses_the_service() -> None:
    assert asked(ServerConfig(host=NAME), {NAPTR: ()}, "tcp")[1] == ("SRV", f"_sip._tcp.{NAME}")


def test_backup_servers_come_after_all_of_the_first() -> None:
    servers = [ServerConfig(host=NAME), ServerConfig(host="192.0.2.9")]
    known: Known = {NAPTR: (), SRV: (Srv(99, 0, 5060, NAME),), A: (ONE,), AAAA: ()}
    found = resolve(servers, "udp", known)
    assert [endpoint.host for endpoint in in_order(reversed(found.endpoints), lambda _: 0)] == [
        "192.0.2.1",
        "192.0.2.9",
    ]
    assert not found.pending


def test_an_address_that_two_names_have_is_tried_once() -> None:
    servers = [ServerConfig(host="192.0.2.1"), ServerConfig(host=NAME, port=5060)]
    assert len(resolve(servers, "udp", {A: (ONE,)}).endpoints) == 1


def test_a_zone_of_thousands_is_cut() -> None:
    records = tuple(Address(f"10.0.{n // 250}.{n % 250}") for n in range(3_000))
    assert len(resolve([ServerConfig(host=NAME, port=1)], "udp", {A: records}).endpoints) == 32


def test_a_service_of_thousands_of_servers_is_not_asked_for_all_of_them() -> None:
    servers = tuple(Srv(n, 1, 5060, f"h{n}.example") for n in reversed(range(2_000)))
    found = asked(ServerConfig(host=NAME), {NAPTR: (), SRV: servers})
    assert len(found) == 2 + 2 * 16
    assert ("A", "h0.example") in found


@pytest.mark.parametrize("nowhere", ["0.0.0.0", "255.255.255.255", "224.0.0.1", "::", "ff02::1"])
def test_an_address_that_no_server_can_have_is_none(nowhere: str) -> None:
    """A filter that denies a name answers 0.0.0.0: that would be ourselves, and we would answer our own OPTIONS."""
    known: Known = {A: (Address(nowhere), ONE), AAAA: ()}
    assert places(ServerConfig(host=NAME, port=5060), known) == ["192.0.2.1:5060"]


def test_weights_share_the_load_as_rfc_2782_says() -> None:
    equals = [
        Endpoint("a", 1, (0, 1), 60),
        Endpoint("b", 1, (0, 1), 30),
        Endpoint("c", 1, (0, 1), 10),
        Endpoint("d", 1, (0, 1), 0),
    ]
    chance = Random(7)
    first = Counter(in_order(equals, lambda highest: chance.randint(0, highest))[0].host for _ in range(4_000))
    assert abs(first["a"] / 4_000 - 0.6) < 0.04
    assert abs(first["b"] / 4_000 - 0.3) < 0.04
    assert abs(first["c"] / 4_000 - 0.1) < 0.03
    assert 0 < first["d"] < 120


ENDPOINTS = st.lists(
    st.builds(
        Endpoint,
        host=st.sampled_from(["a", "b", "c", "d", "e"]),
        port=st.integers(1, 3),
        rank=st.tuples(st.integers(0, 2), st.integers(0, 3)),
        weight=st.integers(0, 65535),
    ),
    max_size=12,
)


@given(ENDPOINTS, st.randoms(use_true_random=False))
def test_ordering_loses_nothing_and_keeps_ranks(endpoints: list[Endpoint], chance: Random) -> None:
    ordered = in_order(endpoints, lambda highest: chance.randint(0, highest))
    assert Counter(ordered) == Counter(endpoints)
    assert [endpoint.rank for endpoint in ordered] == sorted(endpoint.rank for endpoint in endpoints)
