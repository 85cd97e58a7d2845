"""What changes of the outside do to what is live."""

from dataclasses import replace

import pytest

from engine.config.declared import DeclaredConfig
from engine.config.ip_rule import IpRuleConfig
from engine.config.listener import ListenerConfig
from engine.config.security import SecurityConfig
from engine.config.snapshot import ConfigItem
from engine.config.system import SystemConfig
from engine.config.trunk import ServerConfig, TrunkConfig, TrunkRegistrationConfig
from reconciler.disruption import Disruption, disruption
from tests.support.routed import extension, forwarding, group, inbound, outbound, to, trunk

BY_ADDRESS = trunk("carrier")
REGISTERED = trunk("carrier", registration=TrunkRegistrationConfig(user="442079460100"))
OTHER = (ServerConfig(host="192.0.2.99"),)
TRUNKS: list[tuple[TrunkConfig, TrunkConfig | None, bool, Disruption]] = [
    (REGISTERED, REGISTERED, True, Disruption.NONE),
    (REGISTERED, None, True, Disruption.DROPS_REGISTRATIONS),
    (REGISTERED, None, False, Disruption.DROPS_CALLS),
    (REGISTERED, replace(REGISTERED, enabled=False), True, Disruption.DROPS_REGISTRATIONS),
    (REGISTERED, replace(REGISTERED, servers=OTHER), True, Disruption.DROPS_REGISTRATIONS),
    (REGISTERED, replace(REGISTERED, max_channels=3), True, Disruption.NEW_CALLS),
    (BY_ADDRESS, replace(BY_ADDRESS, servers=OTHER), True, Disruption.NEW_CALLS),
    (BY_ADDRESS, None, True, Disruption.NEW_CALLS),
    (BY_ADDRESS, None, False, Disruption.DROPS_CALLS),
    (replace(BY_ADDRESS, enabled=False), None, False, Disruption.NEW_CALLS),
]


@pytest.mark.parametrize(("old", "new", "drains", "expected"), TRUNKS)
def test_trunks(old: TrunkConfig, new: TrunkConfig | None, drains: bool, expected: Disruption) -> None:
    assert disruption(old, new, drains=drains) is expected


def test_rules_groups_and_forwarding_decide_new_calls_only() -> None:
    rules = (inbound("main"), outbound("all"), group("sales", "600", "101"))
    for rule in rules:
        assert disruption(rule, None, drains=False) is Disruption.NEW_CALLS
        assert disruption(rule, replace(rule, enabled=False), drains=False) is Disruption.NEW_CALLS
    person = extension("101")
    busy = replace(person, forwarding=(forwarding("busy", "hangUp", "busy"),))
    assert disruption(person, busy, drains=False) is Disruption.NEW_CALLS
    assert str(to("extension", "101")) == "extension 101"


DENIED = IpRuleConfig(name="a", network="198.18.0.7/32", is_allowed=False)
ALLOWED = replace(DENIED, is_allowed=True)
PHONES = ListenerConfig(name="phones", transport="udp", port=5060)
SECURE = DeclaredConfig(tenant="", kind="Listener", name="phones", spec="{}")

CHANGES: list[tuple[ConfigItem | None, ConfigItem | None, Disruption]] = [
    (None, DENIED, Disruption.DROPS_REGISTRATIONS),
    (ALLOWED, DENIED, Disruption.DROPS_REGISTRATIONS),
    (DENIED, replace(DENIED, network="198.18.0.8/32"), Disruption.DROPS_REGISTRATIONS),
    (DENIED, replace(DENIED, expires_at=1.0), Disruption.NEW_CALLS),
    (None, ALLOWED, Disruption.NEW_CALLS),
    (DENIED, None, Disruption.NEW_CALLS),
    (None, SECURE, Disruption.NONE),
    (SECURE, None, Disruption.NONE),
    (SECURE, replace(SECURE, spec="1"), Disruption.NONE),
    (PHONES, SECURE, Disruption.DROPS_REGISTRATIONS),
    (SECURE, PHONES, Disruption.NEW_CALLS),
]


@pytest.mark.parametrize(("old", "new", "expected"), CHANGES)
def test_ip_rules_and_listeners_of_transports_to_come(
    old: ConfigItem | None, new: ConfigItem | None, expected: Disruption
) -> None:
    assert disruption(old, new, drains=True) is expected


AROUND = "198.18.0.0/15"


@pytest.mark.parametrize(
    ("new", "denied", "expected"),
    [
        (None, (AROUND,), Disruption.DROPS_REGISTRATIONS),
        (None, (ALLOWED.network,), Disruption.DROPS_REGISTRATIONS),
        (replace(ALLOWED, network="198.18.0.8/32"), (AROUND,), Disruption.DROPS_REGISTRATIONS),
        (replace(ALLOWED, expires_at=1.0), (AROUND,), Disruption.NEW_CALLS),
        (None, (), Disruption.NEW_CALLS),
        (None, ("10.0.0.0/8", "2001:db8::/32"), Disruption.NEW_CALLS),
        (replace(ALLOWED, network="198.18.0.0/15"), ("10.0.0.0/8",), Disruption.NEW_CALLS),
    ],
)
def test_an_allowed_network_that_goes_is_shut_out_where_one_around_it_is_denied(
    new: ConfigItem | None, denied: tuple[str, ...], expected: Disruption
) -> None:
    assert disruption(ALLOWED, new, drains=True, denied=denied) is expected


def test_what_the_system_no_longer_allows_is_shut_out_by_an_ip_rule_too() -> None:
    was = SystemConfig(security=SecurityConfig(allow=("198.18.0.7/32",)))
    assert disruption(was, SystemConfig(), drains=True, denied=(AROUND,)) is Disruption.DROPS_REGISTRATIONS
    assert disruption(was, SystemConfig(), drains=True, denied=("10.0.0.0/8",)) is Disruption.NEW_CALLS
