"""Draws the causes in docs/calls.md from engine/cause.py. With --check: says whether they are up to date."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from ci.drawn import ROOT, filled, settle
from engine import cause
from engine.cause import Cause, Outcome

PAGE: Final = ROOT / "docs" / "calls.md"
BEGIN: Final = "<!-- causes: drawn by ci/draw_causes.py -->"
END: Final = "<!-- end of causes -->"
# Answers a request within a call: no record has it.
NOT_OF_CALLS: Final = frozenset({"REQUEST_PENDING"})


def causes() -> dict[str, Cause]:
    """The causes that we give a call or one of its phones, by their names in engine/cause.py."""
    found = {name: value for name, value in vars(cause).items() if isinstance(value, Cause)}
    return {name: value for name, value in found.items() if name not in NOT_OF_CALLS}


def causes_text() -> str:
    """What ends a call on our side, then what becomes of a phone's answer."""
    lines = ["| outcome | status | Q.850 | by | reason |", "|---|---|---|---|---|"]
    order = list(Outcome)
    lines += [
        f"| `{c.outcome.value}` | {c.sip_status} | {c.q850} | {c.party.value} | {c.reason} |"
        for c in sorted(causes().values(), key=lambda c: order.index(c.outcome))
    ]
    lines += ["", "| a phone answers | outcome | the caller gets |", "|---|---|---|"]
    families: dict[tuple[Outcome, str], list[int]] = {}
    for status in range(300, 700):
        told = cause.of_failed_leg(status)
        gets = "the same" if told.sip_status == status else str(told.sip_status)
        families.setdefault((told.outcome, gets), []).append(status)
    rows = sorted(families.items(), key=lambda item: (order.index(item[0][0]), item[0][1]))
    lines += [f"| {_ranges(statuses)} | `{outcome.value}` | {gets} |" for (outcome, gets), statuses in rows]
    return "\n".join(lines)


def _ranges(statuses: list[int]) -> str:
    """Single statuses by number; where most of a family comes to the same, "other 6xx"."""
    by_family: dict[int, list[int]] = {}
    for status in statuses:
        by_family.setdefault(status // 100, []).append(status)
    told = [
        f"other {family}xx"
        if 50 < len(found) < 100
        else f"{family}xx"
        if len(found) == 100
        else ", ".join(map(str, found))
        for family, found in by_family.items()
    ]
    return ", ".join(told)


def pages() -> dict[Path, str]:
    return {PAGE: filled(PAGE, BEGIN, causes_text(), END)}


def main(arguments: list[str]) -> int:
    return settle("ci.draw_causes", pages(), arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
