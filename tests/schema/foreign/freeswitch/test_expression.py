"""Regular expressions on numbers: what they take, and what they capture; and XML that is refused."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schema.foreign.digits import Digits, Unclear
from schema.foreign.freeswitch.document import read_documents
from schema.foreign.freeswitch.expression import read_expression
from schema.foreign.pbx import Leftovers, NotRead

EXPRESSIONS = [
    "^2000$",
    "^(10[01][0-9])$",
    r"^9(\d+)$",
    r"^0(\d{2,4})$",
    r"^\*\*(\d+)$",
    "^(1|22|3{3})$",
    r"^\+?(\d{3})$",
    "^(1)?(2.*)$",
    "^12",
    "^1$|^2(3)$",
    r"^(?:00|\+)(1\d*)$",
    "^[^1-9]5?$",
    r"^(\d)(\d)$",
]


@settings(max_examples=150)
@given(st.sampled_from(EXPRESSIONS), st.text("0123*+", max_size=6))
def test_an_expression_takes_and_captures_what_any_engine_does(expression: str, number: str) -> None:
    match = re.search(expression, number)
    forms = [form for form in read_expression(expression) if form.pattern.matches(number)]
    assert bool(forms) == (match is not None)
    if match is not None:
        captured = [
            [form.capture(Digits.of(number), which).text for which in range(match.re.groups + 1)] for form in forms
        ]
        ours = [["" if text is None else text for text in texts[1:]] for texts in captured]
        assert ["" if text is None else text for text in match.groups()] in ours


@pytest.mark.parametrize(
    "expression",
    ["2000", "^(1", "^1)$", "^[1$", "^a{9", r"^\w+$", "^(?=1)$", "^(1+)2$", "^*$", "^(12)+$", "^" + "(1|2)" * 9],
)
def test_what_is_not_understood_is_said(expression: str) -> None:
    with pytest.raises(Unclear):
        read_expression(expression)


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><include>&b;</include>'
REFUSED = {
    "entities": (BOMB, "document type"),
    "a file": ('<!DOCTYPE x SYSTEM "file:///etc/passwd"><include/>', "document type"),
    "a reference": ("<include>&b;</include>", "it is no XML"),
    "half": ("<include><x>", "it is no XML"),
    "climbs": ('<include><X-PRE-PROCESS cmd="include" data="../../etc/passwd"/></include>', "leads out of the folder"),
    "absolute": ('<include><X-PRE-PROCESS cmd="include" data="/etc/passwd"/></include>', "leads out of the folder"),
    "by variable": (
        '<include><X-PRE-PROCESS cmd="set" data="x=/etc"/><X-PRE-PROCESS cmd="include" data="$${x}/passwd"/></include>',
        "leads out of the folder",
    ),
    "runs": ('<include><X-PRE-PROCESS cmd="exec" data="id"/></include>', "runs a program"),
    "itself": ('<include><X-PRE-PROCESS cmd="include" data="freeswitch.xml"/></include>', "include each other"),
    "deep": ("<a>" * 70 + "</a>" * 70, "within each other"),
    "grows": (
        '<include><X-PRE-PROCESS cmd="set" data="v0=xxxxxxxxxx"/>'
        + "".join(f'<X-PRE-PROCESS cmd="set" data="v{n + 1}={f"$${{v{n}}}" * 30}"/>' for n in range(8))
        + "</include>",
        "too long",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_xml_that_is_refused_is_told_with_its_line(name: str) -> None:
    text, told = REFUSED[name]
    with pytest.raises(NotRead) as caught:
        read_documents({"freeswitch.xml": text}, Leftovers())
    assert told in caught.value.problem.message
    assert str(caught.value.problem).startswith("freeswitch.xml:1:")
