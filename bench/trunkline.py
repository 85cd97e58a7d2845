"""`trunkline` as people run it: the command, and a running server with the child that reads its manifests.

Both are pinned to one core, the child too: it shares it with the loop that answers phones, as on a machine with no core to spare.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from bench.options import Prober
from bench.place import place

_STARTS_S = 60.0
_STOPS_S = 20.0
_HERE = Path(__file__).parent.parent


def environment() -> dict[str, str]:
    """Ours, with this checkout's modules before any others, and no API but on the control socket."""
    return {**os.environ, "PYTHONPATH": str(_HERE), "TRUNKLINE_API": "off"}


def run(arguments: Sequence[str], core: int, *, accepted: Sequence[int] = (0,)) -> float:
    """Run one command to its end; the seconds it took. RuntimeError with what it said if it fails."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "cli.main", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment(),
        text=True,
    )
    os.sched_setaffinity(process.pid, {core})
    said, _ = process.communicate(timeout=_STARTS_S)
    took_s = time.perf_counter() - began
    if process.returncode not in accepted:
        raise RuntimeError(f"trunkline {' '.join(arguments)} ended with status {process.returncode}: {said[-2000:]}")
    return took_s


class Serve:
    """`trunkline serve`, a context manager; within it SIP is answered. `first_answer_s`: from starting the process to that. `api`: serve
    the API by TCP, too, on any port."""

    def __init__(self, manifests: Path | str, data: Path, port: int, core: int, *, api: bool = False) -> None:
        where = f"{place().server}:0" if api else "off"
        command = [sys.executable, "-m", "cli.main", "serve", str(manifests), "--data", str(data), "--api", where]
        self._command = place().inside([*command, "--host", place().server])
        self._core = core
        self._port = port
        self.first_answer_s = 0.0

    def __enter__(self) -> Serve:
        self._log = tempfile.TemporaryFile("w+")
        with Prober(self._port) as prober:
            began = time.perf_counter()
            self._process = subprocess.Popen(
                self._command, stdout=subprocess.DEVNULL, stderr=self._log, env=environment()
            )
            os.sched_setaffinity(self._process.pid, {self._core})
            try:
                prober.wait(_STARTS_S, self._is_alive)
            except RuntimeError as error:
                self.__exit__(None, None, None)
                raise RuntimeError(f"trunkline serve: {error}; it said: {self.said}") from None
            self.first_answer_s = time.perf_counter() - began
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.terminate()
        try:
            self._process.wait(_STOPS_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.seek(0)
        self.said = self._log.read()
        self._log.close()

    def wait_said(self, words: str, timeout_s: float = _STARTS_S) -> None:
        """Until its log holds these words. RuntimeError if that takes longer."""
        until = time.perf_counter() + timeout_s
        while time.perf_counter() < until and self._is_alive():
            if words in self.log():
                return
            time.sleep(0.02)
        raise RuntimeError(f"trunkline serve did not say {words!r} within {timeout_s:g} s: {self.log()[-2000:]}")

    def log(self) -> str:
        """What it has said so far."""
        return os.pread(self._log.fileno(), 1 << 20, 0).decode(errors="replace")

    @property
    def process(self) -> int:
        """Its number."""
        return self._process.pid

    @property
    def resident_mib(self) -> float:
        """Memory of the server's process, without its child's."""
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def _is_alive(self) -> bool:
        return self._process.poll() is None
