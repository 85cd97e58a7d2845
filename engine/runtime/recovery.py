"""What the journal of a process that is no more says about its calls.

Closed calls that the store has not confirmed are handed to it again. Calls that were open become records with the cause
INTERRUPTED: answered if the journal saw them answered, and ended when it last saw the server alive (it notes that every few
seconds while calls are up), which is at most that much too early.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from engine.cause import INTERRUPTED
from engine.cdr import Bill, CallDetailRecord, MediaAccount, OpenCall, begun_units
from engine.cdr_json import decode_bills, decode_open, decode_record, encode_bills, instant_text
from engine.errors import JournalError
from engine.identity import CallId
from engine.runtime.segment import Kind, Line, Segment, read_segment

_BILLS: Final = b'"bills":'


class Answer(NamedTuple):
    """When an open call was answered, and by which number; `bills`: what it was to cost, without any time yet."""

    at: datetime
    by: str
    bills: tuple[Bill, ...] = ()


class ChargedCall(NamedTuple):
    """A call that is over and that the balance of some extension of the tenant pays for."""

    call_id: CallId
    tenant: str
    at: datetime
    bills: tuple[Bill, ...]


def charged_call(record: CallDetailRecord) -> ChargedCall | None:
    """None for a call that no balance pays for."""
    bills = tuple([bill for bill in record.bills if bill.account and bill.cost])
    return ChargedCall(record.call_id, record.tenant, record.ended_at, bills) if bills else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What some segments say. `closed`: not known to be in the store; `more`: the same, but only counted, to bound memory; `charged`: those
    of both that some balance pays for.

    `segments`: the calls that each speaks of; `unreadable`: lines to set aside, and `set_aside`: the calls whose record is there;
    `problems`: sentences for the log: what was torn, damaged, unreadable.
    """

    closed: Mapping[CallId, CallDetailRecord]
    charged: Mapping[CallId, ChargedCall]
    more: frozenset[CallId]
    open: Mapping[CallId, OpenCall]
    answered: Mapping[CallId, Answer]
    alive_at: datetime | None
    segments: Mapping[int, tuple[CallId, ...]]
    torn: Mapping[Path, int]
    unreadable: tuple[bytes, ...]
    set_aside: frozenset[CallId]
    problems: tuple[str, ...]


def scan(folder: Path, numbers: Iterable[int], at_most: int, wanted: Container[str] | None = None) -> Scan:
    """Read those segments, at most so many closed records of them; only calls that are `wanted`, None = all.

    Blocking; safe beside a journal that is being written.

    JournalError if a segment can't be read at all: going on without it could lose calls.
    """
    segments: list[Segment] = []
    for number in numbers:
        try:
            segments.append(read_segment(folder, number))
        except OSError as error:
            raise JournalError(
                f"journal segment {number} in {folder} can't be read: {error.strerror or error}; "
                "repair it, or move it away if its calls may be lost"
            ) from error
    return _Digest(at_most, wanted).read(segments)


def interrupted_record(call: OpenCall, answer: Answer | None, alive_at: datetime | None) -> CallDetailRecord:
    """The record of a call that was up when the server stopped."""
    ended_at = max(at for at in (call.started_at, answer and answer.at, alive_at) if at is not None)
    return CallDetailRecord(
        call_id=call.call_id,
        sip_call_id=call.sip_call_id,
        tenant=call.query.tenant,
        revision=call.revision,
        caller=call.query.caller,
        caller_display=call.query.caller_display,
        callee=call.query.callee.dialled,
        answered_by=answer.by if answer is not None else None,
        started_at=call.started_at,
        answered_at=answer.at if answer is not None else None,
        ended_at=ended_at,
        cause=INTERRUPTED,
        query=call.query,
        trace=call.trace,
        targets=(),
        media=MediaAccount(),
        bills=() if answer is None else tuple([_charged(bill, answer.at, ended_at) for bill in answer.bills]),
    )


def _charged(bill: Bill, answered_at: datetime, ended_at: datetime) -> Bill:
    """For as long as the call is known to have lasted."""
    units = begun_units(answered_at, ended_at, bill.unit_s)
    return replace(bill, units=units, cost=units * bill.rate)


def encode_answer(at: datetime, by: str, bills: tuple[Bill, ...] = ()) -> str:
    return f'{{"at": "{instant_text(at)}", "by": {json.encoder.encode_basestring_ascii(by)}{encode_bills(bills)}}}'


class _Digest:
    """Collects what lines say, in their order."""

    def __init__(self, at_most: int, wanted: Container[str] | None) -> None:
        self._at_most = at_most
        self._wanted = wanted
        self._stored: set[CallId] = set()
        self._closed: dict[CallId, CallDetailRecord] = {}
        self._charged: dict[CallId, ChargedCall] = {}
        self._more: set[CallId] = set()
        self._opened: dict[CallId, OpenCall] = {}
        self._answered: dict[CallId, Answer] = {}
        self._alive_at: datetime | None = None
        self._unreadable: list[bytes] = []
        self._set_aside: set[CallId] = set()
        self._problems: list[str] = []

    def read(self, segments: Sequence[Segment]) -> Scan:
        for segment in segments:
            for line in segment.lines:
                if line.kind == Kind.STORED.value:
                    self._stored.update([CallId(one) for one in line.body.decode("ascii", "replace").split()])
        calls = {segment.number: self._read_segment(segment) for segment in segments}
        done = self._closed.keys() | self._more | self._set_aside
        return Scan(
            closed=self._closed,
            charged=self._charged,
            more=frozenset(self._more),
            open={call_id: call for call_id, call in self._opened.items() if call_id not in done},
            answered=self._answered,
            alive_at=self._alive_at,
            segments=calls,
            torn={segment.path: segment.torn_at for segment in segments if segment.torn_at is not None},
            unreadable=tuple(self._unreadable),
            set_aside=frozenset(self._set_aside),
            problems=tuple(self._problems),
        )

    def _read_segment(self, segment: Segment) -> tuple[CallId, ...]:
        calls: dict[CallId, None] = {}
        if segment.torn_at is not None:
            self._problems.append(f"{segment.path.name}: torn tail from byte {segment.torn_at} on is cut off")
        if segment.damaged:
            self._problems.append(f"{segment.path.name}: {len(segment.damaged)} damaged lines in its middle")
            self._unreadable += segment.damaged
        for line in segment.lines:
            if line.subject in self._stored or (self._wanted is not None and line.subject not in self._wanted):
                continue
            try:
                self._read_line(line)
            except JournalError as error:
                self._problems.append(f"{segment.path.name}: call {line.subject}: {error}")
                self._unreadable.append(b"%b %b %b\n" % (line.kind.encode(), line.subject.encode(), line.body))
                if line.kind == Kind.CLOSED.value:
                    self._set_aside.add(
                        CallId(line.subject)
                    )  # it has its account, which we can't read: not interrupted
            else:
                calls[CallId(line.subject)] = None
        return tuple(calls)

    def _read_line(self, line: Line) -> None:
        call_id = CallId(line.subject)
        match line.kind:
            case Kind.OPEN.value:
                self._opened[call_id] = decode_open(line.body)
            case Kind.ANSWERED.value:
                self._answered[call_id] = _answer(line)
            case Kind.CLOSED.value:
                is_kept = len(self._closed) < self._at_most or call_id in self._closed
                record = decode_record(line.body) if is_kept or _BILLS in line.body else None
                if record is None or not is_kept:
                    self._more.add(call_id)
                else:
                    self._closed[call_id] = record
                charged = None if record is None else charged_call(record)
                if charged is not None:
                    self._charged[call_id] = charged
            case Kind.ALIVE.value:
                at = _instant(line.body.decode("ascii", "replace"), line)
                self._alive_at = at if self._alive_at is None or at > self._alive_at else self._alive_at
            case Kind.STORED.value:
                pass
            case _:
                raise JournalError(f"lines of kind {line.kind!r} were written by a newer Trunkline")


def _answer(line: Line) -> Answer:
    try:
        fields = json.loads(line.body)
        bills = decode_bills(line.body) if "bills" in fields else ()
        return Answer(_instant(str(fields["at"]), line), str(fields["by"]), bills)
    except (ValueError, TypeError, KeyError) as error:
        raise JournalError(f"the note of its answer can't be read: {error!r}") from None


def _instant(text: str, line: Line) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            raise JournalError(f"{line.kind} has an instant without offset, {text!r}")
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise JournalError(f"{line.kind} has no instant but {text[:40]!r}") from None
