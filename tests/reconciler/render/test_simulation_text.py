"""Simulated calls for people: golden."""

from __future__ import annotations

from dataclasses import replace

from syrupy.assertion import SnapshotAssertion

from reconciler.question import Question
from reconciler.render.simulation_text import simulation_text
from reconciler.simulate import Basis, simulate
from tests.reconciler.test_simulate import ASKED, LIVE, OFFLINE


def shown(basis: Basis, question: Question) -> str:
    """With a revision that does not change with each field that a kind gets."""
    return simulation_text(replace(simulate(basis, question), revision="0123456789abcdef"))


def test_golden(snapshot: SnapshotAssertion) -> None:
    assert shown(OFFLINE, ASKED) == snapshot(name="put through")
    assert shown(OFFLINE, replace(ASKED, to="10")) == snapshot(name="wrong number")
    assert shown(LIVE, replace(ASKED, to="103")) == snapshot(name="offline on a server")
    assert shown(LIVE, replace(ASKED, calls=2)) == snapshot(name="over quota")
