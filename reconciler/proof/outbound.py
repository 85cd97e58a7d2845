"""Outbound rules that no call ever goes by."""

from __future__ import annotations

from collections.abc import Iterator

from dialing.containment import contains
from engine.config.outbound_rule import OutboundRuleConfig
from reconciler.proof.proof import Flaw, Subject


def outbound_rule_shadowed(subject: Subject) -> Iterator[Flaw]:
    """An outbound rule whose every call another rule takes does nothing: its trunks, digits and caller ids are never used."""
    for rule in subject.tenant.outbound_rules.values():
        if not rule.enabled:
            continue
        found = {prefix: _hider(subject, rule, prefix) for prefix in rule.prefixes or ("",)}
        hiders = {hider.ref for hider in found.values() if hider is not None}
        if all(found.values()):
            yield Flaw(
                rule.ref,
                f"{rule.ref} never counts: each call that it is for goes by {', '.join(sorted(map(str, hiders)))}",
                "give it a lower order or a longer prefix, or remove it",
                ("spec", "match"),
            )


def outbound_rule_without_trunk(subject: Subject) -> Iterator[Flaw]:
    """A rule none of whose trunks is enabled takes calls and fails them all."""
    trunks = subject.trunks()
    for rule in subject.tenant.outbound_rules.values():
        if rule.enabled and not any(route.trunk in trunks for route in rule.routes):
            names = ", ".join(route.trunk for route in rule.routes)
            what = f"{rule.ref} has no trunk that is enabled: {names}"
            yield Flaw(rule.ref, what, "enable one, or disable the rule", ("spec", "routes"))


def _hider(subject: Subject, rule: OutboundRuleConfig, prefix: str) -> OutboundRuleConfig | None:
    """A rule that takes all calls that this one takes by this prefix."""
    return next(
        (
            other
            for other in subject.tenant.outbound.with_prefix(prefix)
            if other.name != rule.name and goes_before(other, rule, prefix) and _covers(other, rule)
        ),
        None,
    )


def goes_before(other: OutboundRuleConfig, rule: OutboundRuleConfig, prefix: str) -> bool:
    """Whether `other`, one of whose prefixes begins `prefix`, is asked before `rule` for all digits that begin so."""
    if other.order != rule.order:
        return other.order < rule.order
    same = prefix in (other.prefixes or ("",))
    return same and other.name < rule.name


def _covers(other: OutboundRuleConfig, rule: OutboundRuleConfig) -> bool:
    """Whether what `other` asks of the caller and of the length holds whenever it does for `rule`."""
    if other.groups and not (rule.groups and set(rule.groups) <= set(other.groups)):
        return False
    if other.extensions and not (
        rule.extensions and all(any(contains(wide, narrow) for wide in other.extensions) for narrow in rule.extensions)
    ):
        return False
    return other.min_length <= max(rule.min_length, 1) and (
        not other.max_length or (rule.max_length != 0 and rule.max_length <= other.max_length)
    )
