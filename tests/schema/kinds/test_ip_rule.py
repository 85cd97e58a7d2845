"""`IpRule`: whom it is about, and until when."""

from datetime import UTC, datetime

import pytest

from schema.kinds.ip_rule import IpRuleSpec
from schema.manifest_set import parse_file

HEAD = "apiVersion: trunkline/v1\nkind: IpRule\nmetadata: {name: scanner}\n"


def read(spec: str) -> IpRuleSpec:
    [resource] = parse_file("f", f"{HEAD}spec: {{{spec}}}\n").resources
    assert isinstance(resource.spec, IpRuleSpec)
    return resource.spec


def test_the_defaults() -> None:
    spec = read("network: 198.18.0.7, action: deny")
    assert (str(spec.network), spec.action, spec.description, spec.expires) == ("198.18.0.7/32", "deny", None, None)


@pytest.mark.parametrize(
    ("written", "until"),
    [
        ("2027-01-31", datetime(2027, 2, 1, tzinfo=UTC)),
        ("2027-01-31T18:00Z", datetime(2027, 1, 31, 18, tzinfo=UTC)),
        ("2027-01-31T18:00:30+02:00", datetime(2027, 1, 31, 16, 0, 30, tzinfo=UTC)),
    ],
)
def test_until_when(written: str, until: datetime) -> None:
    spec = read(f'network: 198.18.0.0/15, action: deny, expires: "{written}"')
    assert spec.expires == until


@pytest.mark.parametrize(
    ("spec", "rule"),
    [
        ("network: 198.18.0.7/15, action: deny", "network"),
        ("network: 198.18.0.7", "missing-field"),
        ("network: 198.18.0.7, action: ban", "value"),
        ("network: 198.18.0.7, action: deny, expires: 2027-02-30", "instant"),
        ("network: 198.18.0.7, action: deny, expires: '2027-02-20T25:00Z'", "instant"),
        ("network: 198.18.0.7, action: deny, expires: '2027-02-20T10:00'", "instant"),
        ("network: 198.18.0.7, action: deny, expires: tomorrow", "instant"),
        ("network: 198.18.0.7, action: deny, expires: [2027-02-20]", "instant"),
    ],
)
def test_what_does_not_fit_is_refused(spec: str, rule: str) -> None:
    assert [problem.rule for problem in parse_file("f", f"{HEAD}spec: {{{spec}}}\n").problems] == [rule]
