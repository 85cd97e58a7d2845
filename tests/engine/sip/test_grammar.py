"""The shared pieces of the grammar: tables, and that hostile input costs linear time."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.sip.errors import RemoteProtocolError
from engine.sip.grammar import (
    Params,
    find_param,
    format_params,
    is_token,
    parse_number,
    parse_params,
    quote,
    shown,
    split_list,
    unquote,
)

LISTS = [
    ("one", "a", ["a"]),
    ("two", "a, b", ["a", "b"]),
    ("no blanks", "a,b,c", ["a", "b", "c"]),
    ("comma in quotes", '"Bell, A" <sip:a@b>, <sip:c@d>', ['"Bell, A" <sip:a@b>', "<sip:c@d>"]),
    ("comma in brackets", "<sip:a,b@c>, <sip:d@e>", ["<sip:a,b@c>", "<sip:d@e>"]),
    ("escaped quote", '"a\\", b" <sip:x@y>,z', ['"a\\", b" <sip:x@y>', "z"]),
    ("open quote swallows the rest", 'a, "b, c', ["a", '"b, c']),
    ("empty element", "a,,b", ["a", "", "b"]),
    ("tabs", "\ta\t,\tb", ["a", "b"]),
]


@pytest.mark.parametrize(("text", "elements"), [case[1:] for case in LISTS], ids=[case[0] for case in LISTS])
def test_comma_lists_split_outside_quotes_and_brackets(text: str, elements: list[str]) -> None:
    assert split_list(text) == elements


PARAMS: list[tuple[str, str, Params]] = [
    ("none", "", ()),
    ("flag", ";lr", (("lr", None),)),
    ("value", ";tag=abc", (("tag", "abc"),)),
    ("case of name", ";TAG=aBc", (("tag", "aBc"),)),
    ("several", ";a=1;b;c=3", (("a", "1"), ("b", None), ("c", "3"))),
    ("blanks", " ;  tag  =  x ; q = 0.3 ", (("tag", "x"), ("q", "0.3"))),
    ("quoted", ';+sip.instance="<urn:uuid:1;2>"', (("+sip.instance", '"<urn:uuid:1;2>"'),)),
    ("empty value", ";rport=", (("rport", ""),)),
    ("equals in value", ";tag=abc==", (("tag", "abc=="),)),
    ("IPv6", ";received=2001:db8::1", (("received", "2001:db8::1"),)),
]


@pytest.mark.parametrize(("text", "params"), [case[1:] for case in PARAMS], ids=[case[0] for case in PARAMS])
def test_parameters(text: str, params: Params) -> None:
    assert parse_params(text) == params
    assert parse_params(format_params(params)) == params


@pytest.mark.parametrize("text", [";;", ";", "x", ";a b", ';a="open', ";=1", ";a=1,b", ";\x00", ";a=<x>"])
def test_malformed_parameters_are_refused(text: str) -> None:
    with pytest.raises(RemoteProtocolError):
        parse_params(text)


def test_a_parameter_is_found_unquoted() -> None:
    params = parse_params(';a="x \\"y\\"";b')

    assert find_param(params, "a") == 'x "y"'
    assert find_param(params, "b") == ""
    assert find_param(params, "c") is None


@pytest.mark.parametrize("text", ["x", '"', '"open', "", 'a"b"'])
def test_a_text_without_quotes_around_it_is_left_alone(text: str) -> None:
    assert unquote(text) == text


@settings(deadline=None)
@given(st.text())
def test_quoting_is_undone_by_unquoting(text: str) -> None:
    assert unquote(quote(text)) == text


def _squeezed(text: str) -> str:
    return text.replace(" ", "").replace("\t", "")


@settings(deadline=None)
@given(st.text(alphabet='"\\<>,; =a\t%'))
def test_splitting_loses_nothing_and_parameters_are_pairs_or_refused(text: str) -> None:
    assert _squeezed(",".join(split_list(text))) == _squeezed(text)
    try:
        parse_params(text)
    except RemoteProtocolError:
        pass


@pytest.mark.parametrize(
    ("text", "good"), [("INVITE", True), ("a-b.!%*_+`'~", True), ("", False), ("a b", False), ("ü", False)]
)
def test_tokens(text: str, good: bool) -> None:
    assert is_token(text) is good


@pytest.mark.parametrize(("text", "value"), [("0", 0), ("0068", 68), (" 70 ", 70), ("0" * 5000 + "7", 7)])
def test_numbers(text: str, value: int) -> None:
    assert parse_number(text, "Max-Forwards", 255) == value


@pytest.mark.parametrize("text", ["", "-1", "+1", "256", "1e3", "²", "٣", "9" * 5000, "1 2"])
def test_what_is_no_number_or_too_large_is_refused(text: str) -> None:
    with pytest.raises(RemoteProtocolError, match="Max-Forwards"):
        parse_number(text, "Max-Forwards", 255)


def test_shown_text_is_short_and_plain() -> None:
    assert shown("é\n") == "'\\xe9\\n'"
    assert len(shown("x" * 1000)) == 82


@pytest.mark.parametrize(
    "text", ['"' * 30000, '"\\' * 15000, "<" * 30000, '"\\"' * 10000, ";a" * 15000 + ";", "a " * 15000]
)
def test_hostile_text_costs_linear_time(text: str) -> None:
    start = time.process_time()
    split_list("x," + text)
    try:
        parse_params(text)
    except RemoteProtocolError:
        pass
    assert time.process_time() - start < 0.5
