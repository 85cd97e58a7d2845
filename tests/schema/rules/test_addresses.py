"""advertised-address-needed, -wrong and -doubtful: what phones can't be told, and what they should hardly be told."""

import pytest

from schema.manifest_set import load
from schema.problem import Severity
from tests.support.manifests import GOOD, LISTENER, SYSTEM, documents


def lines(*system: str) -> list[str]:
    """Return the problems of the good set with these resources of the system."""
    files = GOOD | {"system.yaml": documents(*system)}
    return [str(problem) for problem in load(files.items()).report]


def listener(name: str, spec: str) -> str:
    return f"apiVersion: trunkline/v1\nkind: Listener\nmetadata: {{name: {name}}}\nspec: {{transport: udp, {spec}}}\n"


def media(spec: str) -> str:
    return SYSTEM.replace("{ports:", f"{{{spec}, ports:")


@pytest.mark.parametrize("address", ["0.0.0.0", "'::'"])
def test_phones_cannot_be_told_a_wildcard(address: str) -> None:
    hint = "write this machine's address, or add advertisedAddress: the one that phones send to [advertised-address-needed]"
    shown = address.strip("'")
    assert lines(listener("a", f"address: {address}")) == [
        f"system.yaml:4:33: Listener a listens on {shown} and advertises no other address; {hint}"
    ]
    media = SYSTEM.replace("{ports:", f"{{address: {address}, ports:")
    [line] = lines(media, LISTENER)
    assert line.endswith(f"the media of System system use {shown} and advertise no other address; {hint}")


def test_a_wildcard_with_an_address_for_phones() -> None:
    media = SYSTEM.replace("{ports:", "{address: 0.0.0.0, advertisedAddress: 10.0.2.1, ports:")
    assert lines(media, listener("a", "address: 0.0.0.0, advertisedAddress: 10.0.2.1")) == []


WRONG = [
    (
        "address: 10.0.0.5, advertisedAddress: 127.0.0.1",
        "127.0.0.1 that phones are told by {} is each phone's own machine",
    ),
    (
        "address: 0.0.0.0, advertisedAddress: 127.0.0.1",
        "127.0.0.1 that phones are told by {} is each phone's own machine",
    ),
    ("address: '2a00::5', advertisedAddress: '::1'", "::1 that phones are told by {} is each phone's own machine"),
    (
        "address: 10.0.0.5, advertisedAddress: '2a00::5'",
        "2a00::5 that phones are told by {} is IPv6, but 10.0.0.5, where",
    ),
    (
        "address: '::', advertisedAddress: 8.8.4.4",
        "8.8.4.4 that phones are told by {} is IPv4, but ::, where we listen, is IPv6",
    ),
    (
        "advertisedAddress: 255.255.255.255",
        "255.255.255.255 that phones are told by {} is one that no machine can have",
    ),
    ("advertisedAddress: 0.1.2.3", "0.1.2.3 that phones are told by {} is one that no machine can have"),
    ("advertisedAddress: 240.0.0.1", "240.0.0.1 that phones are told by {} is one that no machine can have"),
    ("advertisedAddress: 'fe80::1'", "fe80::1 that phones are told by {} is link-local"),
    ("address: 'fe80::1'", "fe80::1 that phones are told by {} is link-local"),
    (
        "advertisedAddress: '::ffff:8.8.4.4'",
        'that phones are told by {} is an IPv4 address in the form of IPv6; write "8.8.4.4"',
    ),
]


@pytest.mark.parametrize(("spec", "what"), WRONG)
def test_an_address_that_cannot_be_right(spec: str, what: str) -> None:
    [line] = lines(listener("a", spec))
    assert line.startswith("system.yaml:4:")
    assert what.format("Listener a") in line
    assert line.endswith("[advertised-address-wrong]")
    [line] = lines(media(spec), LISTENER)
    assert what.format("the media of System system") in line


@pytest.mark.parametrize("address", ["224.0.0.1", "255.255.255.255", "'ff02::1'", "0.0.0.1", "250.1.1.1"])
def test_an_address_that_nobody_can_listen_on(address: str) -> None:
    for spec in (f"address: {address}", f"address: {address}, advertisedAddress: 8.8.4.4"):
        [line] = lines(listener("a", spec))
        bare = address.strip("'")
        assert f"Listener a listens on {bare}, which no machine can have; write an address of this machine" in line


def test_the_place_is_that_of_the_address_told() -> None:
    [line] = lines(listener("a", "address: 10.0.0.5, advertisedAddress: 127.0.0.1"))
    assert line.startswith("system.yaml:4:62: ")
    [line] = lines(listener("a", "address: 'fe80::1'"))
    assert line.startswith("system.yaml:4:33: ")


DOUBTFUL = [
    (
        "address: 10.0.0.5, advertisedAddress: 203.0.113.10",
        "203.0.113.10 that phones are told by Listener a is reserved for examples",
    ),
    ("advertisedAddress: 198.51.100.7", "198.51.100.7 that phones are told by Listener a is reserved for examples"),
    ("address: 192.0.2.1", "192.0.2.1 that phones are told by Listener a is reserved for examples"),
    ("address: '2001:db8::1'", "2001:db8::1 that phones are told by Listener a is reserved for examples"),
    ("address: '3fff::1'", "3fff::1 that phones are told by Listener a is reserved for examples"),
    (
        "address: 10.0.0.5, advertisedAddress: 169.254.3.4",
        "169.254.3.4 that phones are told by Listener a is link-local",
    ),
    (
        "address: 127.0.0.1, advertisedAddress: 10.0.0.5",
        "10.0.0.5 that phones are told by Listener a is not reached at 127.0.0.1",
    ),
]


@pytest.mark.parametrize(("spec", "what"), DOUBTFUL)
def test_an_address_that_is_hardly_right_is_a_warning(spec: str, what: str) -> None:
    report = load((GOOD | {"system.yaml": listener("a", spec)}).items()).report
    [problem] = report
    assert problem.severity is Severity.WARNING
    assert f"warning: the address {what}" in str(problem)
    assert str(problem).endswith("[advertised-address-doubtful]")


CLEAN = [
    "port: 5060",
    "address: 127.0.0.1",
    "address: '::1'",
    "address: 127.0.0.1, advertisedAddress: 127.0.0.2",
    "address: 10.0.0.5, advertisedAddress: 8.8.4.4",
    "address: 0.0.0.0, advertisedAddress: 10.0.0.5",
    "address: '::', advertisedAddress: '2a00::5'",
    "advertisedAddress: 8.8.4.4",
    "advertisedAddress: 127.0.0.1",
    "address: 100.64.1.1",
    "address: 'fd00::5'",
]


@pytest.mark.parametrize("spec", CLEAN)
def test_addresses_that_are_right_on_some_machine(spec: str) -> None:
    assert lines(listener("a", spec)) == []
    assert lines(SYSTEM if spec.startswith("port") else media(spec), LISTENER) == []


PUBLIC = SYSTEM.replace("spec:\n", "spec:\n  network: {profile: public}\n")


@pytest.mark.parametrize(
    ("system", "one"),
    [
        (PUBLIC, "address: 10.0.2.1"),
        (PUBLIC, "address: 0.0.0.0, advertisedAddress: 192.168.1.5"),
        (PUBLIC, "address: 127.0.0.1"),
        (PUBLIC, "address: 'fd00::1'"),
        (PUBLIC.replace("{ports:", "{advertisedAddress: 172.16.0.1, ports:"), "port: 5060"),
    ],
)
def test_a_public_system_does_not_tell_private_addresses(system: str, one: str) -> None:
    [line] = lines(system, listener("a", one))
    assert " is private, but System system is public; " in line
    assert line.endswith("or write profile: lan [advertised-address-private]")


@pytest.mark.parametrize(
    ("system", "one"),
    [
        (SYSTEM, "address: 10.0.2.1"),
        (PUBLIC, "address: 10.0.2.1, advertisedAddress: 8.8.4.4"),
        (PUBLIC, "address: 8.8.4.4"),
        (PUBLIC, "address: '2a00:1450::1'"),
        (PUBLIC, "port: 5060"),
    ],
)
def test_twins_of_private_addresses(system: str, one: str) -> None:
    assert lines(system, listener("a", one)) == []


def network(spec: str, media: str = "ports: 40000-41000") -> str:
    return SYSTEM.replace("spec:\n", f"spec:\n  network: {{{spec}}}\n").replace("{ports: 40000-41000", f"{{{media}")


@pytest.mark.parametrize(
    ("system", "one"),
    [
        (network("profile: public, advertisedIpv4: 8.8.4.4"), "address: 10.0.2.1"),
        (network("profile: public, advertisedIpv4: 8.8.4.4"), "address: 0.0.0.0"),
        (network("advertisedIpv6: '2a00:1450::9'"), "address: '::'"),
        (network("advertisedIpv4: 8.8.4.4", "address: 0.0.0.0, ports: 40000-41000"), "port: 5060"),
        (network("profile: public, advertisedIpv4: 8.8.4.4"), "address: 10.0.2.1, advertisedAddress: 8.8.8.8"),
    ],
)
def test_what_the_network_says_phones_are_told(system: str, one: str) -> None:
    assert lines(system, listener("a", one)) == []


@pytest.mark.parametrize(
    ("system", "one", "told"),
    [
        (network("advertisedIpv4: 8.8.4.4"), "address: '::'", "[advertised-address-needed]"),
        (
            network("profile: public, advertisedIpv4: 10.0.0.5"),
            "port: 5060",
            "by the network of System system is private, but",
        ),
        (
            network("advertisedIpv4: 192.0.2.5"),
            "port: 5060",
            "by the network of System system is reserved for examples",
        ),
        (network("advertisedIpv6: 'fe80::1'"), "port: 5060", "by the network of System system is link-local"),
        (
            network("advertisedIpv4: 240.0.0.1"),
            "port: 5060",
            "by the network of System system is one that no machine can have",
        ),
        (
            network("profile: public, advertisedIpv6: '2a00:1450::9'"),
            "address: 10.0.2.1",
            "told by Listener a is private",
        ),
        (network("profile: public, advertisedIpv4: 8.8.4.4"), "address: 127.0.0.1", "told by Listener a is private"),
    ],
)
def test_faults_of_the_network(system: str, one: str, told: str) -> None:
    [line] = lines(system, listener("a", one))
    assert told in line
