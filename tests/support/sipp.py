"""SIPp, bounded in time, its results read: for what phones never do, such as a CANCEL that crosses a 200.

Scenarios are tests/e2e/sipp/*.xml. A run passes when every call of it went through its scenario; SIPp exits with 0 then. What it
received against the scenario is in its error file, which the failure shows.
"""

from __future__ import annotations

import csv
import os
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from tests.support.ports import LOOPBACK, free_udp_port

SCENARIOS = Path(__file__).resolve().parents[1] / "e2e" / "sipp"
MARGIN_S = 5.0
POLL_S = 0.05


class SippError(AssertionError):
    """A call left its scenario; shows where."""


@dataclass(frozen=True, slots=True)
class Result:
    """Counts of calls. `exit_code`: 0 all well, 1 a call failed, 97 stopped, 99 ended without a call."""

    exit_code: int
    successful: int
    failed: int
    log: str

    def require(self, successful: int = 1) -> None:
        """SippError unless so many calls went through and none failed."""
        if self.exit_code != 0 or self.failed or self.successful != successful:
            raise SippError(f"{self.successful} of {successful} calls went through (exit {self.exit_code})\n{self.log}")


class SippRun:
    """One run in the background; `finish()` waits for it. As a context manager it is ended by its pid in any case."""

    def __init__(
        self,
        program: str,
        scenario: str,
        folder: Path,
        *,
        remote: str,
        user: str,
        auth_user: str | None = None,
        password: str = "",
        calls: int = 1,
        rate: int | None = None,
        talk_ms: int = 1000,
        seconds: float = 30.0,
        port: int | None = None,
        keys: dict[str, str] | None = None,
        transport: str = "u1",
    ) -> None:
        """`remote`: host:port; `user`: [service] of the scenario; `seconds`: bound on the whole; `keys`: [key] values;
        `rate`: calls a second, None = all at once; `talk_ms`: of a pause that says no length;
        `transport`: u1 UDP, t1 one TCP connection, tn one for each call.
        """
        self.port = free_udp_port() if port is None else port
        self.folder = folder / f"sipp-{scenario}-{self.port}"
        self.folder.mkdir(parents=True)
        self._seconds = seconds
        self._transport = transport
        path = SCENARIOS / f"{scenario}.xml"
        if not path.is_file():
            raise FileNotFoundError(f"no scenario {path}")
        more: list[str] = []
        for key, value in (keys or {}).items():
            more += ["-key", key, value]
        self._log = (self.folder / "screen.log").open("wb")
        self._process = subprocess.Popen(
            [
                *[
                    program,
                    remote,
                    "-t",
                    transport,
                    "-max_socket",
                    "1000",
                    "-sf",
                    str(path),
                    "-i",
                    LOOPBACK,
                    "-p",
                    str(self.port),
                    "-s",
                    user,
                ],
                *["-au", auth_user or user, "-ap", password, "-m", str(calls), "-l", str(calls)],
                *["-r", str(rate or calls), "-d", str(talk_ms)],
                *["-timeout", f"{seconds:.0f}s", "-timeout_error", "-recv_timeout", f"{seconds * 1000:.0f}"],
                *["-nostdin", "-trace_err", "-error_file", "errors.log", "-trace_msg", "-message_file", "messages.log"],
                *["-trace_stat", "-stf", "statistics.csv", "-fd", "1", "-cp", str(free_udp_port())],
                *more,
            ],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            env={**os.environ, "TERM": "dumb"},
        )

    def wait_until_listening(self) -> None:
        """Until SIPp has its port: then another bind fails."""
        deadline = time.monotonic() + MARGIN_S
        kind = socket.SOCK_DGRAM if self._transport.startswith("u") else socket.SOCK_STREAM
        while time.monotonic() < deadline and self._process.poll() is None:
            with socket.socket(socket.AF_INET, kind) as probe:
                try:
                    probe.bind((LOOPBACK, self.port))
                except OSError:
                    return
            time.sleep(POLL_S)
        raise SippError(f"SIPp does not listen on {self.port}\n{self._report()}")

    def finish(self) -> Result:
        """Wait for the end and read what happened."""
        try:
            exit_code = self._process.wait(self._seconds + MARGIN_S)
        except subprocess.TimeoutExpired:
            self.stop()
            exit_code = 97
        self._log.close()
        successful, failed = self._counts()
        return Result(exit_code, successful, failed, self._report())

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait(MARGIN_S)
        self._log.close()

    def __enter__(self) -> SippRun:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def messages(self) -> str:
        """All SIP that went in and out."""
        path = self.folder / "messages.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def _counts(self) -> tuple[int, int]:
        path = self.folder / "statistics.csv"
        if not path.exists():
            return 0, 0
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter=";"))
        if not rows:
            return 0, 0
        return int(rows[-1]["SuccessfulCall(C)"]), int(rows[-1]["FailedCall(C)"])

    def _report(self) -> str:
        parts = []
        for name, lines in (("errors.log", 40), ("messages.log", 80), ("screen.log", 15)):
            path = self.folder / name
            if path.exists():
                text = path.read_text(encoding="utf-8", errors="replace").splitlines()
                parts.append("\n".join([f"  {path}:", *text[-lines:]]))
        return "\n".join(parts)
