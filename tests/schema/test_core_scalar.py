"""Plain scalars by the core schema of YAML 1.2 §10.3.2."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.core_scalar import PlainNumber, resolve

CONSTANTS = [
    ("", None),
    ("~", None),
    ("null", None),
    ("Null", None),
    ("NULL", None),
    ("nULL", "nULL"),
    ("true", True),
    ("True", True),
    ("TRUE", True),
    ("tRUE", "tRUE"),
    ("false", False),
    ("False", False),
    ("FALSE", False),
]
TEXTS = [
    "no",
    "yes",
    "on",
    "off",
    "y",
    "n",
    "No",
    "1:30",
    "1_000",
    "0o8",
    "0xg",
    "0b1",
    "-",
    "+",
    ".",
    "1e",
    "--1",
    "e1",
]
NUMBERS: list[tuple[str, int | float]] = [
    ("0", 0),
    ("101", 101),
    ("0101", 101),
    ("-1", -1),
    ("+12", 12),
    ("0o17", 15),
    ("0x1F", 31),
    ("1.10", 1.1),
    (".5", 0.5),
    ("1.", 1.0),
    ("1e3", 1000.0),
    ("-1.5E-2", -0.015),
    (".inf", math.inf),
    ("-.INF", -math.inf),
    ("+.Inf", math.inf),
]


@pytest.mark.parametrize(("text", "value"), CONSTANTS)
def test_null_and_booleans(text: str, value: object) -> None:
    assert resolve(text) == value
    assert type(resolve(text)) is type(value)


@pytest.mark.parametrize("text", TEXTS)
def test_what_only_yaml_1_1_takes_for_something_else_stays_text(text: str) -> None:
    assert type(resolve(text)) is str


@pytest.mark.parametrize(("text", "value"), NUMBERS)
def test_a_number_keeps_how_it_was_written(text: str, value: float) -> None:
    resolved = resolve(text)
    assert isinstance(resolved, PlainNumber)
    assert resolved == text
    assert resolved.number() == value
    assert resolved.whole() == (value if isinstance(value, int) else None)


def test_not_a_number_is_one_too() -> None:
    resolved = resolve(".nan")
    assert isinstance(resolved, PlainNumber)
    assert math.isnan(resolved.number())


def test_an_endless_number_is_text() -> None:
    assert type(resolve("9" * 64)) is PlainNumber
    assert type(resolve("9" * 65)) is str


@given(st.text(alphabet="0123456789+-.eExoinfaINF_: \n\u0661", max_size=12) | st.text())
def test_any_text_resolves_and_numbers_are_readable(text: str) -> None:
    resolved = resolve(text)
    if isinstance(resolved, PlainNumber):
        assert isinstance(resolved.number(), int | float)
