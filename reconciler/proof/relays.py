"""Ways from outside to outside: who calls in is connected to a number that is paid for."""

from __future__ import annotations

from collections.abc import Iterator

from dialing.number import E164
from engine.config.destination import EXTERNAL
from reconciler.proof.destinations import why_dead
from reconciler.proof.proof import Flaw, Subject
from reconciler.proof.sent import sent_by_rules


def relay_unbounded(subject: Subject) -> Iterator[Flaw]:
    """Who calls from outside, and is sent abroad again, is nobody whose limits count: without one for the whole tenant, or for each trunk
    that leads outside, a stranger keeps as many paid calls going as he likes.
    """
    tenant, trunks = subject.tenant, subject.trunks()
    quotas = tenant.config.quotas
    if not tenant.config.enabled or quotas.max_outside_calls or quotas.max_concurrent_calls:
        return
    routes = [route for rule in tenant.outbound_rules.values() if rule.enabled for route in rule.routes]
    unlimited = sorted(
        {route.trunk for route in routes if route.trunk in trunks and not trunks[route.trunk].max_channels}
    )
    paid = (
        one for one in sent_by_rules(subject) if one.to.kind == EXTERNAL and why_dead(subject, one.to, None) is None
    )
    first = next((one for one in paid if _is_abroad(subject, one.to.value)), None)
    if first is not None and unlimited and any(rule.enabled for rule in tenant.inbound_rules.values()):
        yield Flaw(
            first.ref,
            f"{first.ref} sends calls to {first.to}, and nothing limits how many at once: neither Tenant {subject.name} nor Trunk "
            f"{', '.join(unlimited)}",
            "write quotas.maxOutsideCalls in the Tenant, or maxChannels in the Trunk",
            first.path,
        )


def _is_abroad(subject: Subject, dialled: str) -> bool:
    """Whether it is a full number of another country than the tenant's; of any, where that is not known."""
    number = subject.tenant.context.number(dialled).canonical
    own = subject.tenant.config.dialling.country_code
    return isinstance(number, E164) and not (own and number.text.startswith(f"+{own}"))
