"""What of a resource is not carried out yet: found where it is written, and only if it differs from the default."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from schema.destination import To
from schema.document import Path
from schema.kinds.inbound_rule import InboundRuleSpec
from schema.manifest_set import parse_file
from schema.not_yet import marks_of, not_yet_in
from schema.rules.registry import STRICT_RULES
from tests.support.fictitious_kinds import BEACON, LAMP, make_known
from tests.support.manifests import resource


@pytest.mark.parametrize(
    ("spec", "paths"),
    [
        ("{}", []),
        ("{height: 3, spare: {}, words: []}", []),
        ("{height: 4}", [("height",)]),
        ("{spare: {watts: 5}}", []),
        ("{spare: {watts: 6}}", [("spare",)]),
        ("{words: [dot]}", []),
        ("{words: [dot, dash]}", [("words",)]),
        ("{bulbs: [{colour: white}, {watts: 7, colour: red}]}", [("bulbs", 1, "colour")]),
    ],
)
def test_paths(spec: str, paths: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    make_known(monkeypatch)
    [beacon] = parse_file("a.yaml", BEACON.replace("{height: 7}", spec)).resources
    assert list(not_yet_in(beacon.spec)) == paths


def test_destinations_are_told_by_their_form() -> None:
    spec = {"match": {"did": "*"}, "inHours": {"extension": "101"}, "outOfHours": {"queue": "help"}}
    assert list(not_yet_in(InboundRuleSpec.model_validate(spec))) == [("outOfHours",)]
    assert [mark.counts(To("ringGroup", "x")) for mark in marks_of(InboundRuleSpec.model_fields["in_hours"])] == [False]


def test_a_model_without_marks_has_none() -> None:
    class Plain(BaseModel):
        size: int = 0

    assert list(not_yet_in(Plain(size=3))) == []


def problems(*texts: str) -> list[str]:
    parsed = parse_file("a.yaml", "---\n".join(texts))
    assert not parsed.problems
    return [str(problem) for rule in STRICT_RULES for problem in rule.problems(parsed.resources)]


def test_the_strict_rule_names_the_field_at_its_place() -> None:
    rule = resource(
        "InboundRule", "acme", "main", 'match: {did: "*"}\ninHours: {extension: "101"}\noutOfHours: {queue: help}\n'
    )
    [told] = problems(rule)
    assert told == (
        "a.yaml:7:3: warning: spec.outOfHours of InboundRule acme/main is not carried out yet: it is accepted, and "
        "calls that it sends there are refused; nothing is to be mended; remove the field if it must not wait [not-supported-yet]"
    )
    assert problems(rule.replace("queue: help", "hangUp: busy")) == []


@pytest.mark.parametrize(
    ("kind", "spec", "does"),
    [
        ("RingGroup", 'number: "700"\ntype: paging\nmembers: ["101"]\n', "calls to it are refused"),
        (
            "Extension",
            "password: {env: P}\nforwarding: [{when: busy, to: {queue: q}}]\n",
            "calls that it sends there are refused",
        ),
        ("Extension", "password: {env: P}\nmayPage: true\n", "does nothing"),
    ],
)
def test_the_strict_rule_says_what_becomes_of_calls(kind: str, spec: str, does: str) -> None:
    [told] = problems(resource(kind, "acme", "one", spec))
    assert f"is not carried out yet: it is accepted, and {does};" in told


def test_the_strict_rule_names_the_kind_once(monkeypatch: pytest.MonkeyPatch) -> None:
    make_known(monkeypatch)
    assert [told.split(";")[0] for told in problems(LAMP, BEACON)] == [
        "a.yaml:2:7: warning: Lamp acme/porch is not carried out yet: it is accepted, and calls to it are refused",
        "a.yaml:9:7: warning: Beacon tower is not carried out yet: it is accepted, and does nothing",
    ]
