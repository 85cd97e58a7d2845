"""Phones that go on meanwhile: registrations or calls at a steady rate, in a process of its own, for as long as asked.

Usage: python -m bench.background registrations|calls --port P --rate R --seconds S --core C. Prints `begun` once every phone
has registered, and at its end what the run came to as JSON. Calls go between the first hundred numbers, the others register.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass

from bench import conditions
from bench.calls import CallLoad
from bench.registration import Phones
from bench.server import DOMAIN
from bench.sip_generator import Lane, Outcome, Person, Tally, play
from bench.trunkline import environment

_IN_CALLS = 100
_PHONES = 500
_READY_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Meanwhile:
    """What a load came to. `slowest_ms`: the longest wait for an answer."""

    begun: int
    failed: int
    slowest_ms: float
    surprises: dict[str, int]


class Background:
    """The parent's side of one such process; a context manager, within which it runs."""

    def __init__(self, load: str, port: int, rate: float, seconds: float, core: int) -> None:
        self._seconds = seconds
        command = [sys.executable, "-m", "bench.background", load, "--port", str(port), "--rate", str(rate)]
        command += ["--seconds", str(seconds), "--core", str(core)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment(), text=True)

    def wait_begun(self) -> None:
        """Until its phones have registered. RuntimeError if they can't."""
        assert self._process.stdout is not None
        if self._process.stdout.readline() != "begun\n":
            raise RuntimeError(f"the phones could not register (exit status {self._process.wait(_READY_S)})")

    def finish(self) -> Meanwhile:
        """Wait for its end."""
        said, _ = self._process.communicate(timeout=self._seconds + _READY_S)
        return Meanwhile(**json.loads(said))

    def kill(self) -> None:
        """End it at once, if it still runs."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()


def _registrations(port: int, rate: float, seconds: float) -> Outcome:
    with closing(Lane(port)) as lane:
        phones = Phones(_PHONES, lane)
        del phones.people[:_IN_CALLS], phones.templates[:_IN_CALLS]
        phones.register_once()
        print("begun", flush=True)
        return phones.register(rate, seconds, 1)


def _calls(port: int, rate: float, seconds: float) -> Outcome:
    half = _IN_CALLS // 2
    with closing(Lane(port)) as callers, closing(Lane(port)) as called:
        phones = Phones(_IN_CALLS, called)
        phones.register_once()
        numbers = [person.number for person in phones.people]
        people = [Person(i, "INVITE", f"sip:{numbers[half + i]}@{DOMAIN}") for i in range(half)]
        print("begun", flush=True)
        tally = Tally()
        load = CallLoad(callers, called, people, numbers[half:], 1, tally)
        return play(load, tally, rate, seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description="registrations or calls at a steady rate")
    parser.add_argument("load", choices=["registrations", "calls"])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--core", type=int, required=True)
    given = parser.parse_args()
    os.sched_setaffinity(0, {given.core})
    conditions.prefer(0)
    load = _registrations if given.load == "registrations" else _calls
    outcome = load(given.port, given.rate, given.seconds)
    shape = {
        "begun": outcome.begun,
        "failed": outcome.failed,
        "slowest_ms": outcome.time_ms(1.0),
        "surprises": dict(outcome.surprises),
    }
    json.dump(shape, sys.stdout)


if __name__ == "__main__":
    main()
