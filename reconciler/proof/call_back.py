"""Whether those who help can call back: what calls for help show. The engine's own `decide` is asked, with every trunk up."""

from __future__ import annotations

from collections.abc import Iterator

from engine.config.extension import ExtensionConfig
from engine.simulation import DialOut, RecordedFacts, decide, query_of
from reconciler.proof.emergency import ANY_TIME, MOST_ASKED, has_way_outside
from reconciler.proof.proof import Flaw, Subject

MOST_NAMED = 3


def emergency_without_caller_id(subject: Subject) -> Iterator[Flaw]:
    """Who answers a call for help calls back when it breaks off, and finds the place by the number. Without one carriers show their
    customer's; where others of the tenant have numbers of their own, that sends help to the wrong place.
    """
    if not has_way_outside(subject):
        return
    people = [extension for extension in subject.tenant.extensions.values() if extension.enabled]
    for number in subject.tenant.config.dialling.emergency:
        found = _calls(subject, _one_of_each(people), number)
        hiding = {target.routes[0].trunk.name for _, target in found if target.routes[0].is_anonymous}
        if hiding:
            yield Flaw(
                subject.tenant.config.ref,
                f"calls of Tenant {subject.name} to {number} over Trunk {', '.join(sorted(hiding))} show no number "
                "(callerId.policy: anonymous): who helps can't call back",
                "add an outbound rule for it whose route has a callerId",
                ("spec", "dialling", "emergencyNumbers"),
            )
            return
        groups = {caller.groups for caller, target in found if not target.routes[0].caller_id}
        nameless = [one for one in people if not one.outbound_caller_id and one.groups in groups]
        if nameless and len(nameless) < len(people):
            names = ", ".join(one.number for one in nameless[:MOST_NAMED])
            more = f" and {len(nameless) - MOST_NAMED} more" if len(nameless) > MOST_NAMED else ""
            yield Flaw(
                nameless[0].ref,
                f"extension {names}{more} of Tenant {subject.name} shows no number when it calls {number}, where others have one of "
                "their own: who helps can't call back",
                "write outboundCallerId, or callerId.number in the trunk",
            )
            return


def _one_of_each(people: list[ExtensionConfig]) -> list[ExtensionConfig]:
    """One extension of each set of groups, and of those with and without a number to show."""
    found = {(extension.groups, bool(extension.outbound_caller_id)): extension for extension in reversed(people)}
    return list(found.values())[:MOST_ASKED]


def _calls(subject: Subject, callers: list[ExtensionConfig], number: str) -> list[tuple[ExtensionConfig, DialOut]]:
    facts = RecordedFacts({})
    asked = (
        (
            one,
            decide(subject.snapshot, facts, query_of(subject.tenant, one, number, listener="", source="", at=ANY_TIME)),
        )
        for one in callers
    )
    return [(caller, decision) for caller, decision in asked if isinstance(decision, DialOut) and decision.routes]
