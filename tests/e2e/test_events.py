"""Somebody follows the event stream while real phones come, talk, hold and go, and the server restarts under it."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.office import ADA, GRACE, Office
from tests.support.phone import Stack
from tests.support.trunkline_process import ROOT, Json, command_line

PATIENCE_S = 15.0


class Follower:
    """`trunkline events -o json` beside the server; `told`: what it says besides, on stderr."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._lines: queue.SimpleQueue[Json] = queue.SimpleQueue()
        self.told: queue.SimpleQueue[str] = queue.SimpleQueue()
        assert process.stdout is not None
        assert process.stderr is not None
        for stream, take in ((process.stdout, self._take), (process.stderr, self.told.put)):
            threading.Thread(target=lambda s=stream, t=take: [t(line) for line in s], daemon=True).start()

    def _take(self, line: str) -> None:
        self._lines.put(json.loads(line))

    def wait_for(self, name: str, fits: Callable[[Json], bool] = lambda _: True) -> Json:
        """The next event of that name that fits; what comes before it is passed over."""
        deadline = time.monotonic() + PATIENCE_S
        seen: list[object] = []
        while True:
            try:
                event = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no {name} came that fits; there were: {seen[-10:]}") from None
            seen.append(event)
            body = event["data"]
            assert isinstance(body, dict)
            if event["event"] == name and fits(body):
                return body


@contextmanager
def following(data: Path) -> Iterator[Follower]:
    command = [*command_line(), "events", "--data", str(data), "-o", "json"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1)
    try:
        follower = Follower(process)
        follower.wait_for("rates")  # it follows
        yield follower
    finally:
        process.terminate()
        process.wait(10)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def test_a_follower_sees_what_happens_through_a_restart(office: Office) -> None:
    site = office.site
    with following(site.data) as follower:
        ada, grace = office.phone(Stack.PJSIP, ADA), office.phone(Stack.PJSIP, GRACE)
        assert {follower.wait_for("registration")["number"] for _ in range(2)} == {ADA, GRACE}
        follower.wait_for("rates", lambda body: body["registrations"] == 2)

        call = office.connect(ada, grace, GRACE)
        answered = follower.wait_for("call", lambda body: body["state"] == "answered")
        assert (answered["caller"], answered["callee"]) == (ADA, GRACE)
        assert answered["decided_by"] == f"Extension office/{GRACE} (extension-{GRACE}.yaml:1)"
        heard = follower.wait_for("call", lambda body: all(leg["packets_in"] > 50 for leg in body["legs"]))  # type: ignore[attr-defined]
        shown = site.run("top", "--once", "--data", str(site.data)).stdout
        assert f"{ADA} -> {GRACE}" in shown
        assert "answered" in shown
        ada.hold(call=call)
        ada.wait_for("media", state="local-hold")
        ada.unhold(call=call)
        follower.wait_for("call", lambda body: body["id"] == heard["id"])
        ada.hang_up(call=call)
        ended = follower.wait_for("call-ended")
        assert (ended["call_id"], ended["answered_by"]) == (heard["id"], GRACE)
        follower.wait_for("rates", lambda body: body["calls"] == 0)

        grace.unregister()
        assert follower.wait_for("registration-gone")["reason"] == "removed"

        office.server.stop()
        office.restart()
        follower.wait_for("rates", lambda body: body["registrations"] == 1)
        told = [follower.told.get(timeout=PATIENCE_S) for _ in range(2)]
        assert told[0].endswith("trying again\n")
        assert told[1] == "trunkline events: connected again: what happened meanwhile is not told\n"
