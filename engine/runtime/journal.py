"""The journal: an append-only account of calls, so that neither `kill -9` nor a lost machine loses a record.

A call is noted when it is admitted, when it is answered and when it is closed; appending only encodes and buffers, and one
`flush` a loop turn writes it all with one system call, before the datagrams of that turn go out. What is written survives the
process; a thread syncs it to the disk at most once a second, which is what a power failure can cost.

Surprising: the journal is also the queue to the record store. `take_closed` hands records on, `stored` confirms them, and a segment
goes only when all calls that it and its elders speak of are confirmed. Long calls are copied into newer segments, or one of
them would hold on to all. A full or read-only disk ends no call: the fault is said once, lines wait in memory, bounded, and are
tried again.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from engine.cdr import Bill, CallDetailRecord, OpenCall
from engine.cdr_json import encode_decision, encode_open, encode_record
from engine.errors import JournalError
from engine.identity import CallId
from engine.routing.decision import Trace
from engine.routing.query import RouteQuery
from engine.runtime.recovery import ChargedCall, Scan, charged_call, encode_answer, interrupted_record, scan
from engine.runtime.segment import Kind, line_bytes, segment_numbers, segment_path
from engine.runtime.syncer import Syncer

_log: Final = logging.getLogger("trunkline.storage")
_UNREADABLE: Final = "unreadable.lines"
_ALIVE_EVERY_S: Final = 5.0
_RETRY_S: Final = 1.0
# The file is as good as it was, only its disk has no room; after any other error a new file is tried.
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EINTR, errno.EAGAIN})


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalLimits:
    """`segment_bytes`: a new file beyond it; `buffer_bytes`: what may wait in memory while the disk refuses;
    `waiting_records`: closed ones held in memory for the store, the rest is read again from the files."""

    segment_bytes: int = 16 * 1024 * 1024
    buffer_bytes: int = 64 * 1024 * 1024
    waiting_records: int = 20_000
    sync_s: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """`unconfirmed`: closed calls not known to be in the store; `interrupted`: were open, now records too. `take_closed` has both.

    `charged`: those of both that some balance pays for.
    """

    unconfirmed: int
    interrupted: tuple[CallDetailRecord, ...]
    charged: tuple[ChargedCall, ...]
    problems: tuple[str, ...]


class _Entry:
    """A call that the files speak of and the store has not confirmed."""

    __slots__ = (
        "answered_line",
        "closed_in",
        "decided",
        "document",
        "is_closed",
        "is_waiting",
        "open_line",
        "segments",
    )

    def __init__(self) -> None:
        self.segments: list[int] = []
        self.open_line: bytes | None = None
        self.answered_line: bytes | None = None
        self.decided: tuple[RouteQuery, Trace, str] | None = None  # as text, for the record will say it again
        self.document: str | None = None  # the record as text, while it waits in memory for the store
        self.is_closed = False
        self.closed_in: int | None = None  # the segment with its record, once written
        self.is_waiting = False  # its record is in memory, for the store


class _Pending(NamedTuple):
    line: bytes
    call_id: CallId | None
    closes: bool = False


class Spill(NamedTuple):
    """Records to be read from the files again, and the segments that have them."""

    segments: tuple[int, ...]
    calls: frozenset[CallId]


class Journal:
    """One writer, called on the loop. `write`, `wall`, `now` are the world, injected for tests.

    `problem`: what keeps it from writing or syncing now, None if nothing. `counters`, ever rising: lines, bytes, failures,
    refused_lines (no room in memory either), lost_records (the same, of closed calls), torn, unreadable.
    """

    def __init__(
        self,
        folder: Path,
        limits: JournalLimits | None = None,
        *,
        write: Callable[[int, memoryview], int] = os.write,
        wall: Callable[[], float] = time.time,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make the folder if need be, lock it, begin a new segment. JournalError says why it can't."""
        self._folder = folder
        self._limits = limits or JournalLimits()
        self._write = write
        self._wall = wall
        self._now = now
        self.counters: Counter[str] = Counter()
        self._entries: dict[CallId, _Entry] = {}
        self._pending: deque[_Pending] = deque()
        self._pending_bytes = 0
        self._written_of_first = 0
        self._closed: deque[CallDetailRecord] = deque()
        self._spilled = 0
        self._live: dict[int, int] = {}
        self._open_count = 0
        self._alive_at = 0.0
        self._problem: str | None = None
        self._retry_at = 0.0
        self._wants_new_segment = False
        self._size = 0
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = _locked(folder)
            self._past = segment_numbers(folder)
            self._number = max(self._past, default=0) + 1
            self._descriptor = self._create(self._number)
        except OSError as error:
            raise JournalError(
                f"journal in {folder} can't be written: {error.strerror or error}; make the folder writable"
            ) from error
        self._live[self._number] = 0
        self._syncer = Syncer(folder, self._limits.sync_s)
        self._syncer.created()

    @property
    def problem(self) -> str | None:
        return self._problem or self._syncer.problem

    @property
    def unconfirmed(self) -> int:
        """Closed calls that the store has not confirmed."""
        return len(self._entries) - self._open_count

    @property
    def waiting(self) -> int:
        """Closed calls that `take_closed` and `spilled` have yet to hand over."""
        return len(self._closed) + self._spilled

    # -- calls ---------------------------------------------------------------------------------------------------------

    def append_open(self, call: OpenCall) -> None:
        """Note an admitted call."""
        entry = self._entries[call.call_id] = _Entry()
        decision = encode_decision(call.query, call.trace)
        entry.decided = (call.query, call.trace, decision)
        entry.open_line = line_bytes(Kind.OPEN, call.call_id, encode_open(call, decision))
        self._open_count += 1
        self._buffer(entry.open_line, call.call_id)

    def append_answered(self, call_id: CallId, at: datetime, by: str, bills: tuple[Bill, ...] = ()) -> None:
        """Note that an open call was answered, so that it is a record of an answered call, and is paid for, if we die."""
        entry = self._entries.get(call_id)
        if entry is None or entry.is_closed:
            return
        entry.answered_line = line_bytes(Kind.ANSWERED, call_id, encode_answer(at, by, bills))
        self._buffer(entry.answered_line, call_id)

    def append_closed(self, record: CallDetailRecord) -> None:
        """Note the closed account of a call and queue it for the store. A second account of a call is ignored."""
        entry = self._entries.get(record.call_id)
        if entry is None:
            entry = self._entries[record.call_id] = _Entry()
        elif entry.is_closed:
            return
        else:
            self._open_count -= 1
        document = encode_record(record, _decision_of(record, entry))
        entry.is_closed = True
        entry.open_line = entry.answered_line = entry.decided = None
        line = line_bytes(Kind.CLOSED, record.call_id, document)
        is_kept = self._buffer(line, record.call_id, closes=True)
        if is_kept and (self._spilled or len(self._closed) >= self._limits.waiting_records):
            self._spilled += 1  # the store lags far behind: the files have it
        elif is_kept or len(self._closed) < 5 * self._limits.waiting_records:
            entry.document = document
            self._queue(record, entry)
        else:
            self._lose(record.call_id)

    def flush(self) -> None:
        """Write what was appended. Never raises: see `problem`. Costs nothing when there is nothing to write."""
        if self._open_count:
            self._note_alive()
        if not self._pending or (self._problem is not None and self._now() < self._retry_at):
            return
        try:
            if self._size >= self._limits.segment_bytes or self._wants_new_segment:
                self._rotate()
            self._write_pending()
        except OSError as error:
            self._fail(error)
        else:
            if self._problem is not None:
                _log.warning("journal in %s can be written again", self._folder)
                self._problem = None

    def close(self) -> None:
        """Write and sync what is left; with nothing unconfirmed no file stays behind."""
        self._retry_at = 0.0
        self.flush()
        if not self._entries and not self._pending:
            for number in self._live:
                self._syncer.remove(segment_path(self._folder, number))
        if self._pending:
            _log.error("journal: %d lines could not be written and are lost", len(self._pending))
        self._syncer.retire(self._descriptor)
        self._syncer.stop()
        os.close(self._lock)

    # -- the store's side ----------------------------------------------------------------------------------------------

    def take_closed(self, at_most: int) -> list[CallDetailRecord]:
        """The next closed calls for the store, in the order of closing. Keep them until `stored`; there is no second asking."""
        return [self._closed.popleft() for _ in range(min(at_most, len(self._closed)))]

    def document(self, call_id: CallId) -> str | None:
        """The `encode_record` of one of them, until it is `stored`; None where it was made by an earlier process or read from the files."""
        entry = self._entries.get(call_id)
        return None if entry is None else entry.document

    def spilled(self) -> Spill | None:
        """The oldest records that memory had no room for; None if there are none, or some still wait in memory.

        Read them with `scan_spill` in another thread and hand the result to `refill`, one at a time.
        """
        if self._closed or not self._spilled:
            return None
        calls: set[CallId] = set()
        numbers: set[int] = set()
        for call_id, entry in self._entries.items():
            if entry.closed_in is None or entry.is_waiting:
                continue
            if len(calls) == self._limits.waiting_records or (len(numbers) == 2 and entry.closed_in not in numbers):
                break
            calls.add(call_id)
            numbers.add(entry.closed_in)
        return Spill(tuple(sorted(numbers)), frozenset(calls)) if calls else None

    def scan_spill(self, spill: Spill) -> Scan:
        """Blocking; may run in another thread. JournalError if the files can't be read."""
        return scan(self._folder, spill.segments, len(spill.calls), spill.calls)

    def refill(self, spill: Spill, found: Scan) -> None:
        """Take what `scan_spill` found, for `take_closed`. What it did not find was damaged on the disk, and is lost."""
        for call_id in [*found.closed, *spill.calls.difference(found.closed)]:
            entry = self._entries.get(call_id)
            if entry is None or entry.is_waiting:
                continue
            self._spilled -= 1
            record = found.closed.get(call_id)
            if record is None:
                self._lose(call_id)
            else:
                self._queue(record, entry)

    def stored(self, call_ids: Iterable[CallId]) -> None:
        """These are safe in the store: the journal may forget them."""
        known = [call_id for call_id in call_ids if call_id in self._entries]
        if not known:
            return
        for call_id in known:
            self._release(self._entries.pop(call_id))
        self._buffer(line_bytes(Kind.STORED, "-", " ".join(known)), None)

    def scan_past(self) -> Scan:
        """What earlier processes left. Blocking; may run in another thread, so that a long history holds up no call."""
        return scan(self._folder, self._past, self._limits.waiting_records)

    def recover(self, found: Scan | None = None) -> Recovery:
        """Take over what earlier processes left (`scan_past`, unless `found` has it); call once. JournalError if it can't be read."""
        found = self.scan_past() if found is None else found
        for problem in found.problems:
            _log.warning("journal: %s", problem)
        self._set_aside(found)
        closed = found.closed.keys() | found.more
        self._live = dict.fromkeys(found.segments, 0) | self._live  # stays in the order of numbers
        for number, call_ids in found.segments.items():
            for call_id in call_ids:
                if call_id in closed or call_id in found.open:
                    entry = self._entries.setdefault(call_id, _Entry())
                    self._refer(entry, number)
                    if call_id in closed:
                        entry.is_closed = True
                        entry.closed_in = number  # the last to speak of it
        self._spilled += len(found.more)
        for call_id, record in found.closed.items():
            self._queue(record, self._entries[call_id])
        interrupted = [
            interrupted_record(call, found.answered.get(call_id), found.alive_at)
            for call_id, call in found.open.items()
        ]
        self._open_count += len(interrupted)
        for record in interrupted:
            self.append_closed(record)
        self.flush()
        self._remove_done()
        charged = (*found.charged.values(), *[one for one in map(charged_call, interrupted) if one is not None])
        return Recovery(
            unconfirmed=len(closed), interrupted=tuple(interrupted), charged=charged, problems=found.problems
        )

    # -- lines ---------------------------------------------------------------------------------------------------------

    def _buffer(self, line: bytes, call_id: CallId | None, *, closes: bool = False) -> bool:
        if self._pending_bytes + len(line) > self._limits.buffer_bytes:
            self.counters["refused_lines"] += 1
            return False
        self._pending.append(_Pending(line, call_id, closes))
        self._pending_bytes += len(line)
        return True

    def _note_alive(self) -> None:
        wall = self._wall()
        if abs(wall - self._alive_at) >= _ALIVE_EVERY_S:
            self._alive_at = wall
            at = datetime.fromtimestamp(wall, UTC).isoformat(timespec="microseconds")
            self._buffer(line_bytes(Kind.ALIVE, "-", at), None)

    def _write_pending(self) -> None:
        data = memoryview(b"".join([pending.line for pending in self._pending]))[self._written_of_first :]
        done = 0
        try:
            while done < len(data):
                done += self._write(self._descriptor, data[done:])
        finally:
            if done:
                self._settle(done)
                self._syncer.wrote(self._descriptor)
        self._remove_done()

    def _settle(self, done: int) -> None:
        """So many bytes more are in the current segment: whole lines leave memory, the rest of a torn one is written next."""
        self._size += done
        self.counters["bytes"] += done
        done += self._written_of_first
        while self._pending and len(self._pending[0].line) <= done:
            line, call_id, closes = self._pending.popleft()
            done -= len(line)
            self._pending_bytes -= len(line)
            self.counters["lines"] += 1
            entry = self._entries.get(call_id) if call_id is not None else None
            if entry is not None:
                self._refer(entry, self._number)
                if closes:
                    entry.closed_in = self._number
        self._written_of_first = done

    def _fail(self, error: OSError) -> None:
        self.counters["failures"] += 1
        self._retry_at = self._now() + _RETRY_S
        self._wants_new_segment = error.errno not in _NO_ROOM
        if self._problem is None:
            self._problem = f"journal in {self._folder} can't be written: {error.strerror or error}"
            _log.error(
                "%s; calls go on, their records wait in memory (at most %d bytes)",
                self._problem,
                self._limits.buffer_bytes,
            )

    # -- segments ------------------------------------------------------------------------------------------------------

    def _create(self, number: int) -> int:
        path = segment_path(self._folder, number)
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def _rotate(self) -> None:
        number = self._number + 1
        descriptor = self._create(number)
        self._syncer.retire(self._descriptor)
        self._syncer.created()
        self._number, self._descriptor = number, descriptor
        self._live[number] = 0
        self._size = 0
        self._written_of_first = 0  # a line half written to the old file is written whole to the new one
        self._wants_new_segment = False
        self._carry_over()

    def _carry_over(self) -> None:
        """Copy calls that are still open out of all segments but the last two; most calls end before it comes to that."""
        carried: list[_Pending] = []
        for call_id, entry in self._entries.items():
            if entry.open_line is not None and entry.segments and entry.segments[0] < self._number - 1:
                self._release(entry)
                entry.segments = []
                carried += [
                    _Pending(line, call_id) for line in (entry.open_line, entry.answered_line) if line is not None
                ]
        # In front, so that a call's lines stay in their order; the copies may exceed the bound, which they are not part of.
        self._pending.extendleft(reversed(carried))
        self._pending_bytes += sum([len(pending.line) for pending in carried])

    def _refer(self, entry: _Entry, number: int) -> None:
        if number not in entry.segments:
            entry.segments.append(number)
            self._live[number] += 1

    def _release(self, entry: _Entry) -> None:
        for number in entry.segments:
            self._live[number] -= 1

    def _remove_done(self) -> None:
        """Oldest first only: a younger segment may hold the confirmation of calls that an elder speaks of."""
        if self._pending:
            return
        for number in list(self._live):
            if self._live[number] or number == self._number:
                return
            del self._live[number]
            self._syncer.remove(segment_path(self._folder, number))

    # -- records waiting for the store ---------------------------------------------------------------------------------

    def _queue(self, record: CallDetailRecord, entry: _Entry) -> None:
        entry.is_waiting = True
        self._closed.append(record)

    def _lose(self, call_id: CallId) -> None:
        self.counters["lost_records"] += 1
        _log.error("the record of call %s is lost: neither disk nor memory could hold it", call_id)
        self._release(self._entries.pop(call_id))

    def _set_aside(self, found: Scan) -> None:
        """Cut torn tails and keep lines that can't be read in a file of their own, so that their segments may go."""
        self.counters["torn"] += len(found.torn)
        self.counters["unreadable"] += len(found.unreadable)
        try:
            if found.unreadable:
                with (self._folder / _UNREADABLE).open("ab") as kept:
                    kept.write(b"".join(found.unreadable))
                    kept.flush()
                    os.fsync(kept.fileno())
                _log.warning("journal: unreadable lines were added to %s", self._folder / _UNREADABLE)
            for path, end in found.torn.items():
                os.truncate(path, end)
        except OSError as error:
            raise JournalError(f"journal in {self._folder} can't be repaired: {error.strerror or error}") from error


def _decision_of(record: CallDetailRecord, entry: _Entry) -> str | None:
    """What was noted at admission, if the record still says the same."""
    if entry.decided is None:
        return None
    query, trace, text = entry.decided
    return text if record.query is query and record.trace is trace else None


def _locked(folder: Path) -> int:
    """A lock that ends with the process, however it ends."""
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise JournalError(
            f"journal in {folder} is in use by another process; stop it, or give this one a data folder of its own"
        ) from None
    return descriptor
