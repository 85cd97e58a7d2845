"""What one call costs while it lives: the rates that it began with, who pays, and for how long the balance still lasts.

One per call of a tenant that bills (features B3, B9, C7); other calls have none. The leg that goes out by a trunk is paid for by the
extension that calls, or that forwards; the leg that a trunk brought by the extension that answers, or that forwards outside. A balance
is drawn on a minute at a time: what the next minute costs is set aside before it begins, and where not one more unit can be, the call
ends. So a call that is ended by its balance has cost what was there, never more. Emergency calls cost nothing and are never ended here.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from dialing.number import E164, Canonical, ShortCode
from engine.call.balances import Balances
from engine.cause import BALANCE_TOO_LOW, CALLEE_BALANCE_TOO_LOW, NO_RATE, Cause
from engine.cdr import Bill, begun_units
from engine.config.extension import ExtensionConfig
from engine.config.rate_table import PrefixRateConfig, RateIndex
from engine.config.snapshot import Snapshot, TenantSnapshot
from engine.routing.decision import Target, TrunkTarget
from engine.routing.query import RouteQuery
from engine.wheel import Alarm, Wheel

SLICE_S: Final = 60
"""For so long at once money is set aside; for one unit at least."""


class Meter:
    """One leg that is billed. `price`: of a unit; `paid`: units that are set aside; `account`: whose balance, None = nobody's."""

    __slots__ = ("account", "alarm", "is_incoming", "paid", "payer", "prefix", "price", "sip_call_id", "unit_s")

    def __init__(self, rate: PrefixRateConfig, payer: ExtensionConfig | None, *, is_incoming: bool) -> None:
        self.is_incoming = is_incoming
        self.prefix = rate.prefix
        self.price = rate.incoming if is_incoming else rate.outgoing
        self.unit_s = rate.unit_s
        self.payer = "" if payer is None else payer.number
        self.account = payer if payer is not None and payer.balance is not None and self.price else None
        self.paid = 0
        self.sip_call_id = ""
        self.alarm: Alarm | None = None

    @property
    def held(self) -> int:
        """What is set aside for it."""
        return self.paid * self.price

    def set_aside(self, balances: Balances, units: int) -> bool:
        """As many of so many further units as the balance has; False if it has none."""
        account = self.account
        if account is None or account.balance is None or units <= 0:
            return True
        written = account.balance
        left = balances.available(account.tenant, account.name, written) // self.price
        units = min(units, left)
        if units <= 0 or not balances.hold(account.tenant, account.name, written, units * self.price):
            return False
        self.paid += units
        return True

    def settle(self, balances: Balances, cost: int) -> None:
        if self.account is not None:
            balances.settle(self.account.tenant, self.account.name, self.held, cost)
        self.paid = 0


class Billing:
    """`run_out`: ends the call, its balance is used up."""

    __slots__ = (
        "_balances",
        "_began_at",
        "_currency",
        "_incoming",
        "_outgoing",
        "_query",
        "_rates",
        "_run_out",
        "_tenant",
        "_wheel",
    )

    def __init__(
        self,
        tenant: TenantSnapshot,
        rates: RateIndex,
        query: RouteQuery,
        balances: Balances,
        wheel: Wheel,
        run_out: Callable[[float], None],
    ) -> None:
        self._tenant = tenant
        self._rates = rates
        self._query = query
        self._balances = balances
        self._wheel = wheel
        self._run_out: Callable[[float], None] | None = run_out
        self._currency = tenant.config.tolls.currency
        self._incoming: Meter | None = None
        self._outgoing: Meter | None = None
        self._began_at = 0.0

    def dial(self, target: TrunkTarget) -> Cause | None:
        """A trunk is about to be called: why it may not be, if who pays can't pay for the first unit."""
        canonical = target.callee.canonical
        if not self._tenant.config.billing.outgoing or _is_emergency(canonical):
            return None
        meter = self._outgoing
        if meter is not None and meter.payer == target.by:
            return None
        rate = _rate_of(self._rates, canonical)
        payer = self._tenant.extensions.get(target.by) if target.by else None
        if rate is None:
            return None if payer is None or payer.balance is None else NO_RATE
        if meter is not None:
            meter.settle(self._balances, 0)
        self._outgoing = meter = Meter(rate, payer, is_incoming=False)
        return None if meter.set_aside(self._balances, 1) else self._too_low

    @property
    def _too_low(self) -> Cause:
        return CALLEE_BALANCE_TOO_LOW if self._query.trunk else BALANCE_TOO_LOW

    def take(self, target: Target, caller_id: str, callee_id: str) -> Cause | None:
        """Who is called has answered, and the caller is about to be told: why not, if who pays can't. `caller_id`, `callee_id`: Call-IDs
        of their legs."""
        outgoing = self._outgoing
        if outgoing is not None and not isinstance(target, TrunkTarget):
            outgoing.settle(self._balances, 0)
            self._outgoing = outgoing = None
        if outgoing is not None:
            outgoing.sip_call_id = callee_id
            if not outgoing.set_aside(self._balances, _slice(outgoing) - outgoing.paid) and not outgoing.paid:
                return self._too_low
        query = self._query
        number = query.caller_number
        if not query.trunk or number is None or not self._tenant.config.billing.incoming:
            return None
        rate = _rate_of(self._rates, number.canonical)
        if rate is None:
            return None
        by = target.by if isinstance(target, TrunkTarget) else target.number
        self._incoming = meter = Meter(rate, self._tenant.extensions.get(by), is_incoming=True)
        meter.sip_call_id = caller_id
        return None if meter.set_aside(self._balances, _slice(meter)) else self._too_low

    def begin(self, now: float) -> tuple[Bill, ...]:
        """They talk; what is known so far of what it will cost."""
        self._began_at = now
        for meter in self._meters():
            self._watch(meter)
        return tuple([self._bill(meter, 0) for meter in self._meters()])

    def close(self, answered_at: datetime | None, ended_at: datetime) -> tuple[Bill, ...]:
        """The call is over: what was set aside and not used is given back."""
        self._run_out = None
        bills: list[Bill] = []
        for meter in self._meters():
            alarm, meter.alarm = meter.alarm, None
            if alarm is not None:
                alarm.cancel()
            units = 0 if answered_at is None else begun_units(answered_at, ended_at, meter.unit_s)
            if meter.account is not None:
                units = min(units, meter.paid)
            bill = self._bill(meter, units)
            bills.append(bill)
            meter.settle(self._balances, bill.cost)
        self._incoming = self._outgoing = None
        return tuple(bills)

    def _meters(self) -> list[Meter]:
        return [meter for meter in (self._incoming, self._outgoing) if meter is not None]

    def _watch(self, meter: Meter) -> None:
        """Look again when what is set aside is used up."""
        if meter.account is not None:
            at = self._began_at + meter.paid * meter.unit_s
            meter.alarm = self._wheel.schedule(at, self._on_incoming if meter.is_incoming else self._on_outgoing)

    def _on_incoming(self, now: float) -> None:
        self._go_on(self._incoming, now)

    def _on_outgoing(self, now: float) -> None:
        self._go_on(self._outgoing, now)

    def _go_on(self, meter: Meter | None, now: float) -> None:
        run_out = self._run_out
        if meter is None or run_out is None:
            return
        meter.alarm = None
        if meter.set_aside(self._balances, _slice(meter)):
            self._watch(meter)
        else:
            run_out(now)

    def _bill(self, meter: Meter, units: int) -> Bill:
        return Bill(
            is_incoming=meter.is_incoming,
            prefix=meter.prefix,
            rate=meter.price,
            unit_s=meter.unit_s,
            currency=self._currency,
            payer=meter.payer,
            account="" if meter.account is None else meter.account.name,
            sip_call_id=meter.sip_call_id,
            units=units,
            cost=units * meter.price,
        )


def billing_of(
    snapshot: Snapshot,
    tenant: TenantSnapshot,
    query: RouteQuery,
    balances: Balances,
    wheel: Wheel,
    run_out: Callable[[float], None],
) -> Billing | None:
    """None for a call of a tenant that bills nothing."""
    billing = tenant.config.billing
    if not (billing.outgoing or billing.incoming):
        return None
    rates = snapshot.rates(tenant)
    return None if rates is None else Billing(tenant, rates, query, balances, wheel, run_out)


def _slice(meter: Meter) -> int:
    """Units that are set aside at once."""
    return max(1, SLICE_S // meter.unit_s)


def _rate_of(rates: RateIndex, number: Canonical) -> PrefixRateConfig | None:
    return rates.find(number.text[1:]) if isinstance(number, E164) else None


def _is_emergency(number: Canonical) -> bool:
    return isinstance(number, ShortCode) and number.is_emergency
