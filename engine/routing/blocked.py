"""Numbers outside that the tenant blocks: who calls from there gets nobody, and nobody calls there (feature C6)."""

from __future__ import annotations

from engine.cause import BLOCKED
from engine.config.blocked import BlockedConfig
from engine.config.mask_index import MaskIndex
from engine.routing.decision import Refuse
from engine.routing.journey import Journey


def refuse_caller(journey: Journey, number: str) -> Refuse | None:
    """The refusal if calls from that number, in full form or `anonymous`, are blocked."""
    return _refuse(journey, journey.tenant.blocked.callers, number, f"{number!r} calls")


def refuse_called(journey: Journey, number: str) -> Refuse | None:
    """The refusal if calls to that number, in full form, are blocked."""
    return _refuse(journey, journey.tenant.blocked.called, number, f"{number!r} is called")


def _refuse(journey: Journey, masks: MaskIndex[BlockedConfig], number: str, what: str) -> Refuse | None:
    if not journey.tenant.config.blocked:
        return None
    found = next(masks.matching(number), None)
    if found is None:
        return None
    mask, entry = found
    tenant = journey.tenant.config
    remark = f" ({entry.remark})" if entry.remark else ""
    why = f"{what}, and tenant {tenant.name!r} blocks {mask}{remark}: spec.blocked"
    return journey.refuse(BLOCKED, tenant.ref, why)
