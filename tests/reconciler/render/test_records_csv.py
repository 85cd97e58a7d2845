"""CSV of call records: read back by the csv module it is what it was, and no cell is a formula."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.render.records_csv import COLUMNS, cells, text_cell
from schema.tables.cell import unguarded
from tests.support.call_records import TWO_BILLS, record

GUARDED = [
    ("101", "101"),
    ("+442079460100", "+442079460100"),
    ("+44 20 7946", "'+44 20 7946"),
    ("+", "'+"),
    ("+1+cmd|' /C calc'!A0", "'+1+cmd|' /C calc'!A0"),
    ("=1+1", "'=1+1"),
    ("-1", "'-1"),
    ("@SUM(A1)", "'@SUM(A1)"),
    ("\t=1", "'\t=1"),
    ("\r=1", "'\r=1"),
    ("\uff1d1+1", "'\uff1d1+1"),
    ("'t Hooft", "'t Hooft"),
    ("'=1", "''=1"),
    ("*97", "*97"),
    ("", ""),
    ("+\u0664\u0664", "'+\u0664\u0664"),
]


@pytest.mark.parametrize(("text", "cell"), GUARDED)
def test_what_a_spreadsheet_would_calculate_is_text(text: str, cell: str) -> None:
    assert text_cell(text) == cell
    assert unguarded(cell) == text


@given(st.text())
@example("''=")
def test_a_guard_can_be_taken_off_again(text: str) -> None:
    assert unguarded(text_cell(text)) == text


@given(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8", exclude_characters="\0")))
@example('a "quoted", name', "=1\r\n2")
def test_a_line_comes_back_as_it_was(display: str, callee: str) -> None:
    made = cells(replace(record(1), caller_display=display.replace("\0", ""), callee=callee))
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerow(made)
    (read,) = csv.reader(io.StringIO(text.getvalue(), newline=""))
    assert read == made
    assert unguarded(read[list(COLUMNS).index("callee")]) == callee


def test_what_a_call_cost() -> None:
    names = ("prefix", "rate", "rate_unit_s", "cost", "currency", "paid_by")
    line = dict(zip(COLUMNS, cells(replace(record(1), bills=TWO_BILLS)), strict=True))
    assert [line[name] for name in names] == ["+447", "0.055", "30", "0.205", "GBP", "102; 103"]
    plain = dict(zip(COLUMNS, cells(record(1)), strict=True))
    assert [plain[name] for name in names] == [""] * 6


def test_columns() -> None:
    line = dict(zip(COLUMNS, cells(replace(record(1), caller_display="b\udce4r")), strict=True))
    assert line["started_at"] == "2026-11-20T09:14:01.000000Z"
    assert line["talk_s"] == "60.500"
    assert (line["outcome"], line["sip_status"], line["ended_by"]) == ("ANSWERED", "200", "caller")
    assert line["decided_by"] == "Extension acme/sales (sales.yaml:7)"
    assert line["caller_display"] == "b\N{REPLACEMENT CHARACTER}r"
    assert (line["direction"], line["trunk"], line["targets"], line["went_on_to"]) == ("internal", "", "1", "")
    unanswered = dict(zip(COLUMNS, cells(record(1, talk_s=None)), strict=True))
    assert (unanswered["answered_at"], unanswered["answered_by"], unanswered["talk_s"]) == ("", "", "0.000")
