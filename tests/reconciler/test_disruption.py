"""What changes of the outside do to what is live."""

from dataclasses import replace

import pytest

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
