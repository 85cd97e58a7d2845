"""`Listener`: its defaults, and the transports that are to come."""

from ipaddress import ip_address

import pytest

from schema.kinds.listener import ListenerSpec
from schema.manifest_set import parse_file

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


@pytest.mark.parametrize("transport", ["tls", "ws", "wss"])
def test_transports_to_come_are_told_apart_from_mistakes(transport: str) -> None:
    [problem] = parse_file("f", HEAD + f"spec: {{transport: {transport}}}\n").problems
    assert str(problem) == (
        f'f:4:19: spec.transport is "{transport}", which is not supported yet; write "udp" or "tcp" [not-supported-yet]'
    )


@pytest.mark.parametrize("transport", ["UDP", "sctp", "5", "~", "[udp]", "{udp: 1}"])
def test_other_transports_are_mistakes(transport: str) -> None:
    [problem] = parse_file("f", HEAD + f"spec: {{transport: {transport}}}\n").problems
    assert problem.rule == "transport"
