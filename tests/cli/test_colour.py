"""Colour goes to terminals that want it, and to whoever asks for it."""

from __future__ import annotations

import io

import pytest

from cli.colour import Colour, is_coloured


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


CASES = [
    ("auto", True, {}, True),
    ("auto", True, {"TERM": "xterm"}, True),
    ("auto", True, {"NO_COLOR": "1"}, False),
    ("auto", True, {"NO_COLOR": ""}, True),
    ("auto", True, {"TERM": "dumb"}, False),
    ("auto", False, {"TERM": "xterm"}, False),
    ("always", False, {"NO_COLOR": "1"}, True),
    ("never", True, {"TERM": "xterm"}, False),
]


@pytest.mark.parametrize(("wish", "terminal", "environ", "coloured"), CASES)
def test_colour(wish: str, terminal: bool, environ: dict[str, str], coloured: bool) -> None:
    assert is_coloured(Colour(wish), Terminal() if terminal else io.StringIO(), environ) is coloured
