"""`System`: defaults, and limits that depend on each other."""

from datetime import timedelta
from ipaddress import ip_address

import pytest

from schema.address import PortRange
from schema.kinds.system import SystemSpec
from schema.manifest_set import parse_file

HEAD = "apiVersion: trunkline/v1\nkind: System\nmetadata: {name: system}\n"


def read(spec: str) -> SystemSpec:
    file = parse_file("f", HEAD + spec)
    assert file.problems == ()
    [resource] = file.resources
    assert isinstance(resource.spec, SystemSpec)
    return resource.spec


@pytest.mark.parametrize("spec", ["", "spec: {}\n", "spec: {media: {}, sip: {}}\n"])
def test_the_defaults(spec: str) -> None:
    system = read(spec)
    assert system == SystemSpec()
    assert (system.media.address, system.media.advertised_address) == (None, None)
    assert system.drain == timedelta(hours=4)
    assert system.media.ports == PortRange(33000, 65000)
    assert system.media.inactivity_timeout == timedelta(seconds=120)
    assert system.sip.min_expires == timedelta(seconds=60)
    assert system.sip.default_expires == timedelta(seconds=600)
    assert system.sip.max_expires == timedelta(seconds=3600)
    assert system.sip.nonce_lifetime == timedelta(minutes=5)
    assert system.sip.user_agent == "Trunkline"


def test_everything_can_be_set() -> None:
    system = read(
        "spec:\n"
        "  media: {address: 0.0.0.0, advertisedAddress: 192.0.2.1, ports: 40000-41000, inactivityTimeout: 5m}\n"
        "  sip: {minExpires: 30s, defaultExpires: 30s, maxExpires: 2h, nonceLifetime: 1m, userAgent: PBX/2}\n"
    )
    assert system.media.address == ip_address("0.0.0.0")
    assert system.media.advertised_address == ip_address("192.0.2.1")
    assert system.sip.max_expires == timedelta(hours=2)
    assert system.sip.user_agent == "PBX/2"


@pytest.mark.parametrize(
    ("spec", "rule"),
    [
        ("spec: {sip: {minExpires: 20m}}\n", "expires-order"),
        ("spec: {sip: {maxExpires: 5m}}\n", "expires-order"),
        ("spec: {sip: {minExpires: 2h, maxExpires: 3h}}\n", "duration"),
        ("spec: {media: {ports: 33000}}\n", "port-range"),
        ("spec: {media: {advertisedAddress: 0.0.0.0}}\n", "address"),
    ],
)
def test_what_does_not_fit_is_refused(spec: str, rule: str) -> None:
    assert [problem.rule for problem in parse_file("f", HEAD + spec).problems] == [rule]


def test_there_is_no_other_system() -> None:
    [problem] = parse_file("f", HEAD.replace("{name: system}", "{name: other}")).problems
    assert problem.rule == "resource-name"


@pytest.mark.parametrize(("text", "seconds"), [("0s", 0), ("90m", 5400), ("168h", 604_800)])
def test_how_long_calls_drain(text: str, seconds: int) -> None:
    assert read(f"spec: {{drain: {text}}}\n").drain.total_seconds() == seconds


@pytest.mark.parametrize("text", ["169h", "4", "-1s", "forever"])
def test_no_time_to_drain(text: str) -> None:
    [problem] = parse_file("f", f"{HEAD}spec: {{drain: {text}}}\n").problems
    assert problem.rule == "duration"
