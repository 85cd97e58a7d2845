"""What the guard follows while these rules hold: the System's lists, and those of the rules whose time is not over."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from engine.config.ip_rule import IpRuleConfig
from engine.config.security import SecurityConfig


def security_at(security: SecurityConfig, rules: Iterable[IpRuleConfig], unix: float) -> SecurityConfig:
    """The lists at that time, in one order."""
    holding = [rule for rule in rules if rule.expires_at is None or rule.expires_at > unix]
    if not holding:
        return security
    allowed = {rule.network for rule in holding if rule.is_allowed}
    denied = {rule.network for rule in holding if not rule.is_allowed}
    return replace(
        security, allow=tuple(sorted({*security.allow, *allowed})), deny=tuple(sorted({*security.deny, *denied}))
    )


def next_end(rules: Iterable[IpRuleConfig], unix: float) -> float | None:
    """When the first of those that hold then ends; None if none of them ever does."""
    return min(
        (rule.expires_at for rule in rules if rule.expires_at is not None and rule.expires_at > unix), default=None
    )
