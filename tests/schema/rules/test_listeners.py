"""listener-needed, duplicate-listener, listener-tenant-exists, media-port-overlap: faults and twins."""

import pytest

from schema.manifest_set import load
from tests.support.manifests import ACME, GOOD, LISTENER, SYSTEM, documents


def lines(*system: str) -> list[str]:
    """Return the problems of the good set with these resources of the system."""
    files = GOOD | {"system.yaml": documents(*system)}
    return [str(problem) for problem in load(files.items()).report]


def listener(name: str, spec: str) -> str:
    return f"apiVersion: trunkline/v1\nkind: Listener\nmetadata: {{name: {name}}}\nspec: {{transport: udp, {spec}}}\n"


def test_no_listener() -> None:
    assert lines(SYSTEM) == [
        (
            "system.yaml:1:1: no manifest defines a Listener; "
            "define one: kind: Listener, spec: {transport: udp} [listener-needed]"
        )
    ]


def test_no_resource_of_the_system_at_all() -> None:
    [problem] = load([("acme.yaml", ACME)]).report
    assert problem.rule == "listener-needed"


def test_a_faulty_listener_is_not_called_missing() -> None:
    [line] = lines(listener("a", "port: x"))
    assert line.endswith("[type]")


def test_one_listener_is_enough() -> None:
    assert lines(LISTENER) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("port: 5060", "port: 5060"),
        ("port: 5060", "port: 0x13C4"),
        ("address: 10.0.2.1", "address: 10.0.2.1"),
        ("address: '::1'", "address: '[::1]'"),
        ("address: 0.0.0.0, advertisedAddress: 10.0.2.9", "address: 10.0.2.1"),
        ("address: 0.0.0.0, advertisedAddress: 10.0.2.9", "port: 5060"),
        ("address: '::', advertisedAddress: '2a00:1450::9'", "address: '2a00:1450::1'"),
    ],
)
def test_two_listeners_on_one_socket(one: str, other: str) -> None:
    [line] = lines(listener("a", one), listener("b", other))
    assert line.startswith("system.yaml:9:")
    assert "Listener b listens on udp port 5060 of " in line
    assert ", as does Listener a at system.yaml:4:" in line
    assert line.endswith("; give one of them another port or address, or remove it [duplicate-listener]")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("port: 5060", "port: 5061"),
        ("address: 10.0.2.1", "address: 10.0.2.2"),
        ("address: 10.0.2.1", "port: 5060"),
        ("address: 0.0.0.0, advertisedAddress: 10.0.2.9", "address: '::1'"),
        ("address: 0.0.0.0, advertisedAddress: 10.0.2.9", "address: 10.0.2.1, port: 5070"),
    ],
)
def test_two_listeners_on_two_sockets(one: str, other: str) -> None:
    assert lines(listener("a", one), listener("b", other)) == []


def test_a_listener_for_a_tenant_that_is_not_there() -> None:
    assert lines(listener("a", "tenant: acmee")) == [
        (
            'system.yaml:4:32: Listener a serves Tenant "acmee", which no manifest defines; '
            'define it, or correct the name: did you mean "acme"? [listener-tenant-exists]'
        )
    ]


def test_a_listener_for_a_tenant_that_is_there() -> None:
    assert lines(listener("a", "tenant: acme")) == []


@pytest.mark.parametrize("port", [40000, 40500, 41000])
def test_a_listener_within_the_media_ports(port: int) -> None:
    assert lines(SYSTEM, listener("a", f"port: {port}")) == [
        (
            f"system.yaml:10:30: Listener a listens on port {port}, within the media ports 40000-41000 of the System; "
            "choose a port outside, or another range in spec.media.ports of the System [media-port-overlap]"
        )
    ]


def test_the_default_media_ports_count_too() -> None:
    [line] = lines(listener("a", "port: 33000"))
    assert "within the media ports 33000-65000" in line


@pytest.mark.parametrize("port", [39999, 41001])
def test_a_listener_beside_the_media_ports(port: int) -> None:
    assert lines(SYSTEM, listener("a", f"port: {port}")) == []


def test_the_same_port_of_another_address_is_fine() -> None:
    media = SYSTEM.replace("{ports:", "{address: 10.0.2.1, ports:")
    assert lines(media, listener("a", "port: 40500, address: 10.0.2.2")) == []
    assert len(lines(media, listener("a", "port: 40500, address: 10.0.2.1"))) == 1


def over(name: str, transport: str, spec: str = "") -> str:
    return f"apiVersion: trunkline/v1\nkind: Listener\nmetadata: {{name: {name}}}\nspec: {{transport: {transport}{spec}}}\n"


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        (
            over("a", "tcp"),
            over("b", "tls", ", port: 5060"),
            "tls port 5060 of the machine's address, as does Listener a, for tcp,",
        ),
        (
            over("a", "tls", ", port: 5062"),
            over("b", "ws"),
            "ws port 5062 of the machine's address (the default port of ws), as does Listener a, for tls,",
        ),
        (over("a", "wss"), over("b", "wss"), "(the default port of wss), as does Listener a at"),
    ],
)
def test_transports_over_tcp_share_no_port(one: str, other: str, told: str) -> None:
    [line] = lines(LISTENER, one, other)
    assert told.rstrip(",") in line
    assert line.endswith("[duplicate-listener]")


def test_each_transport_at_its_default_port() -> None:
    assert lines(*(over(f"over-{transport}", transport) for transport in ("udp", "tcp", "tls", "ws", "wss"))) == []


def test_what_is_not_carried_out_yet_is_no_listener() -> None:
    [line] = [line for line in lines(over("secure", "tls")) if "[trunk-listener]" not in line]
    assert line.startswith(
        "system.yaml:1:1: no manifest defines a Listener for udp or tcp, and others are not carried out"
    )
    assert line.endswith("[listener-needed]")
