"""Checking and planning 10,000 extensions, 2,000 numbers from outside and 500 rules of routing: the command `validate --strict`, with all
rules, as a whole process, and a look of the server's child with its plan.

*Cold* reads and parses all of it, imports included in the command; *warm* is one file changed, with the rest known to the child by the hash
of their contents. A look is `validate` and `plan` in one: read, parse, judge by the rules, prove, compile, compare with what runs, plan; a
wait of up to 0.15 s for the file to hold still is in it.

What limits it: reading YAML, three quarters of a cold look; a warm one parses only what changed and waits for the file to hold still.
"""

from __future__ import annotations

import gc
import os
import statistics
import tempfile
import time
from pathlib import Path

from bench import conditions
from bench.manifests import Manifests
from bench.row import Row
from bench.trunkline import run
from engine.config.ref import Revision
from reconciler.compile.data_versions import data_versions
from reconciler.secrets.resolver import Resolver
from reconciler.source.directory import Directory
from reconciler.state import Held, HeldUnit
from reconciler.worker.look import Look
from reconciler.worker.store import StateStore
from reconciler.worker.verdict import Round

TARGET_COLD_S = 4.0
TARGET_WARM_S = 1.0
EXTENSIONS = 10_000
TENANTS = 20
RULES = 500
"""Of routing, two fifths of them inbound ones with ten numbers each: 2,000."""

_KEY = b"bench" * 4
_RACY_S = 2.1
"""Until a file that was just written is believed without reading it anew."""


def measure(*, runs: int) -> list[Row]:
    """Rows for the command, for a first look and for a look after one file changed."""
    command: list[float] = []
    cold: list[float] = []
    warm: list[float] = []
    with conditions.generating() as cores:
        for _ in range(runs):
            with tempfile.TemporaryDirectory(prefix="trunkline-bench-") as place:
                manifests = Manifests(Path(place, "manifests"), Path(place, "data"), TENANTS, EXTENSIONS, rules=RULES)
                manifests.write(5060)
                command.append(run(["validate", "--strict", str(manifests.root)], cores.server))
                time.sleep(_RACY_S)
                first, second = _looks(manifests)
                cold.append(first)
                warm.append(second)
    return [
        _row("validate --strict, the command", TARGET_COLD_S, command),
        _row("validate + plan in a look, cold", TARGET_COLD_S, cold),
        _row("validate + plan in a look, one file", TARGET_WARM_S, warm),
    ]


def _looks(manifests: Manifests) -> tuple[float, float]:
    """The seconds of a first look and of the one after an edit; garbage is left, as the child does it."""
    gc.disable()
    try:
        resolver = Resolver(manifests.data, os.environ, _KEY)
        store = StateStore(manifests.data / "state")
        began = time.perf_counter()
        look = Look(Directory(manifests.root), resolver, store, data_versions(), lambda _: None)
        done = look.look(Held())
        cold_s = time.perf_counter() - began
        look.commit(done.number, Revision("first"), "2026-01-01T00:00:00+00:00")
        manifests.rewrite(0, 0, more=1)
        began = time.perf_counter()
        changed = look.look(_held(done))
        warm_s = time.perf_counter() - began
    finally:
        gc.enable()
    if [len(change.upserts) for change in changed.changes] != [1]:
        raise RuntimeError("the second look did not find the one extension that was added")
    return cold_s, warm_s


def _held(done: Round) -> Held:
    units = {change.unit: HeldUnit(change.revision, change.origins_revision) for change in done.changes}
    return Held(units, done.secrets.version if done.secrets is not None else "")


def _row(quantity: str, target_s: float, times_s: list[float]) -> Row:
    return Row(
        bench="validate",
        quantity=quantity,
        unit="s",
        target=target_s,
        measured=statistics.median(times_s),
        at_most=True,
        detail=f"{len(times_s)} runs: {min(times_s):.2f}-{max(times_s):.2f} s; {EXTENSIONS:,} extensions, {RULES} rules, {TENANTS} tenants",
    )
