"""Records as a server makes them: decided by a revision on stated facts, rung as the test says, gone on as the revision says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from engine.cause import NORMAL_CALLER, Cause
from engine.cdr import CallDetailRecord, MediaAccount, OnwardAccount, TargetAccount
from engine.config.snapshot import Snapshot
from engine.routing.decide import decide
from engine.routing.decision import Dial, DialOut, ExtensionTarget, Hunt, Refuse, RouteDecision, TrunkTarget
from engine.routing.onward import decide_onward
from engine.routing.query import RouteQuery, query_from_trunk, query_of
from reconciler.stated_facts import StatedFacts
from tests.support.call_records import START, record


def recorded(
    snapshot: Snapshot,
    number: int,
    caller: str,
    dialled: str,
    *,
    trunk: str = "",
    phones: Mapping[str, int] | None = None,
    endings: Sequence[Cause] = (NORMAL_CALLER,),
    tenant: str = "acme",
    at: datetime = START,
) -> CallDetailRecord:
    """`phones`: registered, by number, None = everybody has one; `endings`: how each ringing in turn ended."""
    at += timedelta(minutes=number)
    query = _query(snapshot, tenant, caller, dialled, trunk, at)
    facts = StatedFacts(phones or {}, None)
    decision = decide(snapshot, facts, query)
    first, onward, targets, now = decision, list[OnwardAccount](), list[TargetAccount](), at
    cause = decision.cause if isinstance(decision, Refuse) else endings[0]
    for ending in endings:
        if isinstance(decision, Refuse):
            break
        cause = ending
        targets += [_target(tenant, target, now, cause) for target in _targets(decision)]
        now += timedelta(seconds=20)
        going_on = () if isinstance(decision, DialOut) else decision.onward
        following = next((one for one in going_on if cause.outcome in one.when), None)
        if following is None:
            break
        decision = decide_onward(snapshot, facts, query, following)
        onward.append(OnwardAccount(at=now, to=str(following.to), trace=decision.trace))
        if isinstance(decision, Refuse):
            cause = decision.cause
    answered = cause is NORMAL_CALLER
    return replace(
        record(
            number, tenant=tenant, caller=query.caller, callee=dialled, cause=cause, talk_s=60 if answered else None
        ),
        query=query,
        started_at=at,
        answered_at=now if answered else None,
        ended_at=now + timedelta(seconds=60 if answered else 0),
        trace=first.trace,
        targets=tuple(targets),
        onward=tuple(onward),
        revision=snapshot.tenants[tenant].revision,
    )


def _query(snapshot: Snapshot, tenant: str, caller: str, dialled: str, trunk: str, at: datetime) -> RouteQuery:
    owner = snapshot.tenants[tenant]
    if not trunk:
        return query_of(owner, owner.extensions[caller], dialled, listener="phones", source="192.0.2.7", at=at)
    config = snapshot.trunk(tenant, trunk)
    assert config is not None
    return query_from_trunk(
        owner, config, called=dialled, caller=caller, display="", listener="phones", source="192.0.2.50", at=at
    )


def _targets(decision: RouteDecision) -> Sequence[ExtensionTarget | TrunkTarget]:
    match decision:
        case Dial(targets):
            return targets
        case DialOut(routes):
            return routes[:1]
        case Hunt():
            return [target for step in decision.steps for target in step.targets]
    return ()


def _target(tenant: str, target: ExtensionTarget | TrunkTarget, at: datetime, cause: Cause) -> TargetAccount:
    return TargetAccount(
        tenant=tenant,
        number=target.number,
        trunk=target.trunk.name if isinstance(target, TrunkTarget) else "",
        contact=f"sip:{target.number}@192.0.2.8",
        sip_call_id="leg",
        added_at=at,
        ringing_at=at,
        answered_at=None,
        ended_at=at + timedelta(seconds=20),
        cause=cause,
        media=MediaAccount(),
    )
