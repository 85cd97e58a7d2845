"""Draws the transaction tables for docs/state-machines.md. With --check: says whether the drawing is that of the tables."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from ci.drawn import ROOT, settle
from engine.sip import client_invite, client_non_invite, server_invite, server_non_invite
from engine.sip.row import Row, Word
from engine.trunk import registration, server_watch

S = TypeVar("S", bound=Word)
W = TypeVar("W", bound=Word)
A = TypeVar("A", bound=Word)

PAGE = ROOT / "docs" / "state-machines.md"

INTRODUCTION = """\
# The state machines

Drawn from the tables in `engine/sip/*_invite.py` and `engine/trunk` by `ci/draw_state_machines.py`; don't edit, draw again. Each table is
held beside the RFC's figure by its own test. A pair of state and input that is not listed is dropped and counted
(the counter names machine, input and state); nothing a peer sends raises.

States and inputs are named as in the figures. Sources are RFC/section: `3261/17.1.1.2` is RFC 3261 §17.1.1.2.
Timers: T1 = 0.5 s, T2 = 4 s, T4 = 5 s; B, F, H, J, L and M are 64*T1, A, E and G begin with T1, D is 32 s, I and K are
T4; over reliable transports nothing is sent again, and D, I, J and K are 0.
"""


def draw(
    title: str, table: Mapping[tuple[S, W], Row[S, A]], entry: Row[S, A], notes: str, last: str | None = "Terminated"
) -> str:
    """One machine: diagram and table; `last`: the state that it ends in."""
    lines = [f"## {title}", "", notes, "", "```mermaid", "stateDiagram-v2", f"    [*] --> {entry.state.value}"]
    arrows: dict[tuple[str, str], list[str]] = {}
    for (state, what), row in table.items():
        arrows.setdefault((state.value, row.state.value), []).append(what.value)
    lines += [f"    {start} --> {end}: {', '.join(inputs)}" for (start, end), inputs in arrows.items()]
    lines += [f"    {last} --> [*]"] if last is not None else []
    lines += ["```", "", "| state | input | does | next | source |", "|---|---|---|---|---|"]
    lines.append(f"| | | {_actions(entry)} | {entry.state.value} | {entry.source} |")
    for (state, what), row in table.items():
        lines.append(f"| {state.value} | {what.value} | {_actions(row)} | {row.state.value} | {row.source} |")
    return "\n".join(lines) + "\n"


def _actions(row: Row[S, A]) -> str:
    return ", ".join(action.value for action in row.actions) or "-"


def page() -> str:
    """The whole page."""
    return "\n".join(
        [
            INTRODUCTION,
            draw(
                "INVITE client transaction",
                client_invite.TABLE,
                client_invite.ENTRY,
                "RFC 3261 §17.1.1 with RFC 6026 §7.2 (figure 5). CANCEL is ours, after RFC 3261 §9.1.",
            ),
            draw(
                "Non-INVITE client transaction",
                client_non_invite.TABLE,
                client_non_invite.ENTRY,
                "RFC 3261 §17.1.2 (figure 6).",
            ),
            draw(
                "INVITE server transaction",
                server_invite.TABLE,
                server_invite.ENTRY,
                "RFC 3261 §17.2.1 with RFC 6026 §7.1 (figure 7). The 2xx is sent again until its ACK by the UAS core "
                "(RFC 3261 §13.3.1.4), through `2xx from TU` in Accepted.",
            ),
            draw(
                "Non-INVITE server transaction",
                server_non_invite.TABLE,
                server_non_invite.ENTRY,
                "RFC 3261 §17.2.2 (figure 8) with RFC 4320 §4: 100 only once the client's timer E has reached T2, and no "
                "answer after 64*T1.",
            ),
            draw(
                "Registration of a trunk",
                registration.TABLE,
                registration.ENTRY,
                "The client side of RFC 3261 §10.2; no RFC draws it. Times stand in docs/trunks.md.",
                last="Ended",
            ),
            draw(
                "How a server of a trunk stands",
                server_watch.TABLE,
                server_watch.ENTRY,
                "The memory for dead servers (RFC 3263 §4.3); no RFC draws it.",
                last=None,
            ),
        ]
    )


def pages() -> dict[Path, str]:
    return {PAGE: page()}


def main(arguments: list[str]) -> int:
    return settle("ci.draw_state_machines", pages(), arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
