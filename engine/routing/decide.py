"""`decide`: the one routing function (law 4), called by live calls, simulation, tests and replay alike.

Pure: everything live comes in through `Facts` and is written into the trace. Rules in the order asked: the caller's tenant must be
enabled, and so must be the calling extension; the dialled text must be the number of an extension of that tenant (nothing crosses
tenants), which must be enabled and have a live contact; the tenant's quota of calls must leave room for one more. On a wrong number the
trace names the nearest misses: numbers that differ by one character.

How many calls there are is asked where no quota limits them, too, so that a record shows what a quota would have refused.
"""

from __future__ import annotations

from collections.abc import Iterator

from dialing.number import Number
from engine.cause import DISABLED, OFFLINE, OVER_QUOTA, WRONG_NUMBER, Cause
from engine.config.extension import ExtensionConfig
from engine.config.ref import ConfigRef, Origin
from engine.config.snapshot import Snapshot, TenantSnapshot
from engine.routing.decision import Dial, ExtensionTarget, Refuse, RouteDecision, Trace, TraceStep, Verdict
from engine.routing.facts import Fact, Facts
from engine.routing.query import RouteQuery

_MISSES_SHOWN = 5
_LONGEST_PROBED = 32


def decide(snapshot: Snapshot, facts: Facts, query: RouteQuery) -> RouteDecision:
    """What to do with the call that `query` describes, under `snapshot`."""
    tenant = snapshot.tenants.get(query.tenant)
    if tenant is None:
        return _refuse(WRONG_NUMBER, None, None, f"there is no tenant {query.tenant!r} in this revision")
    if not tenant.config.enabled:
        ref = tenant.config.ref
        return _refuse(DISABLED, ref, tenant.origins.get(ref), f"tenant {query.tenant!r} is disabled")
    caller = tenant.extensions.get(query.caller)
    if caller is not None and not caller.enabled:
        why = f"extension {caller.number}, which calls, is disabled"
        return _refuse(DISABLED, caller.ref, tenant.origins.get(caller.ref), why)
    extension = _extension(tenant, query.callee)
    if extension is None:
        misses = _nearest_misses(tenant, query.callee.dialled)
        return Refuse(WRONG_NUMBER, Trace((_no_such_number(query), *misses), ()))
    ref = extension.ref
    origin = tenant.origins.get(ref)
    if not extension.enabled:
        return _refuse(DISABLED, ref, origin, f"extension {extension.number} is disabled")
    contacts = facts.contacts(query.tenant, extension.number)
    asked: tuple[Fact, ...] = (Fact("contacts", f"{query.tenant}/{extension.number}", contacts),)
    if contacts == 0:
        why = f"extension {extension.number} has no registered phone"
        return Refuse(OFFLINE, Trace((TraceStep(Verdict.REFUSED, ref, origin, why),), asked))
    calls = facts.calls(query.tenant)
    asked = (*asked, Fact("calls", query.tenant, calls))
    most = tenant.config.quotas.max_concurrent_calls
    if most and calls >= most:
        ref = tenant.config.ref
        why = f"tenant {query.tenant!r} has {calls} calls and may have {most} at once"
        return Refuse(OVER_QUOTA, Trace((TraceStep(Verdict.REFUSED, ref, tenant.origins.get(ref), why),), asked))
    why = f"{query.callee.dialled!r} is the number of extension {extension.number}"
    step = TraceStep(Verdict.MATCHED, ref, origin, why)
    return Dial((ExtensionTarget(query.tenant, extension.number),), extension.ring_time_s, Trace((step,), asked))


def _extension(tenant: TenantSnapshot, callee: Number) -> ExtensionConfig | None:
    """By what the number means; or as dialled, where it was typed under a revision that did not know the extension yet."""
    found = tenant.extensions.get(callee.canonical.text)
    return found if found is not None else tenant.extensions.get(callee.dialled)


def _refuse(cause: Cause, ref: ConfigRef | None, origin: Origin | None, why: str) -> Refuse:
    return Refuse(cause, Trace((TraceStep(Verdict.REFUSED, ref, origin, why),), ()))


def _no_such_number(query: RouteQuery) -> TraceStep:
    why = f"no extension of tenant {query.tenant!r} has the number {query.callee.dialled!r}"
    return TraceStep(Verdict.REFUSED, None, None, why)


def _nearest_misses(tenant: TenantSnapshot, dialled: str) -> list[TraceStep]:
    """Numbers one edit away, found by asking the index for each, so the cost is bounded by what was dialled, not by the tenant."""
    if len(dialled) > _LONGEST_PROBED:
        return []
    misses: list[TraceStep] = []
    seen: set[str] = set()
    for candidate in _one_edit_away(dialled):
        found = tenant.extensions.get(candidate)
        if found is None or candidate in seen:
            continue
        seen.add(candidate)
        why = f"extension {found.number} differs from {dialled!r} by one character"
        misses.append(TraceStep(Verdict.MISSED, found.ref, tenant.origins.get(found.ref), why))
        if len(misses) == _MISSES_SHOWN:
            break
    return misses


def _one_edit_away(text: str) -> Iterator[str]:
    for i in range(len(text)):
        yield text[:i] + text[i + 1 :]
    for i in range(len(text) - 1):
        yield text[:i] + text[i + 1] + text[i] + text[i + 2 :]
    for i in range(len(text)):
        for digit in "0123456789":
            yield text[:i] + digit + text[i + 1 :]
    for i in range(len(text) + 1):
        for digit in "0123456789":
            yield text[:i] + digit + text[i:]
