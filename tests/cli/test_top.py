"""`trunkline top`: the screen for what is known, wide and narrow; and the command itself, with a terminal and without one."""

from __future__ import annotations

import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fcntl import ioctl
from pathlib import Path

import pytest
from rich.console import Console

from api.bodies.call import CallBody
from cli.exit_code import Exit
from cli.live_state import LiveState
from cli.top import top
from cli.top_screen import Size, quality_of, screen, sparkline
from engine.live_event import Figures, Rates
from tests.api.test_routes import call
from tests.cli.test_events import EVENTS, NOW, sent, told

LATER = NOW + timedelta(seconds=75)


def known(calls: int = 2) -> LiveState:
    state = LiveState()
    state.apply("hello", {"epoch": "e1", "version": "1.2.3", "resumed": False})
    for event in EVENTS[2:]:
        one = sent(event)
        if not one.name.endswith("-gone") and one.name != "ban-lifted":
            state.apply(one.name, one.data)
    for started in (0, 1, 4, 8):
        rates = sent(Rates(NOW, Figures(calls, 12, started, 1, 1, 0, 0), {}))
        state.apply(rates.name, rates.data)
    for number in range(calls):
        view = replace(call(102 + number), decided_by=f"Extension acme/{102 + number} (people.yaml:7)", answered_at=NOW)
        state.apply("call", CallBody.model_validate(view).model_dump(mode="json"))
    state.reconcile = {
        "source_problem": None,
        "state_problem": None,
        "units": [
            {"unit": "beta", "problems": [{"file": "a.yaml", "line": 3, "column": 2, "message": "no such kind"}]}
        ],
    }
    return state


def drawn(state: LiveState, size: Size, scrolled: int = 0, notice: str = "") -> str:
    console = Console(width=size.width, height=size.height, color_system=None, force_terminal=False, record=False)
    with console.capture() as captured:
        console.print(screen(state, LATER, size, scrolled=scrolled, notice=notice))
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())


WIDE = """\
trunkline 1.2.3   2 calls   12 registrations   1 banned
  started   8/s ▄ ▂▅█                                    answered   1/s █▃▃▃▃
   failed   0/s █                                         refused   0/s █
! a.yaml:3:2: no such kind
trunk acme/carrier  refused  2/10 calls  403 Forbidden
listener phones  udp 192.0.2.1:5060
  FOR  TENANT  WHO                                STATE     QUALITY   DECIDED BY
 1:15  acme    101 -> 102                         answered  0.0% 0ms  Extension acme/102 (people.yaml:7)
 1:15  acme    101 -> 103                         answered  0.0% 0ms  Extension acme/103 (people.yaml:7)
"""
NARROW = """\
trunkline 1.2.3   2 calls   12 registrations   1 banned
  started   8/s ▄ ▂▅█
 answered   1/s █▃▃▃▃
   failed   0/s █
  refused   0/s █
! a.yaml:3:2: no such kind
trunk acme/carrier  refused  2/10 calls
listener phones  udp 192.0.2.1:5060
  FOR  WHO                                STATE     QUALITY
 1:15  101 -> 102                         answered  0.0% 0ms
 1:15  101 -> 103                         answered  0.0% 0ms
"""


LOW = """\
trunkline 1.2.3   2 calls   12 registrations   1 banned
started 8/s  answered 1/s  failed 0/s  refused 0/s
! a.yaml:3:2: no such kind
  FOR  WHO                                STATE     QUALITY
 1:15  101 -> 102                         answered  0.0% 0ms
 1:15  101 -> 103                         answered  0.0% 0ms
"""


def test_a_low_screen_has_calls_before_all_else_that_is_in_order() -> None:
    assert drawn(known(), Size(60, 8)) == LOW


def test_a_wide_screen() -> None:
    assert drawn(known(), Size(120, 30)) == WIDE


def test_a_narrow_screen() -> None:
    assert drawn(known(), Size(60, 30)) == NARROW


@pytest.mark.parametrize("width", [20, 40, 60, 89, 90, 200])
@pytest.mark.parametrize("height", [6, 8, 12, 16, 24])
def test_it_fits_whatever_the_terminal_s_size(width: int, height: int) -> None:
    lines = drawn(known(calls=50), Size(width, height), notice="the server is gone; trying again").splitlines()
    assert all(len(line) <= width for line in lines)
    assert len(lines) <= height
    calls = next(number for number, line in enumerate(lines) if line.lstrip().startswith("FOR"))
    assert len(lines) - calls >= 4


def test_scrolling_and_what_is_hidden() -> None:
    shown = drawn(known(calls=50), Size(120, 24), scrolled=20)
    assert "101 -> 121 " not in shown
    assert "101 -> 122 " in shown
    assert "more calls: arrow keys" in shown


BARS = [([], 5, ""), ([0, 0], 5, "  "), ([1, 2, 4, 8], 5, "▂▃▅█"), ([9, 1, 0, 1], 3, "█ █"), ([0.0001], 1, "█")]


@pytest.mark.parametrize(("values", "width", "bars"), BARS)
def test_sparklines(values: list[float], width: int, bars: str) -> None:
    assert sparkline(values, width) == bars


QUALITIES = [
    ("answered", [(100, 0, 2.0), (100, 0, 3.4)], ("0.0% 3ms", "green")),
    ("answered", [(98, 2, 2.0), (100, 0, 3.0)], ("2.0% 3ms", "yellow")),
    ("answered", [(90, 10, 2.0), (100, 0, 3.0)], ("10.0% 3ms", "red")),
    ("answered", [(100, 0, 80.0), (100, 0, 3.0)], ("0.0% 80ms", "red")),
    ("answered", [(100, 0, 1.0), (0, 0, 0.0)], ("one way", "red")),
    ("answered", [(0, 0, 0.0), (0, 0, 0.0)], ("no audio", "red")),
    ("ringing", [(100, 0, 1.0)], ("-", "")),
]


@pytest.mark.parametrize(("state", "legs", "quality"), QUALITIES)
def test_quality_is_the_worst_leg_s(state: str, legs: list[tuple[int, int, float]], quality: tuple[str, str]) -> None:
    told = [{"packets_in": came, "lost": lost, "jitter_ms": jitter} for came, lost, jitter in legs]
    assert quality_of({"state": state, "legs": told}) == quality


def test_without_a_terminal_it_prints_one_screen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    with told(tmp_path) as at:
        at.site.engine.live_calls.append(call(777))
        # As the engine does each second; the first ones may come before anybody watches.
        loop = at._loop
        rates = Rates(datetime.now(UTC), Figures(1, 5, 1, 0, 0, 0, 0), {})

        def tick() -> None:
            at.site.engine.tell(rates)
            loop.call_later(0.05, tick)

        loop.call_soon_threadsafe(tick)
        assert top(tmp_path, None, once=False) is Exit.FINE
    out = capsys.readouterr().out
    assert "101 -> 777" in out
    assert "5 registrations" in out
    assert "\x1b" not in out


def test_a_tenant_that_is_misspelt_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with told(tmp_path):
        assert top(tmp_path, "acmee", once=True) is Exit.PROBLEMS
    assert capsys.readouterr().err.startswith('trunkline top: there is no tenant "acmee"; there are: ')


def test_where_there_is_no_server_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert top(tmp_path, None, once=True) is Exit.PROBLEMS
    assert capsys.readouterr().err.startswith("trunkline top: no server runs")


def test_on_a_terminal_it_goes_on_until_q_and_leaves_it_as_it_was(tmp_path: Path) -> None:
    with told(tmp_path) as at:
        at.site.engine.live_calls.append(call(777))
        ours, theirs = pty.openpty()
        ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
        before = termios.tcgetattr(theirs)
        command = [sys.executable, "-m", "cli.main", "top", "--data", str(tmp_path)]
        environ = {**os.environ, "TERM": "xterm"}
        process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environ)
        try:
            seen = _read_until(ours, b"777")
            os.write(ours, b"\x1b[B\x1b[Aq")
            _read_until(ours, b"\x1b[?1049l")
            assert process.wait(10) == 0
            assert b"\x1b[?1049h" in seen
            assert termios.tcgetattr(theirs)[3] == before[3]
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                process.wait()
            os.close(ours)
            os.close(theirs)


def _read_until(descriptor: int, what: bytes) -> bytes:
    seen, deadline = b"", time.monotonic() + 15
    while what not in seen:
        assert time.monotonic() < deadline, seen
        if select.select([descriptor], [], [], 0.2)[0]:
            seen += os.read(descriptor, 65536)
    return seen
