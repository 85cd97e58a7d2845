"""Rules with an end, beside the System's lists."""

from __future__ import annotations

import pytest

from engine.config.ip_rule import IpRuleConfig
from engine.config.security import SecurityConfig
from engine.guard.ip_rules import next_end, security_at

SYSTEM = SecurityConfig(allow=("10.0.0.0/8",), deny=("198.18.0.0/15",))
FOR_GOOD = IpRuleConfig(name="a", network="192.0.2.0/24", is_allowed=True)
UNTIL_1000 = IpRuleConfig(name="b", network="203.0.113.7/32", is_allowed=False, expires_at=1000.0)
UNTIL_2000 = IpRuleConfig(name="c", network="203.0.113.8/32", is_allowed=False, expires_at=2000.0)
RULES = (UNTIL_2000, FOR_GOOD, UNTIL_1000)


def test_without_rules_the_systems_lists_are_what_they_were() -> None:
    assert security_at(SYSTEM, (), 0.0) is SYSTEM


@pytest.mark.parametrize(
    ("unix", "denied"),
    [
        (999.0, ("198.18.0.0/15", "203.0.113.7/32", "203.0.113.8/32")),
        (1000.0, ("198.18.0.0/15", "203.0.113.8/32")),
        (2000.0, ("198.18.0.0/15",)),
    ],
)
def test_a_rule_holds_until_its_end(unix: float, denied: tuple[str, ...]) -> None:
    now = security_at(SYSTEM, RULES, unix)
    assert (now.allow, now.deny) == (("10.0.0.0/8", "192.0.2.0/24"), denied)


@pytest.mark.parametrize(("unix", "end"), [(0.0, 1000.0), (1000.0, 2000.0), (2000.0, None)])
def test_the_next_end(unix: float, end: float | None) -> None:
    assert next_end(RULES, unix) == end
