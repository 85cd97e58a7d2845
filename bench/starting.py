"""From starting `trunkline serve` to its first answer to OPTIONS: with the state of the run before on disk, and the very first time.

What limits it: importing modules (about half a second) where the state of the run before is on disk, and reading manifests where it is not.
"""

from __future__ import annotations

import statistics
import tempfile
from contextlib import closing
from pathlib import Path

from bench import conditions
from bench.manifests import Manifests
from bench.registration import Phones
from bench.row import Row
from bench.sip_generator import Lane
from bench.trunkline import Serve

TARGETS_S = {1_000: 1.0, 10_000: 3.0}
"""By number of extensions."""
_EACH = 500
_PORT = 5060
_STARTS = 5
_FIRSTS = 3


def measure(*, runs: int) -> list[Row]:
    """Two rows for each size; `runs`: how many starts of each, at least."""
    starts = max(runs, _STARTS)
    with conditions.generating() as cores:
        return [
            row
            for extensions, target_s in TARGETS_S.items()
            for row in _rows(extensions, target_s, _first(extensions, cores), _again(extensions, starts, cores))
        ]


def _manifests(place: str, extensions: int) -> Manifests:
    manifests = Manifests(Path(place, "manifests"), Path(place, "data"), extensions // _EACH, extensions)
    manifests.write(_PORT)
    return manifests


def _first(extensions: int, cores: conditions.Cores) -> list[float]:
    """Each in a new data folder."""
    times_s: list[float] = []
    for _ in range(_FIRSTS):
        with tempfile.TemporaryDirectory(prefix="trunkline-bench-") as place:
            manifests = _manifests(place, extensions)
            with Serve(manifests.root, manifests.data, _PORT, cores.server) as server:
                times_s.append(server.first_answer_s)
    return times_s


def _again(extensions: int, starts: int, cores: conditions.Cores) -> list[float]:
    """After a run in which every phone of the first tenant registered: their bindings come back, too."""
    times_s: list[float] = []
    with tempfile.TemporaryDirectory(prefix="trunkline-bench-") as place:
        manifests = _manifests(place, extensions)
        with (
            Serve(manifests.root, manifests.data, _PORT, cores.server) as server,
            closing(Lane(_PORT)) as lane,
        ):
            server.wait_said("ready")
            Phones(_EACH, lane).register_once()
        for _ in range(starts):
            with Serve(manifests.root, manifests.data, _PORT, cores.server) as server:
                times_s.append(server.first_answer_s)
                server.wait_said("ready")
            if f"{_EACH} registrations are back" not in server.said:
                raise RuntimeError(f"the registrations are not back: {server.said}")
    return times_s


def _rows(extensions: int, target_s: float, first: list[float], again: list[float]) -> list[Row]:
    return [
        Row(
            bench="start",
            quantity=f"{extensions:,} extensions, {when}",
            unit="s",
            target=target_s,
            measured=statistics.median(times_s),
            at_most=True,
            detail=f"{len(times_s)} starts of the process to the first 200 to OPTIONS: {min(times_s):.2f}-{max(times_s):.2f} s; {what}",
        )
        for when, times_s, what in (
            ("again", again, f"{_EACH} phones are registered again by it"),
            ("first", first, "nothing on disk but manifests and secrets"),
        )
    ]
