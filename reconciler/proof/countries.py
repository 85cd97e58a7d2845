"""Numbers whose country can't be told, where some countries are denied and all others may be called."""

from __future__ import annotations

from collections.abc import Iterator

from dialing.number import Unclassified
from engine.config.extension import ExtensionConfig
from engine.config.outbound_rule import OutboundRuleConfig
from engine.simulation import DialOut, RecordedFacts, decide, query_of
from reconciler.proof.emergency import ANY_TIME
from reconciler.proof.proof import Flaw, Subject

ACCESS_CODE = "1010288"
"""As carriers have them to choose another one for a call: what follows is the number that is meant."""
BEHIND = "0053512345"


def deny_without_allow(subject: Subject) -> Iterator[Flaw]:
    """Carriers have codes of their own that stand before a number, so that its country can't be told. Where only what is denied is named,
    such a call goes out, wherever it leads to; where what is allowed is named, it does not.
    """
    tenant = subject.tenant
    countries = tenant.config.countries
    if not countries.prefixes or not countries.allows_others or not subject.trunks():
        return
    for rule in tenant.outbound_rules.values():
        for dialled in _with_code(rule) if rule.enabled else ():
            for caller in _one_of_each(subject):
                query = query_of(tenant, caller, dialled, listener="", source="", at=ANY_TIME)
                decision = decide(subject.snapshot, RecordedFacts({}), query)
                if isinstance(decision, DialOut) and isinstance(query.callee.canonical, Unclassified):
                    yield Flaw(
                        tenant.config.ref,
                        f"{tenant.config.ref} denies countries and allows all others, so a carrier's own code before a number hides "
                        f"which it calls: {dialled} would go out by {rule.ref}",
                        "name where people may call: countries.allow; or give the rule prefixes by which only full numbers go out",
                        ("spec", "countries", "deny"),
                    )
                    return


def _with_code(rule: OutboundRuleConfig) -> Iterator[str]:
    """What is dialled so that the code is the first that is sent."""
    for prefix in rule.prefixes or ("",):
        if ACCESS_CODE.startswith(prefix):
            yield f"{ACCESS_CODE}{BEHIND}"
        elif any(route.strip == len(prefix) and not route.prepend for route in rule.routes):
            yield f"{prefix}{ACCESS_CODE}{BEHIND}"


def _one_of_each(subject: Subject) -> list[ExtensionConfig]:
    """One of each set of groups, of those that may call outside."""
    found: dict[tuple[str, ...], ExtensionConfig] = {}
    for extension in subject.tenant.extensions.values():
        if extension.enabled and extension.may_call_outside:
            found.setdefault(extension.groups, extension)
    return list(found.values())
