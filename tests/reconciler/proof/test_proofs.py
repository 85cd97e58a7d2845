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
