"""Draws the list of metrics in docs/metrics.md from api/metrics/catalogue.py. With --check: says whether it is up to date."""

from __future__ import annotations

import sys
from pathlib import Path

from api.metrics.catalogue import GROUPS, Metric
from ci.drawn import ROOT, filled, settle

PAGE = ROOT / "docs" / "metrics.md"
BEGIN = "<!-- drawn by ci/draw_metrics.py: don't edit what follows -->"


def draw() -> str:
    lines: list[str] = []
    for title, metrics in GROUPS:
        lines += [f"## {title}", "", "| metric | type | labels | |", "|---|---|---|---|"]
        lines += [row(metric) for metric in metrics]
        lines.append("")
    return "\n".join(lines)


def row(metric: Metric) -> str:
    labels = " ".join(f"`{label}`" for label in metric.labels)
    return f"| `{metric.name}` | {metric.type} | {labels} | {metric.help} |"


def pages() -> dict[Path, str]:
    return {PAGE: filled(PAGE, BEGIN, draw())}


def main(arguments: list[str]) -> int:
    return settle("ci.draw_metrics", pages(), arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
