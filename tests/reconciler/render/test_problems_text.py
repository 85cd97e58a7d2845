"""The listing for people: golden, the same words with and without colour, one line for each problem whatever is in it."""

from __future__ import annotations

import re

from syrupy.assertion import SnapshotAssertion

from reconciler.render.checked import Checked
from reconciler.render.problems_text import problems_text
from schema.problem import Report
from tests.support.checked import CLEAN, FAULTY, NASTY

COLOUR = re.compile("\x1b\\[[0-9]+m")


def test_golden(snapshot: SnapshotAssertion) -> None:
    assert problems_text(CLEAN, coloured=False) == snapshot(name="clean")
    assert problems_text(FAULTY, coloured=False) == snapshot(name="faulty")
    assert problems_text(FAULTY, coloured=True) == snapshot(name="coloured")


def test_colour_changes_no_word() -> None:
    for checked in (CLEAN, FAULTY):
        coloured = problems_text(checked, coloured=True)
        assert COLOUR.search(coloured)
        assert COLOUR.sub("", coloured) == problems_text(checked, coloured=False)


def test_every_colour_ends_on_its_line() -> None:
    for line in problems_text(FAULTY, coloured=True).splitlines():
        assert line.count("\x1b[0m") >= 1
        assert COLOUR.findall(line)[-1] == "\x1b[0m"


def test_a_file_name_with_a_line_end_stays_on_its_line() -> None:
    listed = problems_text(NASTY, coloured=False)
    assert "\\n<&" in listed.splitlines()[0]


def test_one_and_several_are_told_apart() -> None:
    one = Checked(files=("a.yaml",), resources={"Tenant": 1}, report=Report(), secrets=1, secrets_unknown=1)
    assert one.summary() == "valid: 1 file, 1 Tenant"
    assert one.secrets_note().startswith("note: 1 password is unknown here")
    assert CLEAN.secrets_note().startswith("note: 2 passwords are unknown here")
    assert FAULTY.secrets_note() == ""
