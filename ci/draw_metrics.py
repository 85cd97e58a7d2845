"""Draws the list of metrics in docs/metrics.md from api/metrics/catalogue.py. With --check: says whether it is up to date."""

from __future__ import annotations

import sys
from pathlib import Path

from api.metrics.catalogue import GROUPS, Metric

PAGE = Path(__file__).parent.parent / "docs" / "metrics.md"
BEGIN = "<!-- drawn by ci/draw_metrics.py: don't edit what follows -->\n"


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


def main() -> int:
    text = PAGE.read_text("utf-8")
    head, _, _ = text.partition(BEGIN)
    wanted = f"{head}{BEGIN}\n{draw()}"
    if "--check" not in sys.argv:
        PAGE.write_text(wanted, "utf-8")
    elif text != wanted:
        print(
            "docs/metrics.md does not list what api/metrics/catalogue.py has; draw it again: python ci/draw_metrics.py"
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
