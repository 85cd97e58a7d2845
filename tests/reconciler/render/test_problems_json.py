"""Problems as JSON: golden, and every character comes back as it was."""

from __future__ import annotations

import json

from syrupy.assertion import SnapshotAssertion

from reconciler.render.problems_json import problems_json
from tests.support.checked import CLEAN, FAULTY, NASTY, NASTY_FILE, NASTY_TEXT


def test_golden(snapshot: SnapshotAssertion) -> None:
    assert problems_json(CLEAN) == snapshot(name="clean")
    assert problems_json(FAULTY) == snapshot(name="faulty")


def test_nasty_characters_come_back() -> None:
    [problem] = json.loads(problems_json(NASTY))["problems"]
    assert (problem["file"], problem["message"]) == (NASTY_FILE, NASTY_TEXT)
    assert problems_json(NASTY).isascii()
