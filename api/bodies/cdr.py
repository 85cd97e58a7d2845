"""A closed call."""

from __future__ import annotations

from datetime import datetime

from api.bodies.body import Body
from api.bodies.cause import CauseBody
from engine.cdr import Bill, CallDetailRecord, OnwardAccount
from engine.config.money import amount_text
from engine.simulation import Trace
from reconciler.decided_by import decided_by


class MediaBody(Body):
    packets_in: int
    packets_out: int
    bytes_in: int
    bytes_out: int
    lost: int
    jitter_ms: float
    refused: int


class TraceStepBody(Body):
    verdict: str
    rule: str | None
    origin: str | None
    why: str

    @classmethod
    def all_of(cls, trace: Trace) -> list[TraceStepBody]:
        return [
            cls(
                verdict=step.verdict.value,
                rule=None if step.rule is None else str(step.rule),
                origin=None if step.origin is None else str(step.origin),
                why=step.why,
            )
            for step in trace.steps
        ]


class BillBody(Body):
    """What one leg costs. `direction`: incoming or outgoing; `prefix`: of the rate; `rate`: of each unit of `unit_s` seconds that was
    begun, `cost`: of all `units` of them, decimals as text; `payer`: the extension that pays, empty = only the tenant; `account`: name of
    the extension whose balance it was taken from, empty = of none; `sip_call_id`: of the leg."""

    direction: str
    prefix: str
    rate: str
    unit_s: int
    units: int
    currency: str
    cost: str
    payer: str
    account: str
    sip_call_id: str

    @classmethod
    def of(cls, bill: Bill) -> BillBody:
        return cls(
            direction="incoming" if bill.is_incoming else "outgoing",
            prefix=f"+{bill.prefix}",
            rate=amount_text(bill.rate),
            unit_s=bill.unit_s,
            units=bill.units,
            currency=bill.currency,
            cost=amount_text(bill.cost),
            payer=bill.payer,
            account=bill.account,
            sip_call_id=bill.sip_call_id,
        )


class TargetBody(Body):
    tenant: str
    number: str
    group: str
    contact: str
    sip_call_id: str
    added_at: datetime
    ringing_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime
    cause: CauseBody
    media: MediaBody
    trunk: str


class OnwardBody(Body):
    """Where a call went on to that was not taken, and why there."""

    at: datetime
    to: str
    trace: list[TraceStepBody]

    @classmethod
    def of(cls, onward: OnwardAccount) -> OnwardBody:
        return cls(at=onward.at, to=onward.to, trace=TraceStepBody.all_of(onward.trace))


class CdrBody(Body):
    """A closed call, without the trace and the phones tried, which `GET /v1/cdrs/{call_id}` has. `prefix`, `rate`, `rate_unit_s`,
    `currency`, `cost`: null for a call that is not billed."""

    version: int
    call_id: str
    sip_call_id: str
    tenant: str
    revision: str
    caller: str
    caller_display: str
    callee: str
    answered_by: str | None
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime
    talk_s: float
    cause: CauseBody
    decided_by: str
    direction: str
    trunk: str
    prefix: str | None
    rate: str | None
    rate_unit_s: int | None
    currency: str | None
    cost: str | None


class CdrDetailBody(CdrBody):
    media: MediaBody
    trace: list[TraceStepBody]
    targets: list[TargetBody]
    onward: list[OnwardBody]
    bills: list[BillBody]


def cdr_body(record: CallDetailRecord) -> CdrBody:
    return CdrBody.model_validate(_cdr_fields(record))


def cdr_detail_body(record: CallDetailRecord) -> CdrDetailBody:
    more = {
        "media": record.media,
        "trace": TraceStepBody.all_of(record.trace),
        "targets": list(record.targets),
        "onward": [OnwardBody.of(onward) for onward in record.onward],
        "bills": [BillBody.of(bill) for bill in record.bills],
    }
    return CdrDetailBody.model_validate(_cdr_fields(record) | more)


def _cdr_fields(record: CallDetailRecord) -> dict[str, object]:
    bill = record.bill
    return {
        "version": record.version,
        "call_id": record.call_id,
        "sip_call_id": record.sip_call_id,
        "tenant": record.tenant,
        "revision": record.revision,
        "caller": record.caller,
        "caller_display": record.caller_display,
        "callee": record.callee,
        "answered_by": record.answered_by,
        "started_at": record.started_at,
        "answered_at": record.answered_at,
        "ended_at": record.ended_at,
        "talk_s": record.talk_s,
        "cause": record.cause,
        "decided_by": decided_by(record.trace),
        "direction": record.direction.value,
        "trunk": record.trunk,
        "prefix": None if bill is None else f"+{bill.prefix}",
        "rate": None if bill is None else amount_text(bill.rate),
        "rate_unit_s": None if bill is None else bill.unit_s,
        "currency": None if bill is None else bill.currency,
        "cost": None if bill is None else amount_text(record.cost),
    }
