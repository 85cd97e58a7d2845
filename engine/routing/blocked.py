"""Numbers outside that the tenant blocks: who calls from there gets nobody, and nobody calls there (feature C6)."""

from __future__ import annotations

from typing import Final, NamedTuple

from dialing.number import E164, Canonical, DialContext, Number, ShortCode, Unclassified
from engine.cause import BLOCKED, COUNTRY_NOT_ALLOWED, Cause
from engine.config.blocked import BlockedConfig
from engine.config.mask_index import MaskIndex
from engine.config.outbound_rule import OutboundRouteConfig
from engine.config.trunk import TrunkConfig
from engine.routing.countries import country_of_sent
from engine.routing.decision import Refuse
from engine.routing.journey import Journey
from engine.routing.query import number_from_trunk
from engine.routing.sent_number import sent_digits

MOST_DIGITS: Final = 15
"""Of a full number."""


def refuse_caller(journey: Journey, number: str) -> Refuse | None:
    """The refusal if calls from that number, in full form or `anonymous`, are blocked."""
    return _refuse(journey, journey.tenant.blocked.callers, number, f"{number!r} calls")


def refuse_called(journey: Journey, number: str) -> Refuse | None:
    """The refusal if calls to that number, in full form, are blocked."""
    return _refuse(journey, journey.tenant.blocked.called, number, f"{number!r} is called")


class Bar(NamedTuple):
    """What keeps a call off a route."""

    cause: Cause
    why: str


def bar_of_sent(
    journey: Journey, route: OutboundRouteConfig, trunk: TrunkConfig, number: Number, digits: str
) -> Bar | None:
    """The block or country that keeps the call off this route: what is stripped or put before a number hides it from none.

    What is sent is read as the trunk reads numbers. Where that makes no full number, or none was dialled, what is left without what is put
    before it counts, too: it may be the carrier's own code.
    """
    tenant = journey.tenant
    is_full = isinstance(number.canonical, E164)
    is_changed = bool(route.strip or route.prepend)
    if is_full and not is_changed and trunk.number_format != "dialled":
        return None
    context = trunk.dialling.context() if trunk.is_dialling_own else tenant.context
    sent = sent_digits(tenant, route, trunk, number, digits)
    read = number_from_trunk(trunk, context, sent).canonical
    readings = [read]
    if route.prepend and not (is_full and isinstance(read, E164)):
        readings.append(number_from_trunk(trunk, context, digits[route.strip :]).canonical)
    if (
        trunk.number_format == "plain"
        and isinstance(read, Unclassified)
        and len(sent) > MOST_DIGITS
        and sent[0] in "123456789"
    ):
        readings.append(Unclassified(f"+{sent}"))  # with digits too many: such a carrier reads full numbers without "+"
    why = _block_of_readings(journey, context, readings, sent)
    if why:
        return Bar(BLOCKED, why)
    why = country_of_sent(journey, context, readings, sent)
    return Bar(COUNTRY_NOT_ALLOWED, why) if why else None


def _block_of_readings(journey: Journey, context: DialContext, readings: list[Canonical], sent: str) -> str:
    tenant = journey.tenant
    for reading in readings if tenant.config.blocked else ():
        if not (isinstance(reading, ShortCode) and reading.is_emergency):
            # Some digits too many, or a code before them, make of a number none here, and the very same to carriers.
            taken = () if isinstance(reading, E164) else context.taken_for(reading.text)
            for text in (reading.text, *(f"+{digits}" for digits in taken)):
                why = _block(journey, tenant.blocked.called, text, f"{text!r} is called by {sent!r}")
                if why:
                    return why
    return ""


def _refuse(journey: Journey, masks: MaskIndex[BlockedConfig], number: str, what: str) -> Refuse | None:
    why = _block(journey, masks, number, what)
    return journey.refuse(BLOCKED, journey.tenant.config.ref, why) if why else None


def _block(journey: Journey, masks: MaskIndex[BlockedConfig], number: str, what: str) -> str:
    """The mask that blocks the number, in a sentence; "" if none does."""
    tenant = journey.tenant.config
    found = next(masks.matching(number), None) if tenant.blocked else None
    if found is None:
        return ""
    mask, entry = found
    remark = f" ({entry.remark})" if entry.remark else ""
    return f"{what}, and tenant {tenant.name!r} blocks {mask}{remark}: spec.blocked"
