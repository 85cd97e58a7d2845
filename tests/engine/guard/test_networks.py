"""Networks, allowed and denied, held against a look at each of them."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.guard.networks import Networks, Verdict

CASES = [
    ("192.0.2.7", None),
    ("10.1.2.3", Verdict.DENIED),
    ("10.2.0.1", Verdict.ALLOWED),
    ("10.2.0.66", Verdict.DENIED),
    ("198.51.100.9", Verdict.ALLOWED),
    ("2001:db8::1", Verdict.DENIED),
    ("2001:db8:0:1::/64", Verdict.ALLOWED),
    ("2001:db8:0:1::1", Verdict.ALLOWED),
    ("2001:db8:0:2::/64", Verdict.DENIED),
    ("2001:db9::/64", None),
    ("not an address", None),
]
NETWORKS = Networks(
    allow=["10.2.0.0/16", "198.51.100.9", "2001:db8:0:1::/64"],
    deny=["10.0.0.0/8", "10.2.0.66/32", "198.51.100.9", "2001:db8::/32"],
)


@pytest.mark.parametrize(("source", "verdict"), CASES)
def test_the_longest_prefix_decides(source: str, verdict: Verdict | None) -> None:
    assert NETWORKS.verdict(source) is verdict


@pytest.mark.parametrize(
    ("host", "source"),
    [
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8::1", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::1"),
        ("::1", "::/64"),
        ("nonsense:", "nonsense:"),
    ],
)
def test_an_ipv6_address_counts_as_its_64(host: str, source: str) -> None:
    assert Networks().source_of(host) == source


def test_an_address_that_a_rule_tells_from_its_64_stands_alone() -> None:
    networks = Networks(allow=["2001:db8::7"], deny=["2001:db8::/64"])
    assert networks.source_of("2001:db8::7") == "2001:db8::7"
    assert networks.source_of("2001:db8::8") == "2001:db8::/64"
    assert [networks.verdict(source) for source in ("2001:db8::7", "2001:db8::/64")] == [
        Verdict.ALLOWED,
        Verdict.DENIED,
    ]
    assert Networks(deny=["2001:db8::/128"]).verdict("2001:db8::/64") is None, "a /64 is not its first address"


@st.composite
def networks(draw: st.DrawFn) -> str:
    bits = draw(st.sampled_from([32, 128]))
    prefix = draw(st.integers(0, bits))
    # Few different addresses, so that networks hold each other.
    value = draw(st.integers(0, 7)) << (bits - 3) | draw(st.integers(0, 3)) << draw(st.integers(0, bits - 3))
    return str(ip_network((value.to_bytes(bits // 8, "big"), prefix), strict=False))


@given(st.lists(networks(), max_size=6), st.lists(networks(), max_size=6), networks())
def test_it_decides_as_who_looks_at_all_of_them(allow: list[str], deny: list[str], of: str) -> None:
    address = ip_address(of.partition("/")[0])
    holding = [
        (ip_network(text).prefixlen, verdict is Verdict.ALLOWED, verdict)
        for verdict, texts in ((Verdict.ALLOWED, allow), (Verdict.DENIED, deny))
        for text in texts
        if address in ip_network(text)
    ]
    expected = max(holding)[2] if holding else None
    assert Networks(allow, deny).verdict(str(address)) is expected
