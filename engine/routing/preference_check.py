"""Whether what somebody wants to set can be, and how what is set stands under the manifests of now. Pure; asked by the API, never by calls.

Forwarding to the outside is held against all that a call of the extension is held against: its permission, its outbound rules, blocked
numbers, countries. It is again at each call: what is not allowed any more then is refused then.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from engine.cause import TRUNKS_DOWN
from engine.config.declared import DeclaredConfig
from engine.config.destination import EXTENSION, EXTERNAL, HANG_UP, RING_GROUP, VOICEMAIL, DestinationConfig
from engine.config.extension import ExtensionConfig, ForwardingConfig
from engine.config.ref import ConfigRef
from engine.config.snapshot import Snapshot, TenantSnapshot
from engine.errors import NotChangeable, PreferenceRefused
from engine.preferences import (
    ALLOWANCES,
    FORWARDING,
    GREETING,
    HOURS,
    QUEUES,
    STATUSES,
    WHEN,
    PreferenceChange,
    Preferences,
    may_change,
)
from engine.routing.arrival import DECLARED_KINDS, ENDINGS
from engine.routing.decision import Refuse, Verdict
from engine.routing.facts import RecordedFacts
from engine.routing.journey import Journey
from engine.routing.outside import external
from engine.routing.query import query_of

MOST_FORWARDING: Final = 32
MOST_QUEUES: Final = 100
NOT_YET: Final = "NotSupportedYet"
_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_OUTSIDE: Final = re.compile(r"[+*#]?[0-9*#]{1,32}", re.ASCII)


def check(
    snapshot: Snapshot, tenant: TenantSnapshot, extension: ExtensionConfig, change: PreferenceChange, at: datetime
) -> None:
    """NotChangeable for what the manifests do not let be set, PreferenceRefused for what can't be. Taking back is always allowed."""
    allowed = may_change(tenant.config, extension)
    sets = {
        "status": change.status not in (None, STATUSES[0]),
        "forwarding": change.forwarding is not None,
        "greeting": change.greeting is not None,
        "queues": bool(change.queues),
    }
    for name in sorted(change.fields):
        if sets[name] and ALLOWANCES[name] not in allowed:
            has = f"has {', '.join(allowed)}" if allowed else "has nothing"
            raise NotChangeable(
                f"{name}: mayChange of {extension.ref} does not have {ALLOWANCES[name]} (it {has}), so only its manifests say it; "
                f"write spec.mayChange: [..., {ALLOWANCES[name]}] there, in its profile or in Tenant {tenant.config.name}"
            )
    faults = list(_faults(snapshot, tenant, extension, change, at))
    if faults:
        raise PreferenceRefused("; ".join(faults))


def _faults(
    snapshot: Snapshot, tenant: TenantSnapshot, extension: ExtensionConfig, change: PreferenceChange, at: datetime
) -> Iterator[str]:
    if change.status is not None and change.status not in STATUSES:
        yield f'status: "{change.status}" is none; write one of {", ".join(STATUSES)}'
    if len(change.forwarding or ()) > MOST_FORWARDING:
        yield f"forwarding: more than {MOST_FORWARDING} entries"
    for index, entry in enumerate((change.forwarding or ())[:MOST_FORWARDING]):
        if entry.when not in WHEN or entry.hours not in HOURS:
            yield f"forwarding[{index}]: when is one of {', '.join(WHEN)}, and hours one of {', '.join(HOURS)}"
        fault = destination_fault(snapshot, tenant, extension, entry.to, at)
        if fault:
            yield f"forwarding[{index}].to: {fault}"
    if change.greeting is not None:
        fault = _greeting_fault(extension, change.greeting)
        if fault:
            yield f"greeting: {fault}"
    if len(change.queues) > MOST_QUEUES:
        yield f"queues: more than {MOST_QUEUES}"
    for name, _ in change.queues[:MOST_QUEUES]:
        fault = _queue_fault(tenant, extension, name)
        if fault:
            yield f"queues.{name[:64]}: {fault}"


def destination_fault(
    snapshot: Snapshot, tenant: TenantSnapshot, extension: ExtensionConfig, to: DestinationConfig, at: datetime
) -> str:
    """Why no call can go there when this extension sends it on; "" if one can, as far as the manifests are concerned."""
    name = tenant.config.name
    match to.kind:
        case kind if kind == EXTENSION:
            if to.value == extension.number:
                return f"extension {to.value} is the one that forwards"
            return "" if to.value in tenant.extensions else f"tenant {name} has no extension {to.value[:64]!r}"
        case kind if kind == VOICEMAIL:
            return "" if to.value in tenant.extensions else f"tenant {name} has no extension {to.value[:64]!r}"
        case kind if kind == RING_GROUP:
            known = to.value in tenant.ring_groups or ConfigRef(name, "RingGroup", to.value) in tenant.items
            return "" if known else f"tenant {name} has no RingGroup {to.value[:64]!r}"
        case kind if kind in DECLARED_KINDS:
            known = ConfigRef(name, DECLARED_KINDS[kind], to.value) in tenant.items
            return "" if known else f"tenant {name} has no {DECLARED_KINDS[kind]} {to.value[:64]!r}"
        case kind if kind == HANG_UP:
            return "" if to.value in ENDINGS else f"hangUp is one of {', '.join(ENDINGS)}"
        case kind if kind == EXTERNAL:
            return _outside_fault(snapshot, tenant, extension, to.value, at)
        case kind:
            kinds = ", ".join((EXTENSION, RING_GROUP, *DECLARED_KINDS, VOICEMAIL, EXTERNAL, HANG_UP))
            return f"{kind[:64]!r} is no kind of destination; write one of {kinds}"


def _outside_fault(
    snapshot: Snapshot, tenant: TenantSnapshot, extension: ExtensionConfig, text: str, at: datetime
) -> str:
    """As such a call would be decided while every trunk is up and nobody else calls."""
    if _OUTSIDE.fullmatch(text) is None:
        return f"{text[:64]!r} can't be dialled; write a number as one dials it"
    query = query_of(tenant, extension, text, listener="", source="", at=at)
    journey = Journey(snapshot, tenant, RecordedFacts({}), query)
    decision = external(journey, extension.ref, text, extension)
    if not isinstance(decision, Refuse) or decision.cause == TRUNKS_DOWN:
        return ""
    return next((step.why for step in decision.trace.steps if step.verdict is Verdict.REFUSED), decision.cause.reason)


def standing(
    snapshot: Snapshot,
    tenant: TenantSnapshot,
    extension: ExtensionConfig,
    preferences: Preferences,
    allowance: str,
    at: datetime,
) -> tuple[bool, str]:
    """Whether what is set counts, and what of it does not, or why."""
    if allowance not in may_change(tenant.config, extension):
        return False, f"counts for nothing: mayChange of {extension.ref} does not have {allowance}"
    match allowance:
        case name if name == FORWARDING:
            notes = [
                f"forwarding[{index}]: {note}"
                for index, entry in enumerate(preferences.forwarding or ())
                if (note := _entry_note(snapshot, tenant, extension, entry, at))
            ]
            return True, "; ".join(notes)
        case name if name == GREETING:
            fault = _greeting_fault(extension, preferences.greeting or "")
            return False, fault or f"{NOT_YET}: voicemail, which has the greetings, is not carried out yet"
        case name if name == QUEUES:
            faults = [fault for queue, _ in preferences.queues if (fault := _queue_fault(tenant, extension, queue))]
            return False, "; ".join([*faults, f"{NOT_YET}: queues are not carried out yet"])
        case _:
            return True, ""


def _entry_note(
    snapshot: Snapshot, tenant: TenantSnapshot, extension: ExtensionConfig, entry: ForwardingConfig, at: datetime
) -> str:
    fault = destination_fault(snapshot, tenant, extension, entry.to, at)
    if fault:
        return f"calls are refused: {fault}"
    is_declared = entry.to.kind == RING_GROUP and entry.to.value not in tenant.ring_groups
    if is_declared or entry.to.kind == VOICEMAIL or entry.to.kind in DECLARED_KINDS:
        return f"{NOT_YET}: calls to {entry.to} are refused, as it is not carried out yet"
    return ""


# What the engine knows only as it was written


def _greeting_fault(extension: ExtensionConfig, name: str) -> str:
    known = _greetings(extension)
    if name in known:
        return ""
    has = f"its greetings are {', '.join(sorted(known))}" if known else "the manifests declare none"
    return f"{extension.ref} has no greeting {name[:64]!r}; {has}"


def _greetings(extension: ExtensionConfig) -> frozenset[str]:
    for declared in extension.declared:
        if declared.path == "spec.voicemail":
            greetings = _mapping(declared.value).get("greetings")
            return frozenset(greetings) if isinstance(greetings, dict) else frozenset()
    return frozenset()


def _queue_fault(tenant: TenantSnapshot, extension: ExtensionConfig, name: str) -> str:
    queue = tenant.items.get(ConfigRef(tenant.config.name, "Queue", name)) if _NAME.fullmatch(name) else None
    if not isinstance(queue, DeclaredConfig):
        return f"tenant {tenant.config.name} has no Queue {name[:64]!r}"
    members = _mapping(queue.spec).get("members")
    if isinstance(members, list) and extension.number in members:
        return ""
    return f"extension {extension.number} is no member of {queue.ref}"


def _mapping(text: str) -> Mapping[str, object]:
    shape = json.loads(text)
    return shape if isinstance(shape, dict) else {}
