"""`trunkline validate` on 10,000 extensions, as a whole process each time."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from bench import conditions
from bench.manifests import Manifests
from bench.row import Row
from bench.trunkline import run

TARGET_COLD_S = 4.0
TARGET_WARM_S = 1.0
EXTENSIONS = 10_000
TENANTS = 20


def measure(*, runs: int) -> list[Row]:
    with conditions.generating() as cores, tempfile.TemporaryDirectory(prefix="trunkline-bench-") as place:
        manifests = Manifests(Path(place, "manifests"), Path(place, "data"), TENANTS, EXTENSIONS)
        manifests.write(5060)
        times_s = [run(["validate", str(manifests.root)], cores.server) for _ in range(runs)]
    return [
        Row(
            bench="validate",
            quantity="cold",
            unit="s",
            target=TARGET_COLD_S,
            measured=statistics.median(times_s),
            at_most=True,
            detail=f"{len(times_s)} runs: {min(times_s):.2f}-{max(times_s):.2f} s; {EXTENSIONS:,} extensions in {TENANTS} tenants",
        )
    ]
