"""From saving a manifest to serving it, under registrations and calls, while OPTIONS is asked at a steady rate.

An edit is served when an extension that only it knows can register. Each edit adds one: by itself, with every extension of every file
changed as `sed -i` does it, and in a tenant of the whole size that changes as a whole.

What limits it: the pause in which files have to hold still, the child's look, and that it steps back for the loop on a shared core.
"""

from __future__ import annotations

import select
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bench import conditions
from bench.background import Background, Meanwhile
from bench.manifests import Manifests
from bench.options import Probed
from bench.registration import Phones
from bench.row import Row
from bench.sip_generator import Lane
from bench.trunkline import Serve, environment

TARGET_SERVED_S = 1.5
TARGET_LATEST_MS = 20.0
REGISTRATIONS = 100.0
CALLS = 10.0
OPTIONS = 500.0
EXTENSIONS = 10_000
TENANTS = 20

_PORT = 5060
_ASK_S = 0.01
_UNSERVED_S = 15.0
_REST_S = 1.5
"""Seconds between two edits."""
_EDITS = 6
_LAGGED_MS = 5.0

Edit = Callable[[Manifests, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One sort of edit, made several times. `served_s`: of each, from the last save to the first registration that needs it."""

    what: str
    served_s: list[float]
    probed: Probed
    loads: dict[str, Meanwhile]
    said: str

    @property
    def failed(self) -> int:
        return self.probed.lost + sum(load.failed for load in self.loads.values())


def measure(*, runs: int) -> list[Row]:
    """Rows for each sort of edit; `runs`: how many times each is made, at least."""
    edits = max(runs, _EDITS)
    with conditions.generating() as cores:
        watched = [
            _watch("one extension", TENANTS, _add_one, edits, cores),
            _watch("all 10,000, file by file", TENANTS, _change_all, edits, cores),
            _watch("a tenant of 10,000", 1, _change_all, edits, cores),
        ]
    return [row for sort in watched for row in _rows(sort)]


def _add_one(manifests: Manifests, edit: int) -> None:
    manifests.rewrite(0, 0, more=edit)


def _change_all(manifests: Manifests, edit: int) -> None:
    manifests.rewrite_all(edition=edit, more=edit)


def _watch(what: str, tenants: int, edit: Edit, edits: int, cores: conditions.Cores) -> Watched:
    with tempfile.TemporaryDirectory(prefix="trunkline-bench-") as place:
        manifests = Manifests(Path(place, "manifests"), Path(place, "data"), tenants, EXTENSIONS)
        manifests.write(_PORT)
        with Serve(manifests.root, manifests.data, _PORT, cores.server) as server:
            server.wait_said("ready")
            served_s, probed, loads = _edited(manifests, edit, edits, cores)
    return Watched(what=what, served_s=served_s, probed=probed, loads=loads, said=server.said)


def _edited(
    manifests: Manifests, edit: Edit, edits: int, cores: conditions.Cores
) -> tuple[list[float], Probed, dict[str, Meanwhile]]:
    seconds = edits * (_REST_S + TARGET_SERVED_S) + 2.0
    core = cores.generator
    registrations = Background("registrations", _PORT, REGISTRATIONS, seconds, core)
    calls = Background("calls", _PORT, CALLS, seconds, core)
    try:
        registrations.wait_begun()
        calls.wait_begun()
        asking = _asking(seconds - 1.0, core)
        with closing(Lane(_PORT)) as lane:
            served_s = [_served(manifests, edit, number, lane) for number in range(1, edits + 1)]
        said, _ = asking.communicate(timeout=seconds + _UNSERVED_S)
        return served_s, Probed.parse(said), {"registrations": registrations.finish(), "calls": calls.finish()}
    finally:
        registrations.kill()
        calls.kill()


def _asking(seconds: float, core: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "bench.options", "--port", str(_PORT), "--rate", str(OPTIONS)]
    command += ["--seconds", str(seconds), "--core", str(core)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, env=environment(), text=True)


def _served(manifests: Manifests, edit: Edit, number: int, lane: Lane) -> float:
    """Make the edit after a rest, then register its extension again and again until that succeeds."""
    time.sleep(_REST_S)
    newcomer = Newcomer(manifests.each + number - 1, lane)
    edit(manifests, number)
    saved = time.perf_counter()
    for attempt in range(int(_UNSERVED_S / _ASK_S)):
        due = saved + attempt * _ASK_S
        time.sleep(max(0.0, due - time.perf_counter()))
        if newcomer.registers(attempt):
            return time.perf_counter() - saved
    raise RuntimeError(f"edit {number} is not served within {_UNSERVED_S:g} s")


class Newcomer:
    """The phone of an extension that is not there yet."""

    def __init__(self, index: int, lane: Lane) -> None:
        self._lane = lane
        self._index = index
        phones = Phones(index + 1, lane)
        self._person = phones.people[-1]
        self._head, self._tail = phones.templates[-1]

    def registers(self, attempt: int) -> bool:
        """REGISTER, challenge, REGISTER with digest: whether that was accepted."""
        challenge = self._ask(attempt, 1, b"")
        credentials = self._person.authorization(challenge)
        return self._ask(attempt, 2, b"Authorization: %b\r\n" % credentials).startswith(b"SIP/2.0 200 ")

    def _ask(self, attempt: int, step: int, credentials: bytes) -> bytes:
        run, index = 10 + self._index % 80, attempt
        self._lane.send(self._head % (run, index, step, index, run, index, step) + credentials + self._tail)
        self._lane.flush()
        branch = b"branch=z9hG4bKr%02d%07dx%d" % (run, index, step)
        until = time.perf_counter() + 1.0
        while (left := until - time.perf_counter()) > 0:
            select.select([self._lane.socket], (), (), left)
            for data, _ in self._lane.receive():
                if branch in data:
                    return data
        raise RuntimeError("the server does not answer REGISTER")


def _rows(watched: Watched) -> list[Row]:
    served, probed = watched.served_s, watched.probed
    loads = "; ".join(
        f"{name}: {load.failed} of {load.begun} failed, the slowest answer took {load.slowest_ms:.1f} ms"
        + (f", unexpected: {load.surprises}" if load.surprises else "")
        for name, load in watched.loads.items()
    )
    doubt = f"the probe lagged {probed.lagged_ms:.1f} ms" if probed.lagged_ms > _LAGGED_MS else ""
    return [
        Row(
            bench="save",
            quantity=f"{watched.what}: served after",
            unit="s",
            target=TARGET_SERVED_S,
            measured=max(served),
            at_most=True,
            detail=(
                f"the longest of {len(served)} edits, median {statistics.median(served):.2f} s; {EXTENSIONS:,} extensions; "
                f"{REGISTRATIONS:g} registrations/s and {CALLS:g} calls/s; the child shares the server's core"
            ),
        ),
        Row(
            bench="save",
            quantity=f"{watched.what}: latest OPTIONS",
            unit="ms",
            target=TARGET_LATEST_MS,
            measured=max(probed.times_ms),
            at_most=True,
            detail=(
                f"of {len(probed.times_ms):,}, {OPTIONS:g}/s: p50 {probed.time_ms(0.5):.2f}, p99 {probed.time_ms(0.99):.2f}, "
                f"p99.9 {probed.time_ms(0.999):.2f} ms; {probed.lost} lost"
            ),
            doubt=doubt,
        ),
        Row(
            bench="save",
            quantity=f"{watched.what}: disturbed",
            unit="",
            target=0,
            measured=watched.failed,
            at_most=True,
            detail=loads,
        ),
    ]
