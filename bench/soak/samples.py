"""What a server holds, sample by sample, and whether it stays flat.

A line is laid through the second half of the samples by the median of all slopes between two of them (Theil-Sen), which a few odd
samples do not move. Flat is: what that line adds over that half is below the tolerance of that figure, which is a noise that any sample
may have, and so much an hour.
"""

from __future__ import annotations

import os
import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_METRIC = re.compile(r"^(trunkline_\w+)(?:\{([^}]*)\})? ([0-9.e+-]+)$", re.MULTILINE)
_SLOPES_OF = 300


@dataclass(frozen=True, slots=True)
class Figure:
    """`noise`, `an_hour`: so much may it seem to grow; `is_judged`: whether it is judged or only shown."""

    name: str
    unit: str
    noise: float
    an_hour: float
    is_judged: bool = True


FIGURES = (
    Figure("memory", "MiB", 2.0, 6.0),
    Figure("memory of the child", "MiB", 2.0, 6.0),
    Figure("descriptors", "", 4.0, 4.0),
    Figure("threads", "", 1.0, 1.0),
    Figure("port pairs in use", "", 10.0, 2.0),
    Figure("calls", "", 5.0, 1.0),
    Figure("registrations", "", 5.0, 1.0),
    # A segment is filled to 16 MiB before it goes, which at a low rate takes longer than a soak.
    Figure("journal", "KiB", 2 * 16_384.0, 0.0),
    Figure("journal, unconfirmed", "", 20.0, 5.0),
    Figure("database's queue", "", 5.0, 1.0),
    Figure("database", "MiB", 0.0, 0.0, is_judged=False),
    Figure("webhooks pending", "", 0.0, 0.0, is_judged=False),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`growth`: of the line through the second half of the samples, over that half; `tolerated`: how much of it is noise."""

    figure: Figure
    first: float
    middle: float
    last: float
    most: float
    growth: float
    tolerated: float

    @property
    def is_flat(self) -> bool:
        return not self.figure.is_judged or self.growth <= self.tolerated


def take(process: int, data: Path, metrics: str) -> dict[str, float]:
    """One sample, by the names of `FIGURES`."""
    found: dict[str, float] = {}
    for name, labels, value in _METRIC.findall(metrics):
        if name == "trunkline_media_port_pairs" and 'state="in_use"' not in labels:
            continue
        found[name] = found.get(name, 0.0) + float(value)
    children = [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    return {
        "memory": resident_mib(process),
        "memory of the child": sum(map(resident_mib, children)),
        "descriptors": _entries(f"/proc/{process}/fd"),
        "threads": _entries(f"/proc/{process}/task"),
        "port pairs in use": found.get("trunkline_media_port_pairs", 0.0),
        "calls": found.get("trunkline_calls", 0.0),
        "registrations": found.get("trunkline_registrations", 0.0),
        "journal": sum(path.stat().st_size for path in (data / "journal").glob("*")) / 1024,
        "journal, unconfirmed": found.get("trunkline_journal_unconfirmed", 0.0),
        "database's queue": found.get("trunkline_database_queue", 0.0),
        "database": sum(path.stat().st_size for path in data.glob("trunkline.db*")) / 2**20,
        "webhooks pending": found.get("trunkline_webhook_pending", 0.0),
    }


def _entries(folder: str) -> float:
    return float(sum(1 for _ in Path(folder).iterdir()))


def resident_mib(process: int) -> float:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    except OSError:
        return 0.0


def judge(times_s: Sequence[float], samples: Sequence[dict[str, float]]) -> list[Verdict]:
    """Each figure, from at least two samples."""
    half = len(samples) // 2
    took_s = times_s[-1] - times_s[half]
    verdicts = []
    for figure in FIGURES:
        values = [sample[figure.name] for sample in samples]
        growth = took_s * slope(times_s[half:], values[half:])
        tolerated = figure.noise + figure.an_hour * took_s / 3600
        verdicts.append(Verdict(figure, values[0], values[half], values[-1], max(values), growth, tolerated))
    return verdicts


def slope(times_s: Sequence[float], values: Sequence[float]) -> float:
    """A second, by the median of the slopes between any two."""
    step = max(1, len(values) // _SLOPES_OF)
    points = list(zip(times_s[::step], values[::step], strict=True))
    slopes = [
        (value - earlier) / (at - before)
        for index, (at, value) in enumerate(points)
        for before, earlier in points[:index]
        if at > before
    ]
    return statistics.median(slopes) if slopes else 0.0
