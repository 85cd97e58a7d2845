"""The SARIF log: golden, of the form of SARIF 2.1.0 as far as we use it, the same problems as in any other format."""

from __future__ import annotations

import json
import re
from urllib.parse import unquote, urlsplit

import jsonschema
import pytest
from syrupy.assertion import SnapshotAssertion

from reconciler.handbook import entries
from reconciler.render.checked import Checked
from reconciler.render.problems_sarif import problems_sarif
from schema.mark import Mark
from schema.problem import Problem, Report, printable
from tests.support.checked import CLEAN, FAULTY, NASTY, NASTY_FILE, NASTY_TEXT

HERE = "/home/ada/pbx"

# What SARIF 2.1.0's schema and §3 ask of the objects that we write; nothing else may be in them.
TEXT = {"type": "object", "properties": {"text": {"type": "string", "minLength": 1}}, "required": ["text"]}
LEVEL = {"enum": ["none", "note", "warning", "error"]}


def closed(required: dict[str, object], **optional: object) -> dict[str, object]:
    properties = {**required, **optional}
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


URI_REFERENCE = r"^([A-Za-z0-9._~!$&'()*+,;=@/:-]|%[0-9A-Fa-f]{2})+$"
LOCATION = closed({"uri": {"type": "string", "pattern": URI_REFERENCE}}, uriBaseId={"type": "string"})
REGION = closed({"startLine": {"type": "integer", "minimum": 1}}, startColumn={"type": "integer", "minimum": 1})
HELP = closed({"text": {"type": "string", "minLength": 1}}, markdown={"type": "string", "minLength": 1})
RULE = closed(
    {"id": {"type": "string", "minLength": 1}},
    shortDescription=TEXT,
    fullDescription=TEXT,
    help=HELP,
    defaultConfiguration=closed({"level": LEVEL}),
)
RESULT = closed(
    {"message": TEXT},
    ruleId={"type": "string"},
    ruleIndex={"type": "integer", "minimum": -1},
    level=LEVEL,
    locations={
        "type": "array",
        "items": closed({}, physicalLocation=closed({"artifactLocation": LOCATION}, region=REGION)),
    },
)
DRIVER = closed(
    {"name": {"type": "string"}},
    version={"type": "string"},
    rules={"type": "array", "uniqueItems": True, "items": RULE},
)
RUN = closed(
    {"tool": closed({"driver": DRIVER})},
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    originalUriBaseIds={"type": "object", "additionalProperties": closed({"description": TEXT})},
    invocations={
        "type": "array",
        "items": closed({"executionSuccessful": {"type": "boolean"}}, exitCode={"type": "integer"}),
    },
    artifacts={"type": "array", "uniqueItems": True, "items": closed({"location": LOCATION})},
    results={"type": "array", "items": RESULT},
    properties={"type": "object"},
)
LOG = closed(
    {"version": {"const": "2.1.0"}, "runs": {"type": "array", "minItems": 1, "items": RUN}},
    **{"$schema": {"type": "string", "format": "uri"}},
)


def text_of(checked: Checked) -> str:
    return problems_sarif(checked, version="0.1.0", here=HERE)


def results(checked: Checked) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(text_of(checked))["runs"][0]["results"]
    return found


def place(result: dict[str, object]) -> tuple[str, str | None, int, int]:
    locations = result["locations"]
    assert isinstance(locations, list)
    physical = locations[0]["physicalLocation"]
    artifact, region = physical["artifactLocation"], physical["region"]
    return artifact["uri"], artifact.get("uriBaseId"), region["startLine"], region["startColumn"]


def message(result: dict[str, object]) -> str:
    """What a reader shows: doubled braces are single ones, escaped brackets are brackets."""
    told = result["message"]
    assert isinstance(told, dict)
    text = str(told["text"]).replace("{{", "{").replace("}}", "}")
    return re.sub(r"\\([\\\[\]])", r"\1", text) if "\\](" in text else text


def test_golden(snapshot: SnapshotAssertion) -> None:
    log = json.loads(text_of(FAULTY))
    driver = log["runs"][0]["tool"]["driver"]
    # All rules with all their words, and their places in that list, would change this file with each new one.
    for result in log["runs"][0]["results"]:
        assert driver["rules"][result.pop("ruleIndex")]["id"] == result["ruleId"]
    driver["rules"] = [rule for rule in driver["rules"] if rule["id"] in {"secret-literal", "secret-weak", "value"}]
    assert json.dumps(log, indent=2) == snapshot


@pytest.mark.parametrize("checked", [CLEAN, FAULTY, NASTY], ids=["clean", "faulty", "nasty"])
def test_a_log_has_the_form_of_the_standard(checked: Checked) -> None:
    jsonschema.Draft202012Validator.check_schema(LOG)
    jsonschema.validate(json.loads(text_of(checked)), LOG, cls=jsonschema.Draft202012Validator)


def test_all_rules_are_listed_with_their_words() -> None:
    rules = json.loads(text_of(CLEAN))["runs"][0]["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == list(entries())
    assert all(len(rule["help"]["text"]) > 20 and rule["shortDescription"]["text"].endswith(".") for rule in rules)
    assert [rule["id"] for rule in rules if rule["defaultConfiguration"]["level"] == "warning"] == [
        entry.id for entry in entries().values() if entry.severity.value == "warning"
    ]


def test_a_result_is_the_problem_that_all_other_formats_show() -> None:
    rules = json.loads(text_of(FAULTY))["runs"][0]["tool"]["driver"]["rules"]
    shown = [
        (rules[result["ruleIndex"]]["id"], result["level"], place(result), message(result))
        for result in results(FAULTY)
    ]
    assert shown == [
        (p.rule, p.severity.value, (p.mark.file, "%SRCROOT%", p.mark.line, p.mark.column), f"{p.message}; {p.hint}")
        for p in FAULTY.report
    ]


def test_nasty_characters_come_back() -> None:
    [result] = results(NASTY)
    assert unquote(place(result)[0]) == NASTY_FILE
    assert message(result) == f"{printable(NASTY_TEXT)}; don't"


def one(file: str) -> Checked:
    problem = Problem(mark=Mark(file, 1, 1), message="m", hint="h", rule="value")
    return Checked(files=(file,), resources={}, report=Report.of([problem]))


@pytest.mark.parametrize(
    ("file", "uri", "base"),
    [
        ("manifests/a.yaml", "manifests/a.yaml", "%SRCROOT%"),
        ("./manifests//a.yaml", "manifests/a.yaml", "%SRCROOT%"),
        ("/home/ada/pbx/manifests/a.yaml", "manifests/a.yaml", "%SRCROOT%"),
        ("../other/a b.yaml", "file:///home/ada/other/a%20b.yaml", None),
        ("/etc/pbx/ü.yaml", "file:///etc/pbx/%C3%BC.yaml", None),
        ("manifests/a:b.yaml", "manifests/a%3Ab.yaml", "%SRCROOT%"),
    ],
)
def test_a_file_is_relative_to_where_the_user_stands_if_it_lies_below(file: str, uri: str, base: str | None) -> None:
    [result] = results(one(file))
    assert place(result)[:2] == (uri, base)
    assert urlsplit(uri).scheme == ("" if base else "file")


def test_a_link_in_a_value_is_no_link() -> None:
    problem = Problem(mark=Mark("a.yaml", 1, 1), message="see [x](http://y)", hint="h", rule="value")
    [result] = results(Checked(files=("a.yaml",), resources={}, report=Report.of([problem])))
    assert result["message"] == {"text": "see \\[x\\](http://y); h"}
