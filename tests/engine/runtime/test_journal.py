"""The journal loses no call and doubles none: cut at every byte, on failing disks, across restarts, under kill -9."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.cause import INTERRUPTED
from engine.errors import JournalError
from engine.identity import CallId
from engine.runtime.journal import Journal, JournalLimits, Recovery
from engine.runtime.recovery import scan
from engine.runtime.segment import Kind, line_bytes, read_segment, segment_numbers, segment_path
from engine.runtime.syncer import Syncer
from tests.support.call_records import START, call_id, open_call, record

LIMITS: Final = JournalLimits(sync_s=0.0)
SMALL: Final = JournalLimits(segment_bytes=4000, sync_s=0.0)


class Clock:
    """A monotonic or a wall clock."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Disk:
    """Writes as told: each step of `script` is how many bytes to take, or an error; after it, all goes well."""

    def __init__(self, *script: int | OSError) -> None:
        self.script = list(script)

    def write(self, descriptor: int, data: memoryview) -> int:
        step = self.script.pop(0) if self.script else len(data)
        if isinstance(step, OSError):
            raise step
        return os.write(descriptor, data[:step])


FULL: Final = OSError(errno.ENOSPC, "No space left on device")
BROKEN: Final = OSError(errno.EIO, "Input/output error")


@contextmanager
def journal(
    folder: Path,
    limits: JournalLimits = LIMITS,
    *,
    write: Callable[[int, memoryview], int] = os.write,
    wall: Clock | None = None,
    now: Clock | None = None,
) -> Iterator[Journal]:
    subject = Journal(folder, limits, write=write, wall=wall or Clock(START.timestamp()), now=now or Clock())
    try:
        yield subject
    finally:
        subject.close()


def crashed(folder: Path) -> Path:
    """The folder as `kill -9` would leave it now: a copy, since the files are all that survives."""
    copy = folder.with_name(folder.name + "-crashed")
    copy.mkdir()
    for path in folder.iterdir():
        try:
            if path.name != "lock":
                shutil.copy(path, copy)
        except FileNotFoundError:
            pass  # the syncer, which is a thread of its own, has just removed it
    return copy


def fault(subject: Journal) -> str:
    """What is wrong with it now, "" if nothing."""
    return subject.problem or ""


def files(folder: Path) -> list[int]:
    return segment_numbers(folder)


def recovered(folder: Path) -> tuple[Recovery, list[CallId]]:
    """What a new process makes of the folder: the recovery, and the calls it hands to the store."""
    with journal(folder) as subject:
        recovery = subject.recover()
        return recovery, [closed.call_id for closed in subject.take_closed(10_000)]


def test_a_closed_call_is_found_by_the_next_process(tmp_path: Path) -> None:
    with journal(tmp_path / "j") as subject:
        subject.append_open(open_call(1))
        subject.append_closed(record(1))
        subject.flush()
        copy = crashed(tmp_path / "j")
    with journal(copy) as again:
        assert again.recover() == Recovery(unconfirmed=1, interrupted=(), charged=(), problems=())
        assert again.take_closed(10) == [record(1)]
        assert again.take_closed(10) == []


def test_an_open_call_becomes_interrupted(tmp_path: Path) -> None:
    wall = Clock(START.timestamp() + 1)
    with journal(tmp_path / "j", wall=wall) as subject:
        subject.append_open(open_call(1))
        subject.flush()
        wall.now += 7.25
        subject.flush()
        copy = crashed(tmp_path / "j")
    recovery, handed = recovered(copy)
    (lost,) = recovery.interrupted
    assert handed == [lost.call_id] == [call_id(1)]
    assert (lost.cause, lost.answered_at, lost.answered_by, lost.talk_s) == (INTERRUPTED, None, None, 0.0)
    assert (lost.tenant, lost.caller, lost.callee, lost.revision) == ("acme", "101", "102", "91be07a")
    assert lost.started_at == START + timedelta(seconds=1)
    assert lost.ended_at == START + timedelta(seconds=8.25), "when the server was last seen alive"


def test_an_interrupted_call_knows_why_it_went_where_it_went(tmp_path: Path) -> None:
    trace = record(1).trace
    with journal(tmp_path / "j") as subject:
        subject.append_open(replace(open_call(1), trace=trace))
        subject.flush()
        copy = crashed(tmp_path / "j")
    (lost,) = recovered(copy)[0].interrupted
    assert trace.steps
    assert lost.trace == trace


def test_an_interrupted_call_knows_that_it_was_answered(tmp_path: Path) -> None:
    answered_at = START + timedelta(seconds=9)
    with journal(tmp_path / "j") as subject:
        subject.append_open(open_call(1))
        subject.append_answered(call_id(1), answered_at, "102")
        subject.flush()
        copy = crashed(tmp_path / "j")
    (lost,) = recovered(copy)[0].interrupted
    assert (lost.answered_at, lost.answered_by, lost.ended_at) == (answered_at, "102", answered_at)


def test_an_interrupted_call_stays_one_record_whatever_restarts_follow(tmp_path: Path) -> None:
    with journal(tmp_path / "j") as subject:
        subject.append_open(open_call(1))
        subject.flush()
        copy = crashed(tmp_path / "j")
    with journal(copy) as second:
        first_account = second.recover().interrupted
        again = crashed(copy)
    with journal(again) as third:
        assert third.recover() == Recovery(unconfirmed=1, interrupted=(), charged=(), problems=())
        assert tuple(third.take_closed(5)) == first_account


def test_confirmed_calls_are_not_handed_on_again(tmp_path: Path) -> None:
    with journal(tmp_path / "j") as subject:
        for number in (1, 2, 3):
            subject.append_open(open_call(number))
            subject.append_closed(record(number))
        subject.stored([call_id(1), call_id(3), call_id(99)])
        subject.flush()
        assert subject.unconfirmed == 1
        copy = crashed(tmp_path / "j")
    assert recovered(copy)[1] == [call_id(2)]


def test_nothing_is_left_when_all_is_confirmed(tmp_path: Path) -> None:
    with journal(tmp_path / "j") as subject:
        subject.append_open(open_call(1))
        subject.append_closed(record(1))
        subject.flush()
        subject.stored([call_id(1)])
    assert files(tmp_path / "j") == []


def test_what_is_not_confirmed_stays(tmp_path: Path) -> None:
    with journal(tmp_path / "j") as subject:
        subject.append_closed(record(1))
    assert recovered(tmp_path / "j")[1] == [call_id(1)]


def test_closing_twice_counts_once(tmp_path: Path) -> None:
    with journal(tmp_path / "j") as subject:
        subject.append_closed(record(1))
        subject.append_closed(record(1))
        assert subject.take_closed(10) == [record(1)]


def test_an_answer_after_the_end_or_of_a_stranger_is_ignored(tmp_path: Path) -> None:
    with journal(tmp_path / "j") as subject:
        subject.append_closed(record(1))
        subject.append_answered(call_id(1), START, "102")
        subject.append_answered(call_id(2), START, "102")
        subject.flush()
        copy = crashed(tmp_path / "j")
    assert recovered(copy) == (Recovery(unconfirmed=1, interrupted=(), charged=(), problems=()), [call_id(1)])


# -- cuts ------------------------------------------------------------------------------------------------------------------


def history(folder: Path) -> tuple[bytes, dict[str, dict[CallId, int]]]:
    """A journal's bytes; and by kind of line and by call the offset at which that line is complete."""
    with journal(folder) as subject:
        for number in (1, 2, 3):
            subject.append_open(open_call(number))
        subject.append_answered(call_id(2), START + timedelta(seconds=8), "102")
        subject.append_closed(record(1))
        subject.append_closed(record(2))
        subject.stored([call_id(1)])
        subject.flush()
        data = segment_path(folder, 1).read_bytes()
    ends: dict[str, dict[CallId, int]] = {"open": {}, "answered": {}, "closed": {}, "stored": {}, "alive": {}}
    end = 0
    for line in data.splitlines(keepends=True):
        end += len(line)
        _, _, kind, subject_name, body = line.decode().split(None, 4)
        ends[kind][CallId(body.strip() if kind == "stored" else subject_name)] = end
    return data, ends


def test_cut_at_every_byte(tmp_path: Path) -> None:
    """Whatever part of the file a crash leaves: each call that was fully written is there, once, in its right state."""
    data, ends = history(tmp_path / "whole")
    line_ends = {end for of_kind in ends.values() for end in of_kind.values()}
    assert [len(ends[kind]) for kind in ("open", "answered", "closed", "stored")] == [3, 1, 2, 1]
    folder = tmp_path / "cut"
    folder.mkdir()
    for cut in range(len(data) + 1):
        segment_path(folder, 1).write_bytes(data[:cut])
        found = scan(folder, [1], 100)
        gone = {one for one, at in ends["stored"].items() if at <= cut}
        closed = {one for one, at in ends["closed"].items() if at <= cut} - gone
        opened = {one for one, at in ends["open"].items() if at <= cut} - closed - gone
        assert (set(found.closed), set(found.open)) == (closed, opened), cut
        assert (found.problems == ()) == (cut == 0 or cut in line_ends), cut
        if not any(abs(cut - end) <= 1 for end in line_ends):
            continue
        recovery, handed = recovered(folder)
        assert sorted(handed) == sorted(closed | opened), cut
        assert {lost.call_id for lost in recovery.interrupted} == opened, cut
        if call_id(2) in opened and cut >= ends["answered"][call_id(2)]:
            assert [lost.answered_by for lost in recovery.interrupted if lost.call_id == call_id(2)] == ["102"]
        for path in folder.iterdir():
            path.unlink()


def test_a_torn_tail_is_said_once_and_cut(tmp_path: Path) -> None:
    folder = tmp_path / "j"
    folder.mkdir()
    whole = line_bytes(Kind.ALIVE, "-", "2026-11-20T09:14:00+00:00")
    keep = _closed_line(1)
    segment_path(folder, 4).write_bytes(keep + whole[:-7] + b"\0" * 100)
    with journal(folder) as subject:
        (problem,) = subject.recover().problems
        assert problem == f"000000000004.journal: torn tail from byte {len(keep)} on is cut off"
        assert subject.counters["torn"] == 1
        again = crashed(folder)
    assert recovered(again)[0].problems == ()


def _closed_line(number: int) -> bytes:
    with TemporaryDirectory() as name, journal(Path(name)) as subject:
        subject.append_closed(record(number))
        subject.flush()
        return segment_path(Path(name), 1).read_bytes()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damage_in_the_middle_costs_only_the_lines_it_hits(data: st.DataObject) -> None:
    lines = [_closed_line(number) for number in (1, 2, 3)]
    hit = data.draw(st.integers(0, 1))
    at = data.draw(st.integers(0, len(lines[hit]) - 2))
    value = data.draw(st.integers(0, 255).filter(lambda value: value not in (lines[hit][at], 10)))
    damaged = bytearray(lines[hit])
    damaged[at] = value
    with TemporaryDirectory() as name:
        folder = Path(name) / "j"
        folder.mkdir()
        content = [bytes(damaged) if index == hit else line for index, line in enumerate(lines)]
        segment_path(folder, 1).write_bytes(b"".join(content))
        recovery, handed = recovered(folder)
        assert handed == [call_id(number) for number in (1, 2, 3) if number != hit + 1]
        assert recovery.problems == ("000000000001.journal: 1 damaged lines in its middle",)
        assert (folder / "unreadable.lines").read_bytes() == bytes(damaged)


@pytest.mark.parametrize(
    ("kind", "body", "words"),
    [
        (b"closed", b'{"version":9}', "has version 9"),
        (b"closed", b"\xff", "is not JSON"),
        (b"open", b"{}", "open call.version is missing"),
        (b"answered", b"[]", "the note of its answer can't be read"),
        (b"answered", b'{"at":"noon","by":"102"}', "has no instant but 'noon'"),
        (b"alive", b"2026-11-20T09:14:00", "without offset"),
        (b"sung", b"", "were written by a newer Trunkline"),
    ],
)
def test_sound_lines_that_can_not_be_understood_are_set_aside(
    tmp_path: Path, kind: bytes, body: bytes, words: str
) -> None:
    folder = tmp_path / "j"
    folder.mkdir()
    payload = b"%b %b %b" % (kind, call_id(9).encode(), body)
    odd = b"%08x %08x %b\n" % (len(payload), crc32(payload), payload)
    segment_path(folder, 1).write_bytes(_closed_line(1) + odd + _closed_line(2))
    recovery, handed = recovered(folder)
    assert handed == [call_id(1), call_id(2)]
    assert words in recovery.problems[0]
    assert (folder / "unreadable.lines").read_bytes() == payload + b"\n"


def test_a_record_of_a_newer_version_is_not_taken_for_interrupted(tmp_path: Path) -> None:
    folder = tmp_path / "j"
    with journal(folder) as subject:
        subject.append_open(open_call(1))
        subject.flush()
        copy = crashed(folder)
    with segment_path(copy, 1).open("ab") as file:
        file.write(line_bytes(Kind.CLOSED, call_id(1), '{"version":9}'))
    recovery, handed = recovered(copy)
    assert (recovery.interrupted, handed) == ((), [])


def test_a_segment_that_can_not_be_read_stops_the_start(tmp_path: Path) -> None:
    folder = tmp_path / "j"
    segment_path(folder, 1).mkdir(parents=True)
    with journal(folder) as subject, pytest.raises(JournalError, match=r"segment 1 in .* can't be read"):
        subject.recover()


# -- segments --------------------------------------------------------------------------------------------------------------


def run_calls(subject: Journal, numbers: range, *, confirm: bool = True) -> None:
    for number in numbers:
        subject.append_open(open_call(number))
        subject.append_closed(record(number))
        subject.flush()
        taken = subject.take_closed(10)
        if confirm:
            subject.stored([one.call_id for one in taken])


def test_segments_go_when_their_calls_are_confirmed(tmp_path: Path) -> None:
    folder = tmp_path / "j"
    with journal(folder, SMALL) as subject:
        run_calls(subject, range(100))
        subject.flush()
        assert subject.counters["lines"] >= 250
    assert files(folder) == []


def test_few_segments_are_left_while_calls_come_and_go(tmp_path: Path) -> None:
    folder = tmp_path / "j"
    with journal(folder, SMALL) as subject:
        run_calls(subject, range(100))
        assert len(subject._live) <= 2
        assert subject._number > 20


def test_unconfirmed_calls_hold_their_segments(tmp_path: Path) -> None:
    folder = tmp_path / "j"
    with journal(folder, SMALL) as subject:
        run_calls(subject, range(40), confirm=False)
        copy = crashed(folder)
        assert len(files(copy)) > 10
    assert recovered(copy)[1] == [call_id(number) for number in range(40)]


def test_a_long_call_holds_no_segment_and_is_not_forgotten(tmp_path: Path) -> None:
    folder = tmp_path / "j"
    answered_at = START + timedelta(seconds=3)
    with journal(folder, SMALL) as subject:
        subject.append_open(open_call(5000))
        subject.append_answered(call_id(5000), answered_at, "102")
        run_calls(subject, range(100))
        assert len(subject._live) <= 3
        copy = crashed(folder)
    (lost,) = recovered(copy)[0].interrupted
    assert (lost.call_id, lost.answered_at) == (call_id(5000), answered_at)


def test_a_later_process_confirms_what_earlier_ones_left(tmp_path: Path) -> None:
    folder = tmp_path / "j"
    with journal(folder, SMALL) as subject:
        run_calls(subject, range(20), confirm=False)
    with journal(folder, SMALL) as again:
        again.recover()
        again.stored([one.call_id for one in again.take_closed(100)])
        again.flush()
    assert files(folder) == []


# -- a store that lags -----------------------------------------------------------------------------------------------------


def test_what_memory_has_no_room_for_is_read_from_the_files(tmp_path: Path) -> None:
    limits = JournalLimits(segment_bytes=4000, waiting_records=5, sync_s=0.0)
    with journal(tmp_path / "j", limits) as subject:
        for number in range(60):
            subject.append_closed(record(number))
            subject.flush()
        _drain(subject, [record(number) for number in range(60)])
    assert files(tmp_path / "j") == []


def test_a_long_past_is_handed_on_in_portions(tmp_path: Path) -> None:
    limits = JournalLimits(segment_bytes=4000, waiting_records=5, sync_s=0.0)
    with journal(tmp_path / "j", limits) as subject:
        for number in range(60):
            subject.append_closed(record(number))
            subject.flush()
    with journal(tmp_path / "j", limits) as again:
        assert again.recover().unconfirmed == 60
        _drain(again, [record(number) for number in range(60)])
    assert files(tmp_path / "j") == []


def _drain(subject: Journal, expected: list[object]) -> None:
    handed: list[object] = []
    for _ in range(200):
        taken = subject.take_closed(3)
        handed += taken
        subject.stored([one.call_id for one in taken])
        subject.flush()
        if spill := subject.spilled():
            subject.refill(spill, subject.scan_spill(spill))
    assert handed == expected
    assert subject.unconfirmed == 0


def test_a_record_damaged_on_the_disk_while_it_waits_is_counted_as_lost(tmp_path: Path) -> None:
    limits = JournalLimits(segment_bytes=1, waiting_records=1, sync_s=0.0)
    with journal(tmp_path / "j", limits) as subject:
        for number in range(4):
            subject.append_closed(record(number))
            subject.flush()
        path = segment_path(tmp_path / "j", 2)
        path.write_bytes(path.read_bytes().replace(b"102", b"103"))
        handed = []
        for _ in range(6):
            taken = subject.take_closed(1)
            handed += [one.call_id for one in taken]
            subject.stored([one.call_id for one in taken])
            subject.flush()
            if spill := subject.spilled():
                subject.refill(spill, subject.scan_spill(spill))
        assert sorted([*handed, call_id(1)]) == [call_id(number) for number in range(4)]
        assert (subject.counters["lost_records"], subject.unconfirmed) == (1, 0)


# -- failing disks ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [FULL, BROKEN], ids=["full", "broken"])
@pytest.mark.parametrize("taken", [None, 0, 1, 40, 700, 1700])
def test_a_failing_disk_loses_nothing_once_it_recovers(tmp_path: Path, error: OSError, taken: int | None) -> None:
    """`taken`: what it still takes of the first write before it fails, so that a line is torn."""
    disk = Disk(error) if taken is None else Disk(taken, error, error)
    now = Clock()
    folder = tmp_path / "j"
    with journal(folder, write=disk.write, now=now) as subject:
        subject.append_open(open_call(1))
        subject.append_closed(record(1))
        subject.flush()
        assert str(error.strerror) in fault(subject)
        subject.append_closed(record(2))
        subject.flush()  # too early for a new try
        assert subject.counters["failures"] == 1
        for _ in range(3):
            now.now += 1.0
            subject.flush()
        now.now += 1.0
        subject.flush()
        assert fault(subject) == ""
        copy = crashed(folder)
    assert recovered(copy)[1] == [call_id(1), call_id(2)]


def test_a_full_disk_leaves_a_whole_file_behind(tmp_path: Path) -> None:
    """With no room, the torn line is completed in place, so that nobody reads of damage later."""
    now = Clock()
    with journal(tmp_path / "j", write=Disk(300, FULL).write, now=now) as subject:
        subject.append_closed(record(1))
        subject.flush()
        now.now += 1.0
        subject.flush()
        segment = read_segment(tmp_path / "j", 1)
        assert (len(segment.lines), segment.torn_at, segment.damaged) == (1, None, ())


def test_the_fault_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    now = Clock()
    with journal(tmp_path / "j", write=Disk(*[FULL] * 5).write, now=now) as subject:
        subject.append_closed(record(1))
        for _ in range(6):
            now.now += 1.0
            subject.flush()
    assert [(item.levelname, "can't be written" in item.message) for item in caplog.records] == [
        ("ERROR", True),
        ("WARNING", False),
    ]


def test_memory_is_bounded_while_the_disk_refuses(tmp_path: Path) -> None:
    now = Clock()
    limits = JournalLimits(buffer_bytes=4000, waiting_records=2, sync_s=0.0)
    disk = Disk(*[FULL] * 100)
    with journal(tmp_path / "j", limits, write=disk.write, now=now) as subject:
        for number in range(50):
            subject.append_closed(record(number))
            now.now += 1.0
            subject.flush()
        kept = len(subject.take_closed(1000))
        assert subject.counters["lost_records"] > 0
        disk.script.clear()
        now.now += 1.0
        subject.flush()
        if spill := subject.spilled():
            subject.refill(spill, subject.scan_spill(spill))
        kept += len(subject.take_closed(1000))
        assert kept + subject.counters["lost_records"] == 50
        assert kept == subject.unconfirmed


def test_a_sync_that_fails_is_a_problem_and_holds_files_back(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.touch()
    failing = True

    def sync(descriptor: int) -> None:
        if failing:
            raise OSError(errno.EIO, "Input/output error")

    descriptor = os.open(tmp_path / "x", os.O_CREAT | os.O_WRONLY)
    syncer = Syncer(tmp_path, 0.0, sync)
    syncer.wrote(descriptor)
    syncer.remove(gone)
    while syncer.problem is None:
        pass
    said, held_back = syncer.problem, gone.exists()
    failing = False
    syncer.stop()
    assert "can't be synced to the disk: Input/output error" in said
    assert held_back
    assert not gone.exists()
    os.close(descriptor)


def test_a_folder_that_can_not_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(JournalError, match=r"journal in .*/file/j can't be written: Not a directory; make the folder"):
        Journal(tmp_path / "file" / "j")


def test_a_second_process_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    with journal(tmp_path / "j"), pytest.raises(JournalError, match="in use by another process"):
        Journal(tmp_path / "j")
    with journal(tmp_path / "j"):
        pass


def test_files_are_for_the_owner_only(tmp_path: Path) -> None:
    with journal(tmp_path / "j"):
        assert (tmp_path / "j").stat().st_mode & 0o777 == 0o700
        assert segment_path(tmp_path / "j", 1).stat().st_mode & 0o777 == 0o600


# -- any history -----------------------------------------------------------------------------------------------------------

STEP = st.one_of(
    st.tuples(st.just("open"), st.integers(1, 12)),
    st.tuples(st.just("answer"), st.integers(1, 12)),
    st.tuples(st.just("close"), st.integers(1, 12)),
    st.tuples(st.just("store"), st.integers(1, 4)),
    st.tuples(st.just("flush"), st.sampled_from([0, 10, 500, 100_000])),
    st.tuples(st.just("restart"), st.just(0)),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(STEP, max_size=60))
def test_no_history_with_crashes_loses_or_doubles_a_call(steps: list[tuple[str, int]]) -> None:
    """Against a model: what was flushed when the crash came is known after it, in its state; what the store has, stays there."""
    limits = JournalLimits(segment_bytes=3000, waiting_records=3, sync_s=0.0)
    with TemporaryDirectory() as name:
        folder = Path(name) / "0"
        disk, now = Disk(), Clock()
        subject = Journal(folder, limits, write=disk.write, now=now)
        subject.recover()
        store: list[CallId] = []
        used: set[CallId] = set()
        up: set[CallId] = set()  # as the engine sees it
        flushed_open: set[CallId] = set()
        flushed_closed: set[CallId] = set()

        def settle() -> None:
            if subject.problem is None:
                flushed_open.update(used)
                flushed_closed.update(used - up)

        for step, value in steps:
            match step:
                case "open" if call_id(value) not in used:
                    used.add(call_id(value))
                    up.add(call_id(value))
                    subject.append_open(open_call(value))
                case "answer" if call_id(value) in up:
                    subject.append_answered(call_id(value), START, "102")
                case "close" if call_id(value) in up:
                    up.discard(call_id(value))
                    subject.append_closed(record(value))
                case "store":
                    if spill := subject.spilled():
                        subject.refill(spill, subject.scan_spill(spill))
                    taken = [one.call_id for one in subject.take_closed(value)]
                    store += [one for one in taken if one not in store]
                    subject.stored(taken)
                case "flush":
                    now.now += 1.0
                    disk.script = [] if value > 1000 else [value, FULL]
                    subject.flush()
                    disk.script = []
                    settle()
                case "restart":
                    copy = crashed(folder)
                    subject.close()
                    folder, disk = copy, Disk()
                    subject = Journal(folder, limits, write=disk.write, now=now)
                    interrupted = {one.call_id for one in subject.recover().interrupted}
                    assert flushed_open - flushed_closed - set(store) <= interrupted | used - up
                    assert not interrupted & flushed_closed
                    # A call that was never written before the crash is unknown; all others are closed now.
                    used &= flushed_open | flushed_closed | interrupted | set(store)
                    up = set()
                    settle()
        now.now += 1.0
        disk.script = []
        subject.flush()
        for one in up:
            subject.append_closed(record(int(one[-4:], 16)))
        for _ in range(40):
            subject.flush()
            if spill := subject.spilled():
                subject.refill(spill, subject.scan_spill(spill))
            taken = [one.call_id for one in subject.take_closed(5)]
            store += [one for one in taken if one not in store]
            subject.stored(taken)
        assert flushed_open <= set(store)
        assert subject.unconfirmed == 0
        assert subject.counters["lost_records"] == 0
        subject.close()
        assert segment_numbers(folder) == []


# -- the real thing --------------------------------------------------------------------------------------------------------

VICTIM: Final = """
import sys
from pathlib import Path
from engine.runtime.journal import Journal, JournalLimits
from tests.support.call_records import open_call, record
journal = Journal(Path(sys.argv[1]), JournalLimits(segment_bytes=20_000, sync_s=0.01))
journal.recover()
number = 0
while True:
    journal.append_open(open_call(number))
    if number >= 5:
        journal.append_closed(record(number - 5))
    journal.flush()
    if number % 3 == 0:
        journal.stored([one.call_id for one in journal.take_closed(2)])
    print(number, flush=True)
    number += 1
"""


def test_kill_9_in_mid_call_loses_none(tmp_path: Path) -> None:
    victim = subprocess.Popen(
        [sys.executable, "-c", VICTIM, str(tmp_path / "j")], stdout=subprocess.PIPE, cwd=Path.cwd(), text=True
    )
    with victim:
        assert victim.stdout is not None
        for line in victim.stdout:
            if int(line) >= 300:
                victim.send_signal(signal.SIGKILL)
                break
        last = max(int(line) for line in [line, *victim.stdout] if line.endswith("\n"))
    with journal(tmp_path / "j") as subject:
        recovery = subject.recover()
        handed = [one.call_id for one in subject.take_closed(100_000)]
    assert len(set(handed)) == len(handed)
    assert set(handed) >= {call_id(number) for number in range(last - 4, last + 1)}
    lost = sorted(one.call_id for one in recovery.interrupted)
    assert lost[:5] == [call_id(number) for number in range(last - 4, last + 1)] or lost[:5] == [
        call_id(number) for number in range(last - 3, last + 2)
    ]
    confirmed = last + 2 - len(handed)
    assert 100 < confirmed < last, "some were confirmed, and those are not handed on again"


def test_ended_at_is_never_before_the_start(tmp_path: Path) -> None:
    """A wall clock that was wrong when the server noted that it was alive."""
    with journal(tmp_path / "j", wall=Clock(datetime(2020, 1, 1, tzinfo=UTC).timestamp())) as subject:
        subject.append_open(open_call(1))
        subject.flush()
        copy = crashed(tmp_path / "j")
    (lost,) = recovered(copy)[0].interrupted
    assert lost.ended_at == lost.started_at
