"""Draws the list of checks in docs/doctor.md from cli/doctor/checks.py. With --check: says whether it is up to date."""

from __future__ import annotations

import sys
from pathlib import Path

from ci.drawn import ROOT, filled, settle
from cli.doctor.checks import CHECKS

PAGE = ROOT / "docs" / "doctor.md"
BEGIN = "<!-- drawn by ci/draw_doctor.py: don't edit what follows -->"


def draw() -> str:
    rows = [f"| `{check.id}` | {check.about} |" for check in CHECKS]
    return "\n".join(["## The checks", "", "| check | looks at |", "|---|---|", *rows, ""])


def pages() -> dict[Path, str]:
    return {PAGE: filled(PAGE, BEGIN, draw())}


def main(arguments: list[str]) -> int:
    return settle("ci.draw_doctor", pages(), arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
