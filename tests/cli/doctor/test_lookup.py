"""Names of trunks' servers against a DNS server of the test's own: by NAPTR, by SRV, by themselves, or not at all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cli.doctor import probe_network
from tests.support.dns_zone import Zone
from tests.support.ports import LOOPBACK

RECORDS = """
naptr.example. 60 IN NAPTR 20 50 "s" "SIP+D2U" "" _sip._udp.elsewhere.example.
naptr.example. 60 IN NAPTR 10 50 "s" "SIP+D2T" "" _sip._tcp.elsewhere.example.
_sip._udp.elsewhere.example. 60 IN SRV 10 60 5080 one.example.
_sip._tcp.elsewhere.example. 60 IN SRV 10 60 5080 two.example.
_sip._udp.srv.example. 60 IN SRV 10 60 5080 one.example.
_sip._udp.srv.example. 60 IN SRV 20 60 5080 two.example.
one.example. 60 IN A 192.0.2.1
two.example. 60 IN A 192.0.2.2
two.example. 60 IN AAAA 2001:db8::2
"""


@pytest.fixture(scope="module")
def zone() -> Iterator[Zone]:
    with Zone(RECORDS) as zone:
        yield zone


CASES = [
    ("naptr.example", 0, "udp", ("192.0.2.1",)),
    ("naptr.example", 0, "tcp", ("192.0.2.2", "2001:db8::2")),
    ("srv.example", 0, "udp", ("192.0.2.1", "192.0.2.2", "2001:db8::2")),
    ("one.example", 0, "udp", ("192.0.2.1",)),
    ("two.example", 5060, "udp", ("192.0.2.2", "2001:db8::2")),
]


@pytest.mark.parametrize(("name", "port", "transport", "found"), CASES, ids=[f"{c[0]}-{c[2]}" for c in CASES])
def test_a_name_leads_somewhere(zone: Zone, name: str, port: int, transport: str, found: tuple[str, ...]) -> None:
    assert probe_network.lookup(name, port, transport, (zone.place,)) == (found, "")


@pytest.mark.parametrize(
    ("name", "why"), [("none.example", "the name does not exist"), ("naptr.example", "no address")]
)
def test_a_name_that_leads_nowhere(zone: Zone, name: str, why: str) -> None:
    assert probe_network.lookup(name, 5060, "udp", (zone.place,)) == ((), why)


def test_resolvers_that_answer_and_that_do_not(zone: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe_network, "ANSWER_S", 0.3)
    silent = f"{LOOPBACK}:9"
    answers = probe_network.resolvers((zone.place, silent))
    assert answers is not None
    assert [server for server, took_ms in answers if took_ms is not None] == [zone.place]
    assert answers[1] == (silent, None)
