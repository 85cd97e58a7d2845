"""network-twice, deny-own-address and [trunk-denied]: faults and twins."""

import pytest

from schema.manifest_set import load
from tests.support.manifests import GOOD, documents


def lines(security: str, *, media: str = "ports: 40000-41000", listener: str = "port: 5060") -> list[str]:
    """The problems of the good set with these settings of the guard."""
    system = (
        "apiVersion: trunkline/v1\nkind: System\nmetadata: {name: system}\nspec:\n"
        f"  media: {{{media}}}\n  security: {{{security}}}\n"
    )
    phones = (
        f"apiVersion: trunkline/v1\nkind: Listener\nmetadata: {{name: phones}}\nspec: {{transport: udp, {listener}}}\n"
    )
    files = GOOD | {"system.yaml": documents(system, phones)}
    return [str(problem) for problem in load(files.items()).report]


TWICE = [
    "allow: [{network: 10.0.0.0/8}], deny: [{network: 10.0.0.0/8}]",
    "allow: [{network: 10.0.0.7}], deny: [{network: 10.0.0.7/32}]",
    "deny: [{network: '2001:db8::/32'}, {network: '2001:0db8::/32'}]",
]


@pytest.mark.parametrize("security", TWICE)
def test_a_network_stands_once(security: str) -> None:
    [line] = lines(security)
    assert line.startswith("system.yaml:6:")
    assert line.endswith("; remove one of them [network-twice]")


def test_a_network_within_another_is_what_the_longest_prefix_is_for() -> None:
    security = (
        "allow: [{network: 10.0.0.0/16}, {network: 10.0.7.7}], deny: [{network: 10.0.0.0/8}, {network: 10.0.7.0/24}]"
    )
    assert lines(security) == []


OWN = [
    (
        "deny: [{network: 10.0.2.0/24}]",
        "ports: 40000-41000",
        "address: 10.0.2.1",
        "10.0.2.1 lies, the address of Listener",
    ),
    (
        "deny: [{network: 8.8.4.4}]",
        "ports: 40000-41000",
        "address: 10.0.2.1, advertisedAddress: 8.8.4.4",
        "8.8.4.4 lies, the address of Listener phones",
    ),
    (
        "deny: [{network: '2a00::/16'}]",
        "address: '2a00::5', ports: 40000-41000",
        "port: 5060",
        "2a00::5 lies, the address of the media of System system",
    ),
    (
        "allow: [{network: 10.0.0.0/8}], deny: [{network: 10.0.2.0/24}]",
        "ports: 40000-41000",
        "address: 10.0.2.1",
        "10.0.2.1 lies, the address of Listener",
    ),
]


@pytest.mark.parametrize(("security", "media", "listener", "told"), OWN)
def test_our_own_address_is_not_denied(security: str, media: str, listener: str, told: str) -> None:
    [line] = lines(security, media=media, listener=listener)
    assert told in line
    assert line.endswith("deny a smaller network, or allow that address beside it [deny-own-address]")


@pytest.mark.parametrize(
    ("security", "listener"),
    [
        ("deny: [{network: 10.0.3.0/24}]", "address: 10.0.2.1"),
        ("deny: [{network: 0.0.0.0/0}], allow: [{network: 10.0.0.0/8}]", "address: 10.0.2.1"),
        ("deny: [{network: '::/0'}]", "address: 10.0.2.1"),
        ("deny: [{network: 10.0.2.0/24}]", "port: 5060"),
        ("allow: [{network: 10.0.2.1}]", "address: 10.0.2.1"),
    ],
)
def test_twins(security: str, listener: str) -> None:
    assert lines(security, listener=listener) == []


def ip_rules(*specs: str, address: str = "10.0.2.1") -> list[str]:
    rules = (
        f"apiVersion: trunkline/v1\nkind: IpRule\nmetadata: {{name: rule-{index}}}\nspec: {{{spec}}}\n"
        for index, spec in enumerate(specs)
    )
    phones = f"apiVersion: trunkline/v1\nkind: Listener\nmetadata: {{name: phones}}\nspec: {{transport: udp, address: {address}}}\n"
    system = "apiVersion: trunkline/v1\nkind: System\nmetadata: {name: system}\nspec: {security: {allow: [{network: 10.9.0.0/16}]}}\n"
    files = GOOD | {"system.yaml": documents(phones, system, *rules)}
    return [str(problem) for problem in load(files.items()).report]


@pytest.mark.parametrize(
    ("specs", "told"),
    [
        (
            ("network: 10.9.0.0/16, action: deny",),
            "IpRule rule-0 denies 10.9.0.0/16, and at system.yaml:9:37 System system allows",
        ),
        (("network: 8.8.4.4, action: deny", "network: 8.8.4.4, action: deny"), "IpRule rule-1 denies 8.8.4.4, and at"),
    ],
)
def test_ip_rules_and_the_systems_lists_name_a_network_once(specs: tuple[str, ...], told: str) -> None:
    [line] = ip_rules(*specs)
    assert told in line
    assert line.endswith("; remove one of them [network-twice]")


@pytest.mark.parametrize("kind", ["MediaServer", "ConferenceServer"])
def test_other_servers_of_the_pbx_are_not_denied(kind: str) -> None:
    server = f"apiVersion: trunkline/v1\nkind: {kind}\nmetadata: {{name: second}}\nspec: {{ipv4: 203.0.113.9, enabled: %s}}\n"
    rule = (
        "apiVersion: trunkline/v1\nkind: IpRule\nmetadata: {name: all}\nspec: {network: 203.0.113.0/24, action: deny}\n"
    )
    told = []
    for enabled in ("true", "false"):
        files = GOOD | {"system.yaml": documents(GOOD["system.yaml"], server % enabled, rule)}
        told.append([str(problem) for problem in load(files.items()).report])
    [line] = told[0]
    assert f"in which 203.0.113.9 lies, the address of {kind} second" in line
    assert told[1] == []


def test_an_ip_rule_does_not_cover_the_pbx() -> None:
    [line] = ip_rules("network: 10.0.0.0/14, action: deny")
    assert "IpRule rule-0 denies 10.0.0.0/14, in which 10.0.2.1 lies" in line
    assert line.endswith("[deny-own-address]")


@pytest.mark.parametrize(
    ("specs", "address"),
    [
        (("network: 10.0.0.0/14, action: deny", "network: 10.0.2.0/24, action: allow"), "10.0.2.1"),
        (("network: 10.8.0.0/14, action: deny",), "10.9.0.1"),
        (("network: 10.0.0.0/14, action: allow",), "10.0.2.1"),
    ],
)
def test_twins_of_ip_rules(specs: tuple[str, ...], address: str) -> None:
    assert ip_rules(*specs, address=address) == []


DENIED = [
    ("network: 198.51.100.50, action: deny", "host: 198.51.100.50", "198.51.100.50 denies", True),
    ("network: 198.51.100.51, action: deny", "host: 198.51.100.50, backupHosts: ['198.51.100.51:5070']", "", True),
    ("network: 198.51.100.48/29, action: deny", "host: sip.example.net, addresses: [198.51.100.48/29]", "", True),
    ("network: 198.51.100.50, action: deny", "host: sip.example.net, addresses: [198.51.100.48/29]", "", True),
    ("network: '2001:db8::5', action: deny", "host: '2001:db8::5'", "", True),
    ("network: 198.51.100.0/24, action: deny", "host: 198.51.100.50", "a larger network: the trunk is let pass", False),
    ("network: 198.51.100.50, action: deny", "host: 198.51.100.50, enabled: false", "", False),
    ("network: 198.51.100.50, action: allow", "host: 198.51.100.50", "", False),
    ("network: 198.51.100.60, action: deny", "host: sip.example.net", "", False),
    ("network: '2001:db8::/64', action: deny", "host: 198.51.100.50", "", False),
]


@pytest.mark.parametrize("is_shared", [False, True])
@pytest.mark.parametrize(("rule", "spec", "_why", "is_told"), DENIED)
def test_a_trunk_whose_own_address_is_denied(rule: str, spec: str, _why: str, is_told: bool, is_shared: bool) -> None:
    denied = f"apiVersion: trunkline/v1\nkind: IpRule\nmetadata: {{name: a}}\nspec: {{{rule}}}\n"
    owner = "" if is_shared else "tenant: acme, "
    carrier = f"apiVersion: trunkline/v1\nkind: Trunk\nmetadata: {{{owner}name: elsewhere}}\nspec: {{{spec}}}\n"
    report = load((GOOD | {"more.yaml": documents(denied, carrier)}).items()).report
    found = [problem for problem in report if problem.rule == "trunk-denied"]
    assert len(found) == is_told
    assert all("IpRule a denies" in problem.message and problem.mark.line == 9 for problem in found)
