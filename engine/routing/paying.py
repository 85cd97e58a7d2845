"""Whether who pays for a call over a trunk has the money for its first unit (feature B9). Help is never a matter of money.

Only who has a balance is asked. What nobody knows the price of can't be held against a balance, so it may not be dialled on one.
"""

from __future__ import annotations

from dialing.number import E164, Canonical
from engine.cause import BALANCE_TOO_LOW, CALLEE_BALANCE_TOO_LOW, NO_RATE
from engine.config.extension import ExtensionConfig
from engine.config.money import amount_text
from engine.config.rate_table import PrefixRateConfig
from engine.config.ref import ConfigRef
from engine.routing.decision import Refuse
from engine.routing.journey import Journey


def refuse_unpaid(journey: Journey, called: Canonical, by: ExtensionConfig | None) -> Refuse | None:
    """The refusal if the extension whose call to the outside it is can't pay for it."""
    if by is None or by.balance is None:
        return None
    rate = _rate(journey, called)
    if rate is None:
        why = (
            f"extension {by.number} has a balance, and no rate of {journey.tenant.config.tolls.rates or 'its tenant'} says what "
            f"a call to {called.text!r} costs"
        )
        return journey.refuse(NO_RATE, _table(journey), why)
    if not rate.outgoing or journey.balance(by) >= rate.outgoing:
        return None
    price = f"a call to +{rate.prefix} costs {_money(journey, rate.outgoing)} for each {rate.unit_s} s begun"
    cause = CALLEE_BALANCE_TOO_LOW if journey.query.trunk else BALANCE_TOO_LOW
    return journey.refuse(cause, by.ref, f"{_left(journey, by)}, and {price}")


def refuse_unpaid_incoming(journey: Journey, to: ExtensionConfig) -> Refuse | None:
    """The same for who is called by a trunk."""
    why = why_unpaid_incoming(journey, to)
    return journey.refuse(CALLEE_BALANCE_TOO_LOW, to.ref, why) if why else None


def why_unpaid_incoming(journey: Journey, to: ExtensionConfig) -> str:
    """Why the extension can't pay for a call from outside; "" if it can, or need not."""
    number = journey.query.caller_number
    if to.balance is None or not journey.query.trunk or number is None or not journey.tenant.config.billing.incoming:
        return ""
    rate = _rate(journey, number.canonical)
    if rate is None or not rate.incoming or journey.balance(to) >= rate.incoming:
        return ""
    price = f"a call from +{rate.prefix} costs {_money(journey, rate.incoming)} for each {rate.unit_s} s begun"
    return f"{_left(journey, to)}, and {price}"


def _rate(journey: Journey, number: Canonical) -> PrefixRateConfig | None:
    rates = journey.snapshot.rates(journey.tenant)
    return rates.find(number.text[1:]) if rates is not None and isinstance(number, E164) else None


def _table(journey: Journey) -> ConfigRef | None:
    rates = journey.snapshot.rates(journey.tenant)
    return None if rates is None else rates.table.ref


def _left(journey: Journey, extension: ExtensionConfig) -> str:
    """What it has left, as it was told just now."""
    return f"extension {extension.number} has {_money(journey, journey.asked[-1].value)} left"


def _money(journey: Journey, amount: int) -> str:
    return f"{amount_text(amount)} {journey.tenant.config.tolls.currency}"
