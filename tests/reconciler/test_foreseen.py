"""What a simulated call is told of ring groups and forwarding: who rings when, and where it goes on to."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine.config.destination import DestinationConfig
from engine.config.extension import ForwardingConfig
from engine.config.ring_group import SIMULTANEOUS, RingGroupConfig
from engine.config.snapshot import Snapshot
from reconciler.question import Question
from reconciler.simulate import Basis, simulate
from tests.support.grouped import forward, group, office, to_extension, to_group

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)


def told(snapshot: Snapshot, to: str) -> list[str]:
    """As text, with the second first."""
    basis = Basis(source="manifests", snapshot=snapshot, now=NOW)
    found = simulate(basis, Question(tenant="acme", caller="101", to=to))
    return [f"{'then' if line.at_s is None else f'{line.at_s:g}'} {line.what}" for line in found.foreseen]


ENTRIES: dict[str, tuple[ForwardingConfig, ...]] = {
    "102": (
        *forward("busy", to_extension("104")),
        *forward("noAnswer", to_group("sales")),
        *forward("unavailable", DestinationConfig(kind="hangUp", value="declined")),
    )
}
FIRST = "then the first phone to answer gets the call, until one side hangs up"
CASES: list[tuple[str, tuple[RingGroupConfig, ...], str, list[str]]] = [
    (
        "a group, one after the other, and its end",
        (group("102", "103", "104", ring_time_s=50.0, no_answer=to_extension("105")),),
        "600",
        [
            "0 ring group sales rings 102, for 20 s",
            "20 ring group sales rings 103, for 20 s",
            "40 ring group sales rings 104, for 10 s",
            "50 if nobody has answered, RingGroup acme/sales sends the call to extension 105",
            "50 all phones of extension 105 ring, for 30 s",
            FIRST,
            "80 if nobody answers, it ends with 480 (no answer)",
        ],
    ),
    (
        "a group, all at once",
        (group("103", "104", strategy=SIMULTANEOUS),),
        "600",
        [
            "0 ring group sales rings 103, 104, for 60 s",
            FIRST,
            "60 if nobody answers, it ends with 480 (no answer)",
        ],
    ),
    (
        "an extension that forwards to a group",
        (group("103", ring_time_s=20.0),),
        "102",
        [
            "0 all phones of extension 102 ring, for 30 s",
            "30 if nobody has answered, Extension acme/102 sends the call to ringGroup sales",
            "30 ring group sales rings 103, for 20 s",
            "then if the phone is busy, Extension acme/102 sends the call to extension 104",
            "then if the phone declines or is not to be disturbed, Extension acme/102 sends the call to hangUp declined",
            FIRST,
            "50 if nobody answers, it ends with 480 (no answer)",
        ],
    ),
]


@pytest.mark.parametrize(("groups", "to", "lines"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_told(groups: tuple[RingGroupConfig, ...], to: str, lines: list[str]) -> None:
    assert told(office(*groups, forwarding=ENTRIES), to) == lines


def test_a_circle_ends_where_it_began() -> None:
    circle = {"102": forward("noAnswer", to_extension("103")), "103": forward("noAnswer", to_extension("102"))}
    lines = told(office(forwarding=circle), "102")
    assert lines[-1] == "60 if nobody answers, it ends with 482 (forwarded in a circle)"
