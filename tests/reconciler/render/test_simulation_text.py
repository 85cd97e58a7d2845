"""Simulated calls for people: golden."""

from __future__ import annotations

from dataclasses import replace

from syrupy.assertion import SnapshotAssertion

from reconciler.render.simulation_text import simulation_text
from reconciler.simulate import simulate
from tests.reconciler.test_simulate import ASKED, LIVE, OFFLINE


def test_golden(snapshot: SnapshotAssertion) -> None:
    assert simulation_text(simulate(OFFLINE, ASKED)) == snapshot(name="put through")
    assert simulation_text(simulate(OFFLINE, replace(ASKED, to="10"))) == snapshot(name="wrong number")
    assert simulation_text(simulate(LIVE, replace(ASKED, to="103"))) == snapshot(name="offline on a server")
    assert simulation_text(simulate(LIVE, replace(ASKED, calls=2))) == snapshot(name="over quota")
