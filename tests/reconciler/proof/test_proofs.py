"""Each proof finds its planted fault of docs/faults, and says nothing of its clean twin."""

import pytest

from ci.faults import Fault, faults
from reconciler.handbook import OF_ROUTING
from schema.problem import Severity

# the proof, what makes its planted fault right
TWINS = [
    ("emergency-unreachable", '["00"]', '["00", "112"]'),
    ("emergency-unreachable", 'match: {prefixes: ["00"]}, ', ""),
    ("emergency-without-route", "host: 192.0.2.50", "host: 192.0.2.50, enabled: false"),
    ("emergency-without-route", "{password: {env: P}}", "{password: {env: P}, enabled: false}"),
    ("emergency-number-taken", 'name: "112"', 'name: "113"'),
    ("emergency-blocked", ', "999"', ""),
    ("emergency-numbers-foreign", "[0112]", '["112", "0112"]'),
    ("emergency-numbers-foreign", ", emergencyNumbers: [0112]", ""),
    ("emergency-blocked", '"999"]', '"998"], calls: from'),
    ("emergency-without-caller-id", '102"}\nspec: {', '102"}\nspec: {outboundCallerId: "+442079460100", '),
    ("emergency-without-caller-id", "host: 192.0.2.50", 'host: 192.0.2.50, callerId: {number: "+442079460100"}'),
    ("emergency-without-caller-id", 'password: {env: P}, outboundCallerId: "+442079460100"', "password: {env: P}"),
    ("deny-without-allow", "{deny: [CU, KP]}", "{allow: [US, CA]}"),
    ("deny-without-allow", "spec: {routes", 'spec: {match: {prefixes: ["911", "112", "0", "+"]}, routes'),
    (
        "deny-without-allow",
        "spec: {routes: [{trunk: carrier",
        'spec: {match: {prefixes: ["911", "112", "9011"]}, routes: [{strip: 1, trunk: carrier',
    ),
    ("deny-without-allow", ", mayCallOutside: true", ""),
    ("inbound-mask-national", "070*", "+4470*"),
    ("inbound-mask-national", 'cid: "070*"', 'cid: "070*", asDialled: true'),
    ("inbound-rule-shadowed", "inHours: {hangUp: busy}}", "inHours: {hangUp: busy}, enabled: false}"),
    ("inbound-rule-shadowed", "[carrier], match: {did: ", '[carrier], match: {cid: "+49*", did: '),
    ("inbound-mask-national", "{country: GB}", "{country: US}"),
    ("inbound-rule-outranked", ', cid: "+4470*"', ""),
    ("inbound-rule-outranked", 'did: "*"', 'did: "+442079460100"'),
    ("outbound-rule-shadowed", "order: 1, ", ""),
    ("outbound-rule-shadowed", "order: 1, ", 'order: 1, match: {prefixes: ["0", "1"], length: {max: 4}}, '),
    ("outbound-rule-without-trunk", ", enabled: false", ""),
    ("destination-dead", "enabled: false, ", ""),
    ("destination-dead", '{external: "+493012345"}', "{hangUp: busy}"),
    ("destination-help", '"112"', '"1120"'),
    ("destination-own-number", '"+442079460100"', '"+442079460101"'),
    ("ring-group-dead", ", enabled: false", ""),
    ("relay-unbounded", "host: 192.0.2.50", "host: 192.0.2.50, maxChannels: 4"),
    ("relay-unbounded", '{external: "+493012345"}', "{hangUp: busy}"),
    ("number-of-other-tenant", '"+442079460100"}', '"+442079460199"}'),
    ("number-of-other-tenant", 'did: "+442079460100"', 'did: "+44207946010*"'),
    ("number-without-rule", ', callerId: {number: "+442079460100"}', ""),
    ("toll-exposure", "budget: 100", "budget: 300"),
    ("toll-exposure", "[GB, CU]", "[GB]"),
    ("toll-exposure", "mayCallOutside: true", "mayCallOutside: false"),
    ("toll-unknown", ", FR]", "]"),
    ("toll-unknown", ", budget: 1000", ""),
    ("did-two-owners", "+4420794601*", "+4420794602*"),
    ("did-two-owners", "+4420794601*", "*"),
    ("did-two-owners", "host: 192.0.2.50", "host: 192.0.2.50, tenants: [acme]"),
]


def found(rule: str, text: str) -> list[str]:
    return [problem.rule for problem in Fault(rule, "", text).problems()]


@pytest.mark.parametrize(("rule", "fault", "right"), TWINS)
def test_planted_faults_and_clean_twins(rule: str, fault: str, right: str) -> None:
    text = faults()[rule].text
    assert set(found(rule, text)) == {rule}
    assert fault in text
    assert found(rule, text.replace(fault, right, 1)) in ([], ["inbound-rule-shadowed"])


def test_every_proof_has_a_twin() -> None:
    assert {rule for rule, _, _ in TWINS} == set(OF_ROUTING)


def test_errors_hold_back_and_warnings_do_not() -> None:
    severities = {rule: {problem.severity for problem in faults()[rule].problems()} for rule in OF_ROUTING}
    errors = {rule for rule, found_severities in severities.items() if found_severities == {Severity.ERROR}}
    assert errors == {
        "emergency-unreachable",
        "emergency-number-taken",
        "did-two-owners",
        "number-of-other-tenant",
        "toll-exposure",
    }


@pytest.mark.parametrize(
    ("blocked", "expected"),
    [
        ('{number: "+49*"}', ["inbound-rule-shadowed"]),
        ('{number: ["+4930*", anonymous], calls: from, remark: They sell}', []),
        ('{number: "+49*", calls: to}', []),
        ('{number: "070*"}', ["inbound-mask-national"]),
    ],
)
def test_what_a_tenant_blocks(blocked: str, expected: list[str]) -> None:
    planted = faults()["inbound-rule-shadowed"].text
    text = planted.replace("[carrier], match: {did: ", '[carrier], match: {cid: "+49*", did: ')
    spec = f"{{domain: globex.example, dialling: {{country: GB}}, blocked: [{blocked}]}}"
    globex = f"apiVersion: trunkline/v1\nkind: Tenant\nmetadata: {{name: globex}}\nspec: {spec}\n"
    assert found("inbound-rule-shadowed", f"{globex}---\n{text.replace('acme', 'globex')}") == expected


AT = {
    "destination-dead": "{external",
    "destination-help": "{external",
    "destination-own-number": "{external",
    "emergency-blocked": '"999"',
    "emergency-number-taken": None,
    "emergency-numbers-foreign": "[0112]",
    "deny-without-allow": "[CU, KP]",
    "emergency-unreachable": None,
    "emergency-without-route": None,
    "inbound-mask-national": '"070*"',
    "inbound-rule-outranked": '"+4470*"',
    "number-of-other-tenant": '"+442079460100"',
    "number-without-rule": '"+442079460100"',
    "relay-unbounded": "{external",
    "toll-exposure": "100}",
    "toll-unknown": "carrier, budget",
    "did-two-owners": '"+442079460',
}
"""What stands at the place of a finding; None = nothing is written there, so that it is told at what is around it."""


@pytest.mark.parametrize("rule", sorted(OF_ROUTING))
def test_a_finding_stands_at_the_value_that_is_meant(rule: str) -> None:
    fault = faults()[rule]
    lines = fault.text.splitlines()
    for problem in fault.problems():
        assert problem.mark.column > 1
        if AT.get(rule) is not None and problem.mark.file == "pbx.yaml":
            assert lines[problem.mark.line - 1][problem.mark.column - 1 :].startswith(AT[rule] or "")


WAYS = """\
apiVersion: trunkline/v1
kind: Trunk
metadata: {tenant: acme, name: carrier}
spec: {host: 192.0.2.50, maxChannels: 4}
---
apiVersion: trunkline/v1
kind: Extension
metadata: {tenant: acme, name: "101"}
spec: {password: {env: P}}
---
apiVersion: trunkline/v1
kind: InboundRule
metadata: {tenant: acme, name: main}
spec: {match: {did: "+442079460100"}, inHours: {receptionist: welcome}}
---
apiVersion: trunkline/v1
kind: OutboundRule
metadata: {tenant: acme, name: outside}
spec: {match: {prefixes: ["00", "112", "+44"]}, routes: [{trunk: carrier}]}
---
apiVersion: trunkline/v1
kind: Queue
metadata: {tenant: acme, name: help}
spec: {number: "9100", members: ["101"], overflow: TO_OVERFLOW}
---
apiVersion: trunkline/v1
kind: Receptionist
metadata: {tenant: acme, name: welcome}
spec:
  number: "9000"
  directDial: {enabled: false}
  inHours: {keys: {"1": TO_KEY}, onTimeout: TO_TIMEOUT, onInvalid: TO_INVALID}
  lines: [{trunks: [carrier], inHours: {onTimeout: TO_LINE}}]
  actions: [{name: them, callers: ["+4930"], to: TO_ACTION}]
"""
PLACES = ("KEY", "TIMEOUT", "INVALID", "LINE", "ACTION", "OVERFLOW")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("number", "rule"),
    [
        ("+493012345", "destination-dead"),
        ("112", "destination-help"),
        ("+442079460100", "destination-own-number"),
        ("+442079460199", None),
    ],
)
def test_destinations_in_menus_and_queues_are_proven_where_they_stand(
    place: str, number: str, rule: str | None
) -> None:
    text = WAYS.replace(f"TO_{place}", f'{{external: "{number}"}}')
    for other in PLACES:
        text = text.replace(f"TO_{other}", "{hangUp: busy}")
    problems = Fault("destination-dead", "", text).problems()
    assert [problem.rule for problem in problems] == ([] if rule is None else [rule])
    for problem in problems:
        line = text.splitlines()[problem.mark.line - 1]
        assert line[problem.mark.column - 1 :].startswith(f'{{external: "{number}"}}')


def test_a_number_that_callers_reach_by_a_key_counts_in_the_worst_hour() -> None:
    text = faults()["toll-exposure"].text.replace("mayCallOutside: true", "mayCallOutside: false")
    menu = WAYS.rsplit("---\n", maxsplit=1)[-1].replace("TO_KEY", '{external: "00531234567"}').replace("acme", "globex")
    for place in PLACES:
        menu = menu.replace(f"TO_{place}", "{hangUp: busy}")
    assert found("toll-exposure", text) == []
    assert "toll-exposure" in found("toll-exposure", f"{text}---\n{menu}")
    # One that may not be called costs nothing: the call ends there.
    assert found("toll-exposure", f"{text}---\n{menu}".replace("[GB, CU]", "[GB]")) == ["destination-dead"]


@pytest.mark.parametrize(("tolls", "is_told"), [("{rates: carrier}", False), ("{rates: carrier, budget: 1000}", True)])
@pytest.mark.parametrize("billing", ["{incoming: true}", "{outgoing: true}"])
def test_numbers_without_a_rate_are_told_where_calls_are_billed_too(tolls: str, is_told: bool, billing: str) -> None:
    text = faults()["toll-unknown"].text
    assert "tolls: {rates: carrier, budget: 1000}" in text
    billed = text.replace("tolls: {rates: carrier, budget: 1000}", f"tolls: {tolls}\n  billing: {billing}")
    expected = is_told or billing == "{outgoing: true}"
    assert found("toll-unknown", billed) == (["toll-unknown"] if expected else [])


def test_what_a_profile_forwards_is_told_once() -> None:
    people = "---\n".join(
        f'apiVersion: trunkline/v1\nkind: Extension\nmetadata: {{tenant: acme, name: "{number}"}}\n'
        "spec: {profile: away, password: {env: P}}\n"
        for number in (102, 103, 104)
    )
    profile = (
        "apiVersion: trunkline/v1\nkind: ExtensionProfile\nmetadata: {tenant: acme, name: away}\n"
        'spec: {forwarding: [{when: busy, to: {external: "+493012345"}}]}\n'
    )
    text = WAYS
    for place in PLACES:
        text = text.replace(f"TO_{place}", "{hangUp: busy}")
    problems = Fault("destination-dead", "", f"{text}---\n{profile}---\n{people}").problems()
    assert [problem.rule for problem in problems] == ["destination-dead"]


def test_what_overflows_to_the_outside_needs_a_rule_that_leads_there() -> None:
    queue = (
        "apiVersion: trunkline/v1\nkind: Queue\nmetadata: {tenant: acme, name: help}\n"
        'spec: {number: "700", members: ["101"], overflow: {external: "+442079460100"}}\n'
    )
    extension = WAYS.split("---\n")[1]
    [problem] = Fault("destination-dead", "", f"{queue}---\n{extension}").problems()
    assert "no outbound rule leads there" in problem.message
    assert (problem.mark.line, problem.mark.column) == (4, 51)


@pytest.mark.parametrize(
    ("match", "is_told"),
    [
        ('match: {prefixes: ["9", "112"]}, routes: [{strip: 1, trunk: carrier}]', True),
        ('match: {prefixes: ["10", "911", "112"]}, routes: [{trunk: carrier}]', True),
        ('match: {prefixes: ["911", "112"], length: {max: 3}}, routes: [{trunk: carrier}]', False),
    ],
)
def test_by_which_rules_a_carriers_own_code_goes_out(match: str, is_told: bool) -> None:
    text = faults()["deny-without-allow"].text.replace("routes: [{trunk: carrier}]", match)
    assert found("deny-without-allow", text) == (["deny-without-allow"] if is_told else [])


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        ("Voicemail", "{}"),
        ("Queue", '{number: "999", members: ["101"]}'),
        ("Receptionist", '{number: "999", inHours: {onTimeout: {hangUp: busy}}}'),
        ("Conference", '{number: "112"}'),
    ],
)
def test_what_is_not_carried_out_yet_may_not_have_the_number_for_help_either(kind: str, spec: str) -> None:
    """999 is where one listens to voicemail by default, and where help is called in Britain."""
    named = f"apiVersion: trunkline/v1\nkind: {kind}\nmetadata: {{tenant: globex, name: one}}\nspec: {spec}\n"
    tenant = "apiVersion: trunkline/v1\nkind: Tenant\nmetadata: {name: globex}\nspec: {domain: g.example, dialling: {country: GB}}\n"
    parts = [part.replace("acme", "globex") for part in WAYS.split("---\n")[:2]]
    assert found("emergency-number-taken", "---\n".join((tenant, *parts, named))) == ["emergency-number-taken"]


@pytest.mark.parametrize(
    ("policy", "why"),
    [
        ('blocked: [{number: "+4930*", calls: to}]', "Tenant globex blocks +4930* (spec.blocked)"),
        ("countries: {deny: [DE]}", "Tenant globex may not call DE (spec.countries)"),
        ("countries: {allow: [GB]}", "no country that Tenant globex may call (spec.countries) has that number"),
        ('blocked: [{number: "+4930*", calls: from}]', ""),
        ("countries: {allow: [GB, DE]}", ""),
    ],
)
def test_calls_are_not_sent_where_the_tenant_does_not_call(policy: str, why: str) -> None:
    tenant = (
        "apiVersion: trunkline/v1\nkind: Tenant\nmetadata: {name: globex}\n"
        f"spec: {{domain: g.example, dialling: {{country: GB}}, quotas: {{maxOutsideCalls: 4}}, {policy}}}\n"
    )
    trunk, person, inbound, _, queue, _ = WAYS.replace("acme", "globex").split("---\n")
    outbound = "apiVersion: trunkline/v1\nkind: OutboundRule\nmetadata: {tenant: globex, name: out}\n"
    parts = (
        tenant,
        trunk,
        person,
        inbound.replace("{receptionist: welcome}", '{extension: "101"}'),
        queue.replace("TO_OVERFLOW", '{external: "+493012345"}'),
        f'{outbound}spec: {{match: {{prefixes: ["+", "999", "112"]}}, routes: [{{trunk: carrier}}]}}\n',
    )
    problems = Fault("destination-dead", "", "---\n".join(parts)).problems()
    assert [problem.rule for problem in problems] == (["destination-dead"] if why else [])
    assert all(problem.message.endswith(why) for problem in problems)


def test_a_number_that_a_route_shows_needs_a_rule_too() -> None:
    text = faults()["number-without-rule"].text
    shown = text.replace(', callerId: {number: "+442079460100"}', "").rstrip() + (
        "\n---\napiVersion: trunkline/v1\nkind: OutboundRule\nmetadata: {tenant: acme, name: shows}\n"
        'spec: {order: 1, match: {prefixes: ["00"]}, routes: [{trunk: carrier, callerId: "+442079460100"}]}\n'
    )
    assert "number-without-rule" in found("number-without-rule", shown)


@pytest.mark.parametrize(
    ("mask", "hint"),
    [
        (
            "+4420794601000",
            'add an inbound rule, or correct one of the two numbers: InboundRule acme/mistyped is for "+4420794601000"',
        ),
        (
            "442079460100",
            'add an inbound rule, or correct one of the two numbers: InboundRule acme/mistyped is for "442079460100"',
        ),
        ("+442079460101", "add an inbound rule"),
    ],
)
def test_a_number_that_lacks_a_digit_is_told_with_the_one_that_has_it(mask: str, hint: str) -> None:
    rule = (
        "\n---\napiVersion: trunkline/v1\nkind: InboundRule\nmetadata: {tenant: acme, name: mistyped}\n"
        f'spec: {{match: {{did: "{mask}"}}, inHours: {{hangUp: busy}}}}\n'
    )
    fault = Fault("number-without-rule", "", faults()["number-without-rule"].text.rstrip() + rule)
    assert [problem.hint for problem in fault.problems() if problem.rule == "number-without-rule"] == [hint]


@pytest.mark.parametrize(
    ("country", "number", "is_told"),
    [
        ("GB", "+447700900202", False),
        ("GB", "07700900202", False),
        ("GB", "+493012345", True),
        ("DE", "+493012345", False),
    ],
)
def test_calls_that_are_passed_on_at_home_need_no_limit(country: str, number: str, is_told: bool) -> None:
    text = faults()["relay-unbounded"].text.replace("acme", "globex").replace("+493012345", number)
    spec = f"{{domain: g.example, dialling: {{country: {country}}}}}"
    tenant = f"apiVersion: trunkline/v1\nkind: Tenant\nmetadata: {{name: globex}}\nspec: {spec}\n"
    assert found("relay-unbounded", f"{tenant}---\n{text}") == (["relay-unbounded"] if is_told else [])
