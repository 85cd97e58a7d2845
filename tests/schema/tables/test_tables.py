"""Tables of extensions, inbound rules and trunks: read, written, read again; and everything that may be wrong with one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.kinds.extension import ExtensionSpec
from schema.manifest_set import load, parse_file
from schema.tables.rates import rate_tables, read_rates, write_rates
from schema.tables.reading import read_table
from schema.tables.registry import EXTENSIONS, INBOUND_RULES, TABLES, TRUNKS
from schema.tables.writing import write_table

ROOT = Path(__file__).resolve().parents[3]
TENANT = "apiVersion: trunkline/v1\nkind: Tenant\nmetadata: {name: acme}\nspec: {domain: acme.example}\n"
LISTENER = "apiVersion: trunkline/v1\nkind: Listener\nmetadata: {name: phones}\nspec: {transport: udp, port: 5060, tenant: acme}\n"


def problems(text: str | bytes, table: str = "extensions") -> list[str]:
    content = text if isinstance(text, bytes) else text.encode()
    found = read_table(TABLES[table], "t.csv", content, "acme")
    assert bool(found.report.problems) == (not found.yaml)
    return [str(problem) for problem in found.report.problems]


def test_extensions_with_numbers_and_passwords() -> None:
    text = "Number,Display name,Password,DID,may_call_outside\n101,Ada,open-sesame-1,'+442079460101;+442079460102,yes\n0102,,,,no\n"
    found = read_table(EXTENSIONS, "t.csv", text.encode(), "acme")
    assert not found.report.problems
    assert (found.rows, found.unset) == (2, {"0102": "secrets/acme-0102"})
    assert found.secrets == {"secrets/acme-101": "open-sesame-1"}
    assert "open-sesame" not in found.yaml
    assert "open-sesame" not in repr(found)
    assembly = load([("a.yaml", found.yaml), ("b.yaml", TENANT), ("c.yaml", LISTENER)])
    assert not assembly.report.errors
    said = {str(one.ref) for one in assembly.catalog}
    assert {"Extension acme/101", "Extension acme/0102", "InboundRule acme/did-101"} <= said


@pytest.mark.parametrize("name", sorted(TABLES))
@pytest.mark.parametrize("example", ["company", "people", "trunks", "ring-group"])
def test_what_is_written_reads_again_as_the_same(name: str, example: str) -> None:
    table = TABLES[name]
    files = [(str(path), path.read_text()) for path in sorted((ROOT / "examples" / example).rglob("*.yaml"))]
    resources = [one for one in load(files).catalog if one.ref.kind == table.kind]
    for tenant in {one.ref.tenant for one in resources}:
        ours = [one for one in resources if one.ref.tenant == tenant]
        written = write_table(table, ours)
        found = read_table(table, "t.csv", written.text.encode(), tenant)
        assert not found.report.problems
        again = {one.ref: one for one in load([("t.yaml", found.yaml), *_rest(files, table.kind)]).catalog}
        for one in ours:
            if not written.left_out:
                assert again[one.ref].spec == one.spec


def _rest(files: list[tuple[str, str]], kind: str) -> list[tuple[str, str]]:
    return [
        (name, "---\n".join(part for part in text.split("---\n") if f"kind: {kind}\n" not in part))
        for name, text in files
    ]


def test_fields_without_a_column_are_said() -> None:
    files = [(str(path), path.read_text()) for path in sorted((ROOT / "examples" / "company").rglob("*.yaml"))]
    assert write_table(EXTENSIONS, load(files).catalog).left_out == {"spec.forwarding": 1}


def test_no_cell_is_a_formula() -> None:
    yaml = (
        "apiVersion: trunkline/v1\nkind: Extension\nmetadata: {tenant: acme, name: '101'}\n"
        "spec: {displayName: '=1+1', password: {file: secrets/x}}\n"
    )
    written = write_table(EXTENSIONS, load([("a.yaml", yaml), ("b.yaml", TENANT), ("c.yaml", LISTENER)]).catalog)
    assert "101,'=1+1,secrets/x" in written.text
    found = read_table(EXTENSIONS, "t.csv", written.text.encode(), "acme")
    assert 'displayName: "=1+1"' in found.yaml


FORMS = {
    "a byte order mark": b"\xef\xbb\xbfnumber,displayName\r\n101,Ada\r\n",
    "UTF-16": "number\tdisplayName\n101\tAda\n".encode("utf-16"),
    "semicolons": b"number;displayName\n101;Ada\n",
    "tabs": b"number\tdisplayName\n101\tAda\n",
    "quotes": b'"number","displayName"\n"101","Ada"\n',
    "another order, other spellings": b"DISPLAY_NAME, Number \n Ada , 101 \n",
    "blank rows and columns": b"number,displayName,\n\n101,Ada,\n,,\n",
    "no end of the last line": b"number,displayName\n101,Ada",
    "old ends of lines": b"number,displayName\r101,Ada\r",
}


@pytest.mark.parametrize("form", FORMS, ids=list(FORMS))
def test_a_table_is_read_whatever_wrote_it(form: str) -> None:
    found = read_table(EXTENSIONS, "t.csv", FORMS[form], "acme")
    assert [str(problem) for problem in found.report.problems] == []
    assert 'name: "101"' in found.yaml
    assert "displayName: Ada" in found.yaml


WRONG = {
    "nothing": (b"", "t.csv:1:1: the file is empty; its first row names columns: number, displayName"),
    "a heading only": (b"number,displayName\n", "t.csv:1:1: the table has no row"),
    "another encoding": ("number,displayName\n101,Ren\xe9\n".encode("latin-1"), "t.csv:2:1: the file is not UTF-8"),
    "another sort of file": (b"PK\x03\x04\0\0", "t.csv:1:1: the file holds a NUL"),
    "an unknown column": (b"number,dispalyName\n101,Ada\n", 't.csv:1:2: there is no column "dispalyName"; did you mean "displayName"?'),
    "a column twice": (b"number,Number\n101,102\n", "t.csv:1:2: column number stands there twice"),
    "a missing column": (b"displayName\nAda\n", "t.csv:1:1: column number is missing; add it: what others dial"),
    "an empty key": (b"number,displayName\n101,Ada\n,Grace\n", "t.csv:3:1: number is empty; write what others dial"),
    "a number twice": (b"number\n101\n102\n101\n", 't.csv:4:1: number "101" stands in line 2 already'),
    "too many cells": (b"number\n101,Ada\n", "t.csv:2:1: the row has 2 cells, and the heading 1"),
    "an open quote": (b'number,displayName\n101,"Ada\n', "t.csv:2:1: the row is no CSV"),
    "no whole number": (b"number,maxContacts\n101,two\n", 't.csv:2:2: maxContacts "two" is no whole number'),
    "too large a number": (b"number,maxContacts\n101,200\n", "t.csv:2:2: "),
    "neither yes nor no": (b"number,enabled\n101,perhaps\n", 't.csv:2:2: enabled "perhaps" is neither yes nor no'),
    "a field of a wrong form": (b"number,ringTime\n101,30\n", 't.csv:2:2: spec.ringTime is "30", a number without a unit'),
    "a did twice": (b"number,did\n101,+442079460101\n102,+442079460101\n", 't.csv:3:2: did "+442079460101" stands in line 2 already'),
    "two places of a password": (b"number,password,passwordEnv\n101,hunter2,X\n", "t.csv:2:3: passwordEnv stands beside another place"),
    "a number that is none": (b"number\n1 0 1\n", "t.csv:2:1: "),
}  # fmt: skip


@pytest.mark.parametrize("fault", WRONG, ids=list(WRONG))
def test_what_is_wrong_is_said_by_row_and_column(fault: str) -> None:
    content, told = WRONG[fault]
    found = problems(content)
    assert any(problem.startswith(told) for problem in found), found
    assert "hunter2" not in str(found)


def test_all_that_is_wrong_is_said_at_once() -> None:
    text = "number,ringTime,enabled,colour\n101,30,perhaps,red\n102,x,no,\n"
    assert [problem.split(": ")[0] for problem in problems(text)] == [
        "t.csv:1:4",
        "t.csv:2:2",
        "t.csv:2:3",
        "t.csv:3:2",
    ]


def test_a_destination() -> None:
    good = "name,did,inHours,outOfHours\nmain,+442079460100;+4420794602*,ringGroup:sales,hangUp:busy\n"
    found = read_table(INBOUND_RULES, "t.csv", good.encode(), "acme")
    assert not found.report.problems
    assert 'inHours: {"ringGroup": "sales"}' in found.yaml
    assert "t.csv:2:3: inHours" in problems("name,did,inHours\nmain,1,sales\n", "inbound-rules")[0]
    assert "did you mean" in problems("name,did,inHours\nmain,1,ringgroup:sales\n", "inbound-rules")[0]


def test_a_trunk_without_credentials_needs_no_password_and_one_with_a_user_does() -> None:
    text = "name,host,user,registrationUser\ngateway,192.0.2.1,,\ncarrier,sip.carrier.example,acct,acct\n"
    found = read_table(TRUNKS, "t.csv", text.encode(), None)
    assert not found.report.problems
    assert found.unset == {"carrier": "secrets/shared-carrier"}
    assert found.yaml.count("credentials:") == 1
    assert "tenant:" not in found.yaml


def test_a_table_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("schema.tables.reading.MOST_ROWS", 20)
    rows = "".join(f"{number}\n" for number in range(21))
    assert "the table is too long" in problems("number\n" + rows)[-1]


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: ("number,displayName\n" + text).encode()))
def test_whatever_the_content_it_is_read_or_refused(content: bytes) -> None:
    problems(content)


@given(st.text(min_size=1, max_size=40).filter(lambda text: text.strip() == text and "\0" not in text))
def test_a_name_comes_through_a_table_as_it_is_or_is_refused(name: str) -> None:
    cell = name.replace('"', '""')
    found = read_table(EXTENSIONS, "t.csv", f'number,displayName\n101,"{cell}"\n'.encode("utf-8", "replace"), "acme")
    if found.report.problems:
        return
    (extension,) = [
        one
        for one in load([("a.yaml", found.yaml), ("b.yaml", TENANT), ("c.yaml", LISTENER)]).catalog
        if isinstance(one.spec, ExtensionSpec)
    ]
    written = write_table(EXTENSIONS, [extension])
    again = read_table(EXTENSIONS, "t.csv", written.text.encode(), "acme")
    assert again.yaml.replace("secrets/acme-101", "") == found.yaml.replace("secrets/acme-101", "")


def test_no_two_tenants_have_one_password_file() -> None:
    files = set()
    for tenant, number in (("a", "b-c"), ("a-b", "c"), ("a-b", "c-d"), ("a", "b-c-d")):
        found = read_table(TABLES["extensions"], "people.csv", f"number\n{number}\n".encode(), tenant)
        assert not found.report.problems
        files |= set(found.unset.values())
    assert len(files) == 4


# Rates


def rates(text: str) -> list[str]:
    return [str(problem) for problem in read_rates("r.csv", text.encode(), "acme", "carrier", "GBP").report.problems]


def test_rates_become_one_table_and_come_back() -> None:
    text = "name,prefix,incoming,outgoing,unit\r\nBritain,'+44,0,0.010,60\r\n\"Mobile, GB\",'+447,0,0.1,30\r\n"
    found = read_rates("r.csv", text.encode(), "acme", "carrier", "GBP")
    assert (found.report.problems, found.rows) == ((), 2)
    [table] = rate_tables(parse_file("r.yaml", found.yaml).resources)
    assert str(table.ref) == "RateTable acme/carrier"
    assert [(rate.prefix, str(rate.outgoing), rate.unit.total_seconds()) for rate in table.spec.rates] == [
        ("+44", "0.010", 60.0),
        ("+447", "0.1", 30.0),
    ]
    assert write_rates(table).text == text


def test_what_a_spreadsheet_makes_of_prefixes_and_units_is_read() -> None:
    found = read_rates("r.csv", b"Prefix;Outgoing;Unit\n44;0.01;90\n0033;0.02;1m\n", None, "carrier", None)
    [table] = rate_tables(parse_file("r.yaml", found.yaml).resources)
    assert table.ref.tenant is None
    assert [(rate.prefix, rate.unit.total_seconds()) for rate in table.spec.rates] == [("+44", 90.0), ("+33", 60.0)]


@pytest.mark.parametrize(
    ("text", "place", "rule"),
    [
        ("prefix,outgoing\n+44,0.01\n0044,0.02\n", "r.csv:3:1", "table-twice"),
        ("prefix,outgoing\n+44,-1\n", "r.csv:2:2", "money"),
        ("prefix,outgoing\n+44,1.2345678\n", "r.csv:2:2", "money"),
        ("outgoing,prefix\n1,abc\n", "r.csv:2:2", "rate-prefix"),
        ("prefix,outgoing,unit\n+44,1,0\n", "r.csv:2:3", "duration"),
        ("prefix,price\n+44,1\n", "r.csv:1:2", "table-column"),
        ("prefix,outgoing\n+44,\n", "r.csv:2:2", "table-cell"),
        ("", "r.csv:1:1", "table-form"),
    ],
)
def test_what_is_wrong_with_rates_is_told_by_row_and_column(text: str, place: str, rule: str) -> None:
    assert any(line.startswith(f"{place}: ") and line.endswith(f"[{rule}]") for line in rates(text))


@pytest.mark.parametrize("first", ["sep=;", "SEP=;", '"sep=;"'])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_line_of_excel_that_says_what_is_between_cells_is_heeded(first: str, end: str) -> None:
    text = end.join([first, "number;displayName", '101;"Lovelace, Ada"', "a b;Bob", ""])
    found = read_table(EXTENSIONS, "p.csv", text.encode(), "acme")
    assert [str(problem).partition(": ")[0] for problem in found.report] == ["p.csv:4:1"]
    good = read_table(EXTENSIONS, "p.csv", text.replace("a b", "102").encode(), "acme")
    assert good.rows == 2
    assert 'displayName: "Lovelace, Ada"' in good.yaml or "displayName: Lovelace, Ada" in good.yaml


AMOUNTS = {
    "a comma between semicolons": ("prefix;outgoing\n+44;0,05\n", "outgoing: 0.05"),
    "a comma between tabs": ("prefix\toutgoing\n+44\t0,05\n", "outgoing: 0.05"),
    "a point between semicolons": ("prefix;outgoing\n+44;0.05\n", "outgoing: 0.05"),
    "thousands": ("prefix;outgoing\n+44;1.234,50\n", 'r.csv:2:2: outgoing is "1.234,50", not an amount of money'),
    "a comma between commas": (
        'prefix,outgoing\n+44,"0,05"\n',
        'r.csv:2:2: outgoing is "0,05", not an amount of money',
    ),
}


@pytest.mark.parametrize(("text", "expected"), AMOUNTS.values(), ids=AMOUNTS)
def test_amounts_as_spreadsheets_write_them(text: str, expected: str) -> None:
    found = read_rates("r.csv", text.encode(), "acme", "x", "EUR")
    assert expected in (found.yaml or str(next(iter(found.report))))
