"""`Listener`: its defaults, the transports that are to come, and certificates."""

from ipaddress import ip_address

import pytest

from schema.kinds.listener import ListenerSpec
from schema.manifest_set import parse_file
from schema.not_yet import not_yet_in

HEAD = "apiVersion: trunkline/v1\nkind: Listener\nmetadata: {name: phones}\n"


def test_the_defaults() -> None:
    [resource] = parse_file("f", HEAD + "spec: {transport: udp}\n").resources
    assert resource.spec == ListenerSpec(transport="udp")
    assert isinstance(resource.spec, ListenerSpec)
    assert resource.spec.port == 5060
    assert (resource.spec.address, resource.spec.advertised_address, resource.spec.tenant) == (None, None, None)


def test_everything_can_be_set() -> None:
    text = "spec: {transport: udp, address: '[::1]', port: 5070, advertisedAddress: 192.0.2.1, tenant: acme}\n"
    [resource] = parse_file("f", HEAD + text).resources
    assert isinstance(resource.spec, ListenerSpec)
    assert resource.spec.address == ip_address("::1")
    assert resource.spec.advertised_address == ip_address("192.0.2.1")
    assert (resource.spec.port, resource.spec.tenant) == (5070, "acme")


def test_tcp() -> None:
    [resource] = parse_file("f", HEAD + "spec: {transport: tcp}\n").resources
    assert resource.spec == ListenerSpec(transport="tcp")


@pytest.mark.parametrize(
    ("transport", "port"), [("udp", 5060), ("tcp", 5060), ("tls", 5061), ("ws", 5062), ("wss", 10443)]
)
def test_the_port_follows_the_transport(transport: str, port: int) -> None:
    [resource] = parse_file("f", HEAD + f"spec: {{transport: {transport}}}\n").resources
    assert isinstance(resource.spec, ListenerSpec)
    assert resource.spec.port == port


@pytest.mark.parametrize("transport", ["tls", "ws", "wss"])
def test_transports_to_come_are_accepted_and_marked(transport: str) -> None:
    [resource] = parse_file("f", HEAD + f"spec: {{transport: {transport}}}\n").resources
    assert list(not_yet_in(resource.spec)) == [("transport",)]


def test_a_transport_that_is_carried_out_is_not_marked() -> None:
    [resource] = parse_file("f", HEAD + "spec: {transport: tcp, port: 5080}\n").resources
    assert list(not_yet_in(resource.spec)) == []


CERTIFICATE = "certificate: c.pem, key: {file: k.pem}"


def test_tls_takes_all_that_a_certificate_needs() -> None:
    tls = f"{{{CERTIFICATE}, chain: i.pem, root: r.pem, keyPassword: {{env: P}}, clientAuthentication: required}}"
    [resource] = parse_file("f", HEAD + f"spec: {{transport: wss, tls: {tls}}}\n").resources
    assert isinstance(resource.spec, ListenerSpec)
    assert resource.spec.tls is not None
    assert (resource.spec.tls.certificate, resource.spec.tls.client_authentication) == ("c.pem", "required")


@pytest.mark.parametrize(
    ("spec", "rule"),
    [
        ("transport: udp, tls: {}", "listener-tls"),
        ("transport: ws, tls: {}", "listener-tls"),
        ("transport: tls, tls: {certificate: c.pem}", "certificate-pair"),
        ("transport: tls, tls: {key: {env: K}}", "certificate-pair"),
        ("transport: tls, tls: {chain: i.pem}", "certificate-pair"),
        ("transport: tls, tls: {keyPassword: {env: P}}", "certificate-pair"),
        (f"transport: tls, tls: {{{CERTIFICATE}, clientAuthentication: optional}}", "client-root"),
        (f"transport: tls, tls: {{{CERTIFICATE}, chain: ../i.pem}}", "file-path"),
        ("transport: tls, tls: {certificate: c.pem, key: k.pem}", "secret-literal"),
        ("transport: tls, tls: {clientAuthentication: always}", "value"),
    ],
)
def test_what_does_not_fit_in_tls_is_refused(spec: str, rule: str) -> None:
    assert [problem.rule for problem in parse_file("f", HEAD + f"spec: {{{spec}}}\n").problems] == [rule]


@pytest.mark.parametrize("transport", ["UDP", "sctp", "5", "~", "[udp]", "{udp: 1}"])
def test_other_transports_are_mistakes(transport: str) -> None:
    [problem] = parse_file("f", HEAD + f"spec: {{transport: {transport}}}\n").problems
    assert problem.rule == "transport"
