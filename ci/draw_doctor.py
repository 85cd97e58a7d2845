"""Draws the list of checks in docs/doctor.md from cli/doctor/checks.py. With --check: says whether it is up to date."""

from __future__ import annotations

import sys
from pathlib import Path

from cli.doctor.checks import CHECKS

PAGE = Path(__file__).parent.parent / "docs" / "doctor.md"
BEGIN = "<!-- drawn by ci/draw_doctor.py: don't edit what follows -->\n"


def draw() -> str:
    rows = [f"| `{check.id}` | {check.about} |" for check in CHECKS]
    return "\n".join(["## The checks", "", "| check | looks at |", "|---|---|", *rows, ""])


def main() -> int:
    text = PAGE.read_text("utf-8")
    head, _, _ = text.partition(BEGIN)
    wanted = f"{head}{BEGIN}\n{draw()}"
    if "--check" not in sys.argv:
        PAGE.write_text(wanted, "utf-8")
    elif text != wanted:
        print("docs/doctor.md does not list what cli/doctor/checks.py has; draw it again: python ci/draw_doctor.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
