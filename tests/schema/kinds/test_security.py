"""`System.spec.security`: the defaults of the reference (G1), what can be set, and what is refused."""

from datetime import timedelta
from ipaddress import ip_network

import pytest

from schema.kinds.security import Security
from schema.kinds.system import SystemSpec
from schema.manifest_set import parse_file

HEAD = "apiVersion: trunkline/v1\nkind: System\nmetadata: {name: system}\n"


def read(spec: str) -> Security:
    file = parse_file("f", f"{HEAD}spec: {{security: {spec}}}\n")
    assert file.problems == ()
    [resource] = file.resources
    assert isinstance(resource.spec, SystemSpec)
    return resource.spec.security


def test_the_defaults() -> None:
    security = read("{}")
    assert security == Security() == SystemSpec().security
    assert security.automatic_bans
    assert security.period == timedelta(seconds=10)
    assert (security.failed_authentications, security.unanswered_challenges) == (10, 500)
    assert security.ban == timedelta(seconds=3600)
    assert (security.level2.rate, security.level2.ban) == (2000, timedelta(seconds=30))
    assert (security.level1.rate, security.level1.ban) == (5000, timedelta(seconds=3600))
    assert (security.allow, security.deny) == ((), ())


def test_everything_can_be_set() -> None:
    security = read(
        "{automaticBans: false, period: 1m, failedAuthentications: 3, unansweredChallenges: 50, ban: 24h, "
        "level2: {rate: 100, ban: 1m}, level1: {rate: 200, ban: 48h}, "
        "allow: [{network: 192.0.2.0/24, description: London}], deny: [{network: '2001:db8::1'}]}"
    )
    assert not security.automatic_bans
    assert security.period == timedelta(minutes=1)
    assert security.level1.ban == timedelta(hours=48)
    [allowed], [denied] = security.allow, security.deny
    assert (allowed.network, allowed.description) == (ip_network("192.0.2.0/24"), "London")
    assert (denied.network, denied.description) == (ip_network("2001:db8::1/128"), None)


@pytest.mark.parametrize(
    ("spec", "rule"),
    [
        ("{period: 9999h}", "duration"),
        ("{period: 10}", "duration"),
        ("{failedAuthentications: 0}", "range"),
        ("{automaticBans: 'no'}", "type"),
        ("{level1: {rate: 2000}}", "rates-order"),
        ("{level2: {rate: 5000}}", "rates-order"),
        ("{allow: [{network: pbx.example.com}]}", "network"),
        ("{allow: [{network: 192.0.2.1/24}]}", "network"),
        ("{allow: [{network: 192.0.2.0/33}]}", "network"),
        ("{allow: [{description: London}]}", "missing-field"),
        ("{deny: [{network: 192.0.2.1, expires: tomorrow}]}", "unknown-field"),
        ("{deny: [{network: 192.0.2.1, description: ''}]}", "remark"),
    ],
)
def test_what_does_not_fit_is_refused(spec: str, rule: str) -> None:
    assert [problem.rule for problem in parse_file("f", f"{HEAD}spec: {{security: {spec}}}\n").problems] == [rule]


def test_who_wants_a_very_long_period_is_told_what_is_meant() -> None:
    [problem] = parse_file("f", f"{HEAD}spec: {{security: {{period: 9999h}}}}\n").problems
    assert problem.hint == 'the longest is "1h"; to ban nobody, write automaticBans: false instead'
