"""A database with very many call records of a busy company, made quickly: documents of the usual size, what filters tell apart varied."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import insert

from dialing.number import E164, Canonical, ExtensionNumber, Number
from engine.cause import NO_ANSWER, NORMAL_CALLER, OFFLINE, WRONG_NUMBER
from engine.cdr import CallDetailRecord, MediaAccount, TargetAccount
from engine.cdr_json import encode_record
from engine.config.ref import ConfigRef, Origin
from engine.identity import CallId
from engine.routing.decision import Trace, TraceStep, Verdict
from engine.routing.facts import Fact
from engine.routing.query import RouteQuery
from engine.runtime.database.database import Database
from engine.runtime.database.record_store import _row
from engine.runtime.database.tables import CdrRow

START = datetime(2026, 8, 20, tzinfo=UTC)
DAYS = 98
TENANTS = ("acme", "beta", "gamma", "delta")
_BATCH = 5_000
_PATTERNS = 2_000


def extension(chance: random.Random) -> str:
    return str(100 + min(int(chance.expovariate(1 / 60)), 399))


def calls(count: int) -> Iterator[CallDetailRecord]:
    """Records of so many calls, evenly over 14 weeks, oldest first: two of three between extensions, the rest out and in."""
    chance = random.Random(1)
    for number in range(count):
        at = START + timedelta(days=DAYS) * (number / count)
        yield _call(number, at, chance)


def _call(number: int, at: datetime, chance: random.Random) -> CallDetailRecord:
    tenant = chance.choices(TENANTS, (70, 20, 9, 1))[0]
    way = chance.choices(("internal", "outbound", "inbound"), (66, 22, 12))[0]
    caller, callee = extension(chance), extension(chance)
    canonical: Canonical = ExtensionNumber(callee)
    if way == "outbound":
        callee = f"+44{chance.randrange(1_000_000_000, 9_999_999_999)}"
        canonical = E164(callee)
    if way == "inbound":
        caller = f"+44{chance.randrange(1_000_000_000, 9_999_999_999)}"
    cause = chance.choices((NORMAL_CALLER, NO_ANSWER, OFFLINE, WRONG_NUMBER), (700, 250, 49, 1))[0]
    answered_at = at + timedelta(seconds=4) if cause is NORMAL_CALLER else None
    talk_s = round(chance.expovariate(1 / 180), 3) if answered_at is not None else 0
    call_id = CallId(str(UUID(int=(int(at.timestamp() * 1000) << 80) | (0x7 << 76) | (0x2 << 62) | number)))
    ended_at = at + timedelta(seconds=4 + talk_s)
    media = MediaAccount(packets_in=int(talk_s * 50), packets_out=int(talk_s * 50), bytes_in=int(talk_s * 8600))
    trunk = chance.choices(("carrier", "backup"), (99, 1))[0] if way != "internal" else ""
    target = TargetAccount(
        tenant=tenant,
        number=callee,
        contact=f"sip:{callee}@192.0.2.{number % 250}:5060;transport=udp",
        sip_call_id=f"{number:032x}",
        added_at=at,
        ringing_at=at + timedelta(milliseconds=120),
        answered_at=answered_at,
        ended_at=ended_at,
        cause=cause,
        media=media,
        trunk=trunk if way == "outbound" else "",
    )
    return CallDetailRecord(
        call_id=call_id,
        sip_call_id=f"{number:x}@192.0.2.7",
        tenant=tenant,
        revision="91be07a" * 9,
        caller=caller,
        caller_display=f"Person {caller}",
        callee=callee,
        answered_by=callee if answered_at is not None else None,
        started_at=at,
        answered_at=answered_at,
        ended_at=ended_at,
        cause=cause,
        query=RouteQuery(
            tenant=tenant,
            caller=caller,
            caller_display=f"Person {caller}",
            callee=Number(callee, canonical),
            listener="phones",
            source="192.0.2.7",
            at=at,
            trunk=trunk if way == "inbound" else "",
        ),
        trace=Trace(
            (
                TraceStep(
                    Verdict.MATCHED,
                    ConfigRef(tenant, "Extension", callee),
                    Origin("acme/extensions-003.yaml", 118),
                    f"{callee!r} is the number of extension {callee}",
                ),
            ),
            (Fact("contacts", f"{tenant}/{callee}", 1), Fact("calls", tenant, number % 40)),
        ),
        targets=(target,),
        media=media,
    )


def fill(path: Path, count: int) -> None:
    """Make a database with that many. Patterns of calls repeat, each with a time and an id of its own: that is ten times as quick."""
    database = Database.open(path)
    try:
        rows = [(record, _row(record, None), encode_record(record)) for record in calls(_PATTERNS)]
        step = timedelta(days=DAYS) / count
        batch: list[dict[str, object]] = []
        for number in range(count):
            record, row, document = rows[(number * 7919) % _PATTERNS]
            at = START + number * step
            call_id = str(UUID(int=(int(at.timestamp() * 1000) << 80) | (0x7 << 76) | (0x2 << 62) | number))
            day, new_day = record.started_at.date().isoformat(), at.date().isoformat()
            text = document.replace(record.call_id, call_id).replace(day, new_day)
            batch.append({**row, "call_id": call_id, "started_at": at, "ended_at": at, "document": text})
            if len(batch) == _BATCH or number == count - 1:
                done = batch
                database.run_now(lambda connection, done=done: connection.execute(insert(CdrRow), done))  # type: ignore[misc]  # a default
                batch = []
    finally:
        database.close()
