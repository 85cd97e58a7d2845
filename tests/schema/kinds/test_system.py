"""`System`: defaults, and limits that depend on each other."""

from datetime import timedelta
from ipaddress import ip_address

import pytest

from schema.address import PortRange
from schema.kinds.system import SystemSpec
from schema.manifest_set import parse_file
from schema.not_yet import not_yet_in

HEAD = "apiVersion: trunkline/v1\nkind: System\nmetadata: {name: system}\n"


def read(spec: str) -> SystemSpec:
    file = parse_file("f", HEAD + spec)
    assert file.problems == ()
    [resource] = file.resources
    assert isinstance(resource.spec, SystemSpec)
    return resource.spec


@pytest.mark.parametrize("spec", ["", "spec: {}\n", "spec: {media: {}, sip: {}}\n"])
def test_the_defaults(spec: str) -> None:
    system = read(spec)
    assert system == SystemSpec()
    assert (system.media.address, system.media.advertised_address) == (None, None)
    assert system.drain == timedelta(hours=4)
    assert system.media.ports == PortRange(33000, 65000)
    assert system.media.inactivity_timeout == timedelta(seconds=120)
    assert system.sip.min_expires == timedelta(seconds=60)
    assert system.sip.default_expires == timedelta(seconds=600)
    assert system.sip.max_expires == timedelta(seconds=3600)
    assert system.sip.nonce_lifetime == timedelta(minutes=5)
    assert system.sip.user_agent == "Trunkline"


def test_everything_can_be_set() -> None:
    system = read(
        "spec:\n"
        "  media: {address: 0.0.0.0, advertisedAddress: 192.0.2.1, ports: 40000-41000, inactivityTimeout: 5m}\n"
        "  sip: {minExpires: 30s, defaultExpires: 30s, maxExpires: 2h, nonceLifetime: 1m, userAgent: PBX/2}\n"
    )
    assert system.media.address == ip_address("0.0.0.0")
    assert system.media.advertised_address == ip_address("192.0.2.1")
    assert system.sip.max_expires == timedelta(hours=2)
    assert system.sip.user_agent == "PBX/2"


def test_the_defaults_of_what_is_to_come_are_what_is_done_now() -> None:
    system = read("")
    assert list(not_yet_in(system)) == []
    assert (system.network.profile, system.network.ipv6) == ("lan", True)
    assert (system.logging.level, system.logging.statistics_interval) == ("info", timedelta(minutes=10))
    assert (system.congestion.enabled, system.congestion.threshold_percent) == (True, 80)
    assert (system.sip.session_timer.interval, system.sip.session_timer.minimum) == (
        timedelta(seconds=120),
        timedelta(seconds=90),
    )
    assert (system.web.http.port, system.web.https.port) == (8888, 8887)
    assert (system.security.web_logins.failed, system.security.web_logins.ban) == (10, timedelta(hours=1))
    assert (system.rules.set, system.rules.off) == ("standard", ())


TO_COME = [
    ("network: {ipv6: false}", ("network", "ipv6")),
    ("media: {builtIn: false}", ("media", "builtIn")),
    ("conferences: {builtIn: false}", ("conferences", "builtIn")),
    ("presence: {mode: peer-to-peer}", ("presence", "mode")),
    ("congestion: {enabled: false}", ("congestion", "enabled")),
    ("congestion: {thresholdPercent: 70}", ("congestion", "thresholdPercent")),
    ("logging: {level: debug}", ("logging", "level")),
    ("logging: {statisticsInterval: 1m}", ("logging", "statisticsInterval")),
    ("sip: {prack: true}", ("sip", "prack")),
    ("sip: {outbound: true}", ("sip", "outbound")),
    ("sip: {sessionTimer: {enabled: true}}", ("sip", "sessionTimer", "enabled")),
    ("sip: {authentication: {authInt: true}}", ("sip", "authentication", "authInt")),
    ("sip: {authentication: {digest: false}}", ("sip", "authentication", "digest")),
    ("sip: {authentication: {wrongNonce: refuse}}", ("sip", "authentication", "wrongNonce")),
    ("web: {http: {port: 8080}}", ("web", "http")),
    ("web: {https: {enabled: true}}", ("web", "https")),
    ("security: {webLogins: {failed: 5}}", ("security", "webLogins")),
]


@pytest.mark.parametrize(("spec", "path"), TO_COME)
def test_what_is_to_come_is_accepted_and_marked(spec: str, path: tuple[str, ...]) -> None:
    assert list(not_yet_in(read(f"spec: {{{spec}}}\n"))) == [path]


@pytest.mark.parametrize(
    "spec",
    [
        "network: {profile: public}",
        'reservedNumbers: [{number: "9000", service: fax}]',
        "rules: {set: strict, off: [{rule: hours-gap, reason: Closed over noon on purpose}]}",
    ],
)
def test_what_rules_alone_ask_is_carried_out(spec: str) -> None:
    assert list(not_yet_in(read(f"spec: {{{spec}}}\n"))) == []


@pytest.mark.parametrize(
    ("spec", "rule"),
    [
        ("spec: {sip: {sessionTimer: {interval: 60s}}}\n", "duration"),
        ("spec: {sip: {sessionTimer: {interval: 2m, minimum: 3m}}}\n", "session-order"),
        ("spec: {network: {advertisedIpv4: '::1'}}\n", "address"),
        ("spec: {network: {advertisedIpv6: 192.0.2.1}}\n", "address"),
        ("spec: {network: {profile: cloud}}\n", "value"),
        ("spec: {congestion: {thresholdPercent: 101}}\n", "range"),
        ("spec: {web: {https: {certificate: c.pem}}}\n", "certificate-pair"),
        ("spec: {rules: {off: [{rule: hours-gap}]}}\n", "missing-field"),
        ("spec: {rules: {off: [{rule: hours-gap, reason: short}]}}\n", "rule-reason"),
        ("spec: {rules: {off: [{rule: 'Hours Gap', reason: Closed over noon on purpose}]}}\n", "rule-id"),
        ("spec: {rules: {set: lax}}\n", "value"),
        ("spec: {sip: {minExpires: 20m}}\n", "expires-order"),
        ("spec: {sip: {maxExpires: 5m}}\n", "expires-order"),
        ("spec: {sip: {minExpires: 2h, maxExpires: 3h}}\n", "duration"),
        ("spec: {media: {ports: 33000}}\n", "port-range"),
        ("spec: {media: {advertisedAddress: 0.0.0.0}}\n", "address"),
    ],
)
def test_what_does_not_fit_is_refused(spec: str, rule: str) -> None:
    assert [problem.rule for problem in parse_file("f", HEAD + spec).problems] == [rule]


def test_there_is_no_other_system() -> None:
    [problem] = parse_file("f", HEAD.replace("{name: system}", "{name: other}")).problems
    assert problem.rule == "resource-name"


@pytest.mark.parametrize(("text", "seconds"), [("0s", 0), ("90m", 5400), ("168h", 604_800)])
def test_how_long_calls_drain(text: str, seconds: int) -> None:
    assert read(f"spec: {{drain: {text}}}\n").drain.total_seconds() == seconds


@pytest.mark.parametrize("text", ["169h", "4", "-1s", "forever"])
def test_no_time_to_drain(text: str) -> None:
    [problem] = parse_file("f", f"{HEAD}spec: {{drain: {text}}}\n").problems
    assert problem.rule == "duration"
