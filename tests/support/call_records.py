"""Calls and their records, numbered: complete ones, as the engine would make them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from dialing.number import ExtensionNumber, Number
from engine.cause import NORMAL_CALLER, Cause
from engine.cdr import Bill, CallDetailRecord, MediaAccount, OpenCall, TargetAccount
from engine.config.ref import ConfigRef, Origin
from engine.identity import CallId
from engine.routing.decision import Trace, TraceStep, Verdict
from engine.routing.facts import Fact
from engine.routing.query import RouteQuery

START: Final = datetime(2026, 11, 20, 9, 14, tzinfo=UTC)


TWO_BILLS: Final = (
    Bill(is_incoming=True, prefix="49", rate=20_000, unit_s=60, currency="GBP", payer="102", units=2, cost=40_000),
    Bill(is_incoming=False, prefix="447", rate=55_000, unit_s=30, currency="GBP", payer="103", units=3, cost=165_000),
)
"""A call from outside that was forwarded outside."""


def call_id(number: int) -> CallId:
    """Ids that sort by `number`."""
    return CallId(f"0197a0e2-5c00-7abc-8def-{number:012x}")


def route_query(number: int, *, tenant: str = "acme", caller: str = "101", callee: str = "102") -> RouteQuery:
    return RouteQuery(
        tenant=tenant,
        caller=caller,
        caller_display="J\xfcrgen",
        callee=Number(callee, ExtensionNumber(callee)),
        listener="main",
        source="192.0.2.7",
        at=START + timedelta(seconds=number),
    )


def open_call(number: int) -> OpenCall:
    return OpenCall(
        call_id=call_id(number),
        sip_call_id=f"{number}@phone",
        started_at=START + timedelta(seconds=number),
        revision="91be07a",
        query=route_query(number),
    )


def record(
    number: int,
    *,
    tenant: str = "acme",
    caller: str = "101",
    callee: str = "102",
    cause: Cause = NORMAL_CALLER,
    talk_s: float | None = 60.5,
) -> CallDetailRecord:
    """Starts `number` seconds after START; answered after 5 s for `talk_s`, or never (None) and then ended after 5 s."""
    started_at = START + timedelta(seconds=number)
    answered_at = None if talk_s is None else started_at + timedelta(seconds=5)
    ended_at = started_at + timedelta(seconds=5 + (talk_s or 0))
    return CallDetailRecord(
        call_id=call_id(number),
        sip_call_id=f"{number}@phone",
        tenant=tenant,
        revision="91be07a",
        caller=caller,
        caller_display="J\xfcrgen",
        callee=callee,
        answered_by=None if talk_s is None else callee,
        started_at=started_at,
        answered_at=answered_at,
        ended_at=ended_at,
        cause=cause,
        query=route_query(number, tenant=tenant, caller=caller, callee=callee),
        trace=Trace(
            (
                TraceStep(
                    Verdict.MATCHED, ConfigRef(tenant, "Extension", "sales"), Origin("sales.yaml", 7), "102 is sales"
                ),
            ),
            (Fact("contacts", f"{tenant}/{callee}", 1),),
        ),
        targets=(
            TargetAccount(
                tenant=tenant,
                number=callee,
                contact="sip:102@192.0.2.8:5060",
                sip_call_id=f"leg-{number}",
                added_at=started_at,
                ringing_at=started_at,
                answered_at=answered_at,
                ended_at=ended_at,
                cause=cause,
                media=MediaAccount(packets_in=10, bytes_in=1720),
            ),
        ),
        media=MediaAccount(packets_in=10, bytes_in=1720, jitter_ms=0.5),
    )
