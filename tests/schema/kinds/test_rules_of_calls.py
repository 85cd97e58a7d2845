"""`InboundRule`, `OutboundRule` and `RingGroup`: what is wrong with them is said at its place."""

import pytest

from schema.manifest_set import load
from tests.support.manifests import GOOD, resource


def rules_of(kind: str, spec: str) -> list[str]:
    report = load([*GOOD.items(), ("t.yaml", resource(kind, "acme", "one", spec))]).report
    return [problem.rule for problem in report.problems if problem.mark.file == "t.yaml"]


@pytest.mark.parametrize(
    ("kind", "spec", "rules"),
    [
        ("InboundRule", "match: {}\ninHours: {hangUp: busy}\n", ["inbound-match"]),
        ("InboundRule", 'match: {did: "1*2"}\ninHours: {hangUp: busy}\n', ["number-mask"]),
        ("InboundRule", 'match: {did: "*"}\n', ["missing-field"]),
        ("InboundRule", 'match: {did: "*"}\ninHours: busy\n', ["destination"]),
        ("OutboundRule", "routes: []\n", ["range"]),
        ("OutboundRule", "routes: [{trunk: a}, {trunk: b}, {trunk: c}, {trunk: d}]\n", ["range"]),
        ("OutboundRule", "routes: [{trunk: a, strip: 33}]\n", ["range"]),
        ("OutboundRule", "routes: [{trunk: a, prepend: 0 0}]\n", ["digits"]),
        ("OutboundRule", "routes: [{trunk: a, callerId: '020'}]\n", ["full-number"]),
        ("OutboundRule", "routes: [{trunk: a}]\nfailoverOn: [200]\n", ["range"]),
        ("OutboundRule", "routes: [{trunk: a}]\nmatch: {length: {min: 5, max: 4}}\n", ["length-order"]),
        ("OutboundRule", "routes: [{trunk: a}]\nmatch: {prefixes: [x]}\n", ["prefix"]),
        ("OutboundRule", "routes: [{trunk: a}]\nmatch: {prefixes: '00'}\n", ["type"]),
        ("RingGroup", "number: 200\nmembers: []\n", ["range"]),
        ("RingGroup", "number: 200\nmembers: ['101']\nstrategy: random\n", ["value"]),
        ("RingGroup", "number: 200\nmembers: ['101']\nringTime: 1s\n", ["duration"]),
        ("RingGroup", "number: 200\nmembers: ['101']\nnoAnswer: {fax: a}\n", ["destination"]),
        ("RingGroup", "members: ['101']\n", ["missing-field"]),
    ],
)
def test_refusals(kind: str, spec: str, rules: list[str]) -> None:
    assert rules_of(kind, spec) == rules


def test_the_entry_of_a_list_is_named() -> None:
    spec = "routes:\n  - {trunk: a}\n  - {trunk: b, strip: many}\n"
    [problem] = [
        found
        for found in load([*GOOD.items(), ("t.yaml", resource("OutboundRule", "acme", "one", spec))]).report.problems
        if found.mark.file == "t.yaml"
    ]
    assert (problem.mark.line, problem.message.split(" is ")[0]) == (7, "spec.routes[1].strip")
