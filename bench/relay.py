"""Relayed calls: the media backend in a process of its own on one core, the C generator of `rtp_generator/` on another.

A call is two streams of ours, G.711-sized packets at 50 a second each way, RTCP every 5 s; sources are learnt, figures kept,
both streams watched for silence. CPU is that of the backend's process (schedstat, nanoseconds), everything included; latency
is from the generator's send stamp to the kernel's receive stamp (the relay, and twice the loopback). `--busy` keeps
a pure-Python thread of the backend's process running without pause.

    python -m bench.relay [--calls 100 400 800 1000] [--seconds 3] [--repeat 3] [--backend native|twin] [--busy] [--json]

Beside it rtpengine in user space, by turns, told by its own protocol; one worker thread on the same core.

What limits it: the kernel, which takes three quarters of our time for one recv and one send a packet. Late packets are made by whoever else
wants the core, not by the work; the C thread holds no interpreter lock, so a busy interpreter costs it only its turn. Lost packets are in
*loss* and not in the latency; the worst delay of the generator itself is the doubt of a row. Quoted, not measured here (on another
machine of two virtual cores, before this project): Asterisk 2.9-4.0 core-ms/s a call.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from bench import conditions
from bench.peers.rtpengine import Rtpengine
from bench.peers.rtpengine import find as find_rtpengine
from bench.place import apart, place
from bench.row import Row
from engine.media.backend import MediaBackend, MediaSettings, RemoteMedia

FIRST_GENERATOR_PORT = 33000
WARM_UP_S = 1

TARGET_CORE_MS = 0.9
TARGET_P99_MS = 5.0
TARGET_CALLS = 800
MAX_LOSS = 0.001
LAG_DOUBT_MS = 5.0

_SOURCE = Path(__file__).parent / "rtp_generator" / "rtp_generator.c"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One run. `core_ms`: core-milliseconds per second and call of the whole process; `thread_core_ms`: of the media thread."""

    calls: int
    core_ms: float
    thread_core_ms: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    loss: float
    misdirected: int
    worst_lag_ms: float

    @property
    def described(self) -> str:
        return (
            f"{self.core_ms:.2f} core-ms/s, p50 {self.p50_ms:.2f} ms, p99 {self.p99_ms:.2f} ms, the latest {self.max_ms:.0f} ms, "
            f"loss {self.loss:.3%}, {self.misdirected} misdirected"
        )


def build_generator(folder: Path) -> Path:
    """The generator's program; RuntimeError if there is no C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise RuntimeError("the RTP generator needs a C compiler: install gcc")
    program = folder / "rtp_generator"
    subprocess.run([compiler, "-O2", "-Wall", "-Wextra", "-o", str(program), str(_SOURCE)], check=True)
    return program


def run_once(program: Path, calls: int, seconds: int, backend: str, *, busy: bool) -> Measured:
    """One run of so many calls, in the network namespace we are in."""
    cores = conditions.cores()
    command = [sys.executable, "-m", "bench.relay", "--serve", backend, *(["--busy"] if busy else [])]
    relay = subprocess.Popen(
        place().inside(command),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        os.sched_setaffinity(relay.pid, {cores.server})
        conditions.prefer(relay.pid)
        ports = _ask(relay, f"open {calls}")
        found, cpu_s = generate(program, calls, seconds, ports, lambda: _cpu_s(relay))
    finally:
        relay.kill()
        relay.wait()
        _close(relay)
    return measured(calls, found, cpu_s)


def run_peer(program: Path, calls: int, seconds: int, rtpengine: str) -> Measured:
    """The same of rtpengine in user space."""
    cores = conditions.cores()
    with Rtpengine(rtpengine, cores.server) as relay:
        ports = relay.open_calls(calls, place().phones, FIRST_GENERATOR_PORT)
        found, cpu_s = generate(program, calls, seconds, ports, lambda: (sum(relay.cpu_s().values()), 0.0))
    return measured(calls, found, cpu_s)


def generate(
    program: Path, calls: int, seconds: int, ports: str, spent_s: Callable[[], tuple[float, float]]
) -> tuple[dict[str, float], tuple[float, float]]:
    """Play so many calls to these ports: what the generator found, and CPU seconds a second (of the process, of its media thread)."""
    generator = subprocess.Popen(
        [
            str(program),
            str(calls),
            str(seconds),
            str(WARM_UP_S),
            place().phones,
            place().server,
            str(FIRST_GENERATOR_PORT),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        os.sched_setaffinity(generator.pid, {conditions.cores().generator})
        conditions.prefer(generator.pid)
        assert generator.stdin is not None
        assert generator.stdout is not None
        generator.stdin.write(ports)
        generator.stdin.close()
        generator.stdout.readline()
        time.sleep(WARM_UP_S)
        before, began = spent_s(), time.monotonic()
        time.sleep(seconds - 0.2)
        after, took_s = spent_s(), time.monotonic() - began
        found: dict[str, float] = json.loads(generator.stdout.readline())
        generator.wait(timeout=10)
    finally:
        generator.kill()
        generator.wait()
        _close(generator)
    whole, thread = ((b - a) / took_s for a, b in zip(before, after, strict=True))
    return found, (whole, thread)


def measured(calls: int, found: dict[str, float], cpu_s: tuple[float, float]) -> Measured:
    return Measured(
        calls=calls,
        core_ms=1000 * cpu_s[0] / calls,
        thread_core_ms=1000 * cpu_s[1] / calls,
        p50_ms=found["p50_ms"],
        p99_ms=found["p99_ms"],
        max_ms=found["max_ms"],
        loss=found["loss"],
        misdirected=int(found["misdirected"]),
        worst_lag_ms=found["worst_lag_ms"],
    )


def median_of(runs: list[Measured]) -> Measured:
    """Field by field; misdirected packets are added up."""

    def mid(name: str) -> float:
        return float(statistics.median(getattr(run, name) for run in runs))

    return Measured(
        calls=runs[0].calls,
        core_ms=mid("core_ms"),
        thread_core_ms=mid("thread_core_ms"),
        p50_ms=mid("p50_ms"),
        p99_ms=mid("p99_ms"),
        max_ms=mid("max_ms"),
        loss=mid("loss"),
        misdirected=sum(run.misdirected for run in runs),
        worst_lag_ms=mid("worst_lag_ms"),
    )


def rows(*, seconds: int, repeat: int, backend: str = "native") -> list[Row]:
    """The promised figures: CPU per call, latency at 800 calls on one core, the same beside a busy interpreter; rtpengine by turns."""
    runs: dict[str, list[Measured]] = {"idle": [], "busy": [], "peer": []}
    rtpengine = find_rtpengine()
    with tempfile.TemporaryDirectory() as folder:
        program = build_generator(Path(folder))
        for _ in range(repeat):
            runs["idle"].append(run_once(program, TARGET_CALLS, seconds, backend, busy=False))
            if rtpengine is not None:
                runs["peer"].append(run_peer(program, TARGET_CALLS, seconds, rtpengine))
            runs["busy"].append(run_once(program, TARGET_CALLS, seconds, backend, busy=True))
    idle, busy = median_of(runs["idle"]), median_of(runs["busy"])
    peer = median_of(runs["peer"]) if runs["peer"] else None

    def row(quantity: str, unit: str, target: float, figure: str, of: Measured, beside: Measured | None) -> Row:
        scale = 100.0 if unit == "%" else 1.0
        lag = f"the generator lagged by up to {of.worst_lag_ms:.1f} ms" if of.worst_lag_ms > LAG_DOUBT_MS else ""
        return Row(
            bench="relay",
            quantity=quantity,
            unit=unit,
            target=target,
            measured=scale * float(getattr(of, figure)),
            peer=None if beside is None else scale * float(getattr(beside, figure)),
            peer_name="" if beside is None else "rtpengine",
            at_most=True,
            detail=f"{of.calls} calls on one core, {backend}, median of {repeat}: {of.described}"
            + (f"; rtpengine: {beside.described}" if beside is not None else ""),
            doubt=conditions.doubt() or lag,
        )

    return [
        row("CPU per call", "core-ms/s", TARGET_CORE_MS, "core_ms", idle, peer),
        row(f"added latency p99, {TARGET_CALLS} calls", "ms", TARGET_P99_MS, "p99_ms", idle, peer),
        row(f"loss, {TARGET_CALLS} calls", "%", MAX_LOSS * 100, "loss", idle, peer),
        row("added latency p99, interpreter busy", "ms", TARGET_P99_MS, "p99_ms", busy, None),
        row("loss, interpreter busy", "%", MAX_LOSS * 100, "loss", busy, None),
    ]


# --- the backend's process ------------------------------------------------------------------------------------------------


def _close(process: subprocess.Popen[str]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


def _cpu_s(relay: subprocess.Popen[str]) -> tuple[float, float]:
    whole, thread = _ask(relay, "cpu").split()
    return int(whole) / 1e9, int(thread) / 1e9


def _ask(relay: subprocess.Popen[str], question: str) -> str:
    assert relay.stdin is not None
    assert relay.stdout is not None
    relay.stdin.write(question + "\n")
    relay.stdin.flush()
    answer = []
    while (line := relay.stdout.readline()) not in ("", ".\n"):
        answer.append(line)
    return "".join(answer)


def _make(name: str) -> MediaBackend:
    settings = MediaSettings(bind_host=place().server)
    if name == "twin":
        from engine.media.twin import PythonMediaBackend

        return PythonMediaBackend(settings)
    from engine.media.native_backend import NativeMediaBackend

    return NativeMediaBackend(settings)


def _open_calls(backend: MediaBackend, calls: int) -> None:
    for call in range(calls):
        streams = backend.allocate(), backend.allocate()
        for side, stream in enumerate(streams):
            remote = (place().phones, FIRST_GENERATOR_PORT + 4 * call + 2 * side)
            backend.set_remote(stream.handle, RemoteMedia(rtp=remote, signalling_host=place().phones))
            backend.watch(stream.handle, 120.0)
        backend.pair(streams[0].handle, streams[1].handle)
        print(streams[0].rtp_port, streams[1].rtp_port)


def _cpu_ns(thread: int) -> int:
    return int(Path(f"/proc/self/task/{thread}/schedstat").read_text().split()[0])


def _media_thread() -> int:
    """The thread named `media`, by the twin or by the C core."""
    for task in Path("/proc/self/task").iterdir():
        if (task / "comm").read_text().strip() == "media":
            return int(task.name)
    return next((thread.native_id or 0 for thread in threading.enumerate() if thread.name == "media"), 0)


def _burn() -> None:
    text = "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK776asdhds"
    while True:
        text.partition(";")[2].split("=")


def _serve(name: str, *, busy: bool) -> None:
    with closing(_make(name)) as backend:
        backend.open()
        media = _media_thread()
        if busy:
            threading.Thread(target=_burn, daemon=True).start()
        for line in sys.stdin:
            match line.split():
                case ["open", calls]:
                    _open_calls(backend, int(calls))
                case ["cpu"]:
                    tasks = [int(task.name) for task in Path("/proc/self/task").iterdir()]
                    print(sum(map(_cpu_ns, tasks)), _cpu_ns(media))
                case _:
                    raise ValueError(f"unknown question {line!r}")
            print(".", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.relay", description=__doc__)
    parser.add_argument("--calls", type=int, nargs="+", default=[100, 400, 800, 1000])
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--backend", choices=["native", "twin"], default="native")
    parser.add_argument("--busy", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--serve", choices=["native", "twin"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        _serve(arguments.serve, busy=arguments.busy)
        return 0
    with apart():
        return _measure(arguments)


def _measure(arguments: argparse.Namespace) -> int:
    if not arguments.json:
        print(conditions.describe())
        print(
            f"{'calls':>6} {'core-ms/s per call':>19} {'(thread)':>9} {'p50 ms':>8} {'p99 ms':>8} {'max ms':>8} {'loss %':>8} {'lag ms':>8}"
        )
    with tempfile.TemporaryDirectory() as folder:
        program = build_generator(Path(folder))
        for calls in arguments.calls:
            runs = [
                run_once(program, calls, arguments.seconds, arguments.backend, busy=arguments.busy)
                for _ in range(arguments.repeat)
            ]
            found = median_of(runs)
            if arguments.json:
                print(json.dumps({"backend": arguments.backend, "busy": arguments.busy, **asdict(found)}))
            else:
                print(
                    f"{found.calls:>6} {found.core_ms:>19.3f} {found.thread_core_ms:>9.3f} {found.p50_ms:>8.3f} "
                    f"{found.p99_ms:>8.3f} {found.max_ms:>8.1f} {found.loss * 100:>8.3f} {found.worst_lag_ms:>8.1f}",
                    flush=True,
                )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
