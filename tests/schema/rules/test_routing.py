"""Rules on routing: each planted fault of docs/faults is found, and its clean twin is not.

[trunk-exists] [extension-exists] [ring-group-exists] [group-empty] [duplicate-mask] [forwarding-unreachable] [trunk-listener]
[trunk-hides-shared] [trunk-not-shared] [trunk-address-twice] [trunk-tenants-exist] [ring-group-quota]
[shared-trunk-number] [preset-locked] [preset-registration] [country-unknown] [own-country-denied]
[rate-table-exists] [rates-currency] [budget-without-rates] [billing-without-rates] [balance-unused]
[prefix-star] [extensions-nobody] [route-twice]
"""

from pathlib import Path

import pytest

from schema.manifest_set import load
from tests.support.manifests import ACME, GOOD, LISTENER, SYSTEM, documents, extension, resource

FAULTS = Path(__file__).parents[3] / "docs" / "faults"
AROUND = documents(
    LISTENER, "apiVersion: trunkline/v1\nkind: Tenant\nmetadata: {name: acme}\nspec: {domain: acme.example}\n"
)
# the rule, what makes its planted fault right
TWINS = [
    ("trunk-exists", "trunk: carier", "trunk: carrier"),
    ("extension-exists", '["101", "102"]', '["101"]'),
    ("ring-group-exists", "{ringGroup: sales}", "{hangUp: busy}"),
    ("group-empty", "slaes", "sales"),
    ("duplicate-mask", '{did: "+442079460100"}, inHours: {hangUp', '{did: "+442079460101"}, inHours: {hangUp'),
    (
        "duplicate-mask",
        'match: {did: "+442079460100"}, inHours: {hangUp',
        'enabled: false, match: {did: "+442079460100"}, inHours: {hangUp',
    ),
    (
        "duplicate-mask",
        '{did: "+442079460100"}, inHours: {hangUp',
        '{did: "+442079460100", cid: "+49*"}, inHours: {hangUp',
    ),
    ("forwarding-unreachable", "when: always", "when: noAnswer"),
    ("forwarding-unreachable", "when: always", "when: always, hours: in"),
    ("trunk-listener", ", transport: tcp", ""),
    ("trunk-hides-shared", "tenant: acme, name: carrier", "tenant: acme, name: gateway"),
    ("trunk-hides-shared", "host: 192.0.2.50", "host: 192.0.2.50, tenants: []"),
    ("trunk-not-shared", ", tenants: [acme]", ""),
    ("trunk-tenants-exist", "amce", "acme"),
    ("trunk-address-twice", "name: gateway-2}\nspec: {host: 192.0.2.50}", "name: gateway-2}\nspec: {host: 192.0.2.51}"),
    ("trunk-address-twice", "gateway-2}\nspec: {host: 192.0.2.50}", "gateway-2}\nspec: {host: '192.0.2.50:5062'}"),
    (
        "trunk-address-twice",
        "gateway-2}\nspec: {host: 192.0.2.50}",
        "gateway-2}\nspec: {host: 192.0.2.50, enabled: false}",
    ),
    ("shared-trunk-number", ', callerId: {number: "+442079460100"}', ""),
    ("shared-trunk-number", "host: 192.0.2.50", "host: 192.0.2.50, tenants: [globex]"),
    ("shared-trunk-number", "callerId: {", "callerId: {policy: anonymous, "),
    ("preset-locked", "  addresses: [198.51.100.0/26]\n", ""),
    ("preset-registration", "sipgate-trunking", "generic, host: sip.example.net"),
    (
        "preset-registration",
        "sipgate-trunking",
        "sipgate-trunking, registration: {user: a}, credentials: {user: a, password: {env: P}}",
    ),
    ("preset-registration", "sipgate-trunking", "sipgate-trunking, enabled: false"),
    ("rate-table-exists", "carier", "carrier"),
    ("rate-table-exists", "tenant: globex, name: carrier", "name: carier"),
    ("rates-currency", "EUR", "GBP"),
    ("rates-currency", "currency: GBP, ", ""),
    ("budget-without-rates", ", tolls: {budget: 100}", ""),
    ("billing-without-rates", "outgoing: true", "outgoing: false"),
    (
        "billing-without-rates",
        "billing: {outgoing: true}}",
        (
            "billing: {outgoing: true}, tolls: {rates: one}}\n---\napiVersion: trunkline/v1\nkind: RateTable\n"
            "metadata: {name: one}\nspec: {rates: [{prefix: '+44', outgoing: 0.01}]}"
        ),
    ),
    ("prefix-star", '"0*"', '"0"'),
    ("prefix-star", '"0*"', '"*31"'),
    ("extensions-nobody", "201-299", "101-199"),
    ("extensions-nobody", "201-299", "1*"),
    ("route-twice", "{trunk: carrier}]", "{trunk: carrier, strip: 1}]"),
    ("balance-unused", ", balance: 12.50", ""),
    ("country-unknown", "countries", "dialling: {countryCode: '44'}, countries"),
    ("country-unknown", 'deny: [CU, "+881"]', "deny: []"),
    ("own-country-denied", "[IE, FR]", "[GB, IE, FR]"),
    ("own-country-denied", "[IE, FR]", '["+44", IE, FR]'),
    ("ring-group-quota", "maxRingGroups: 1", "maxRingGroups: 2"),
]


def found(text: str) -> set[str]:
    return {problem.rule for problem in load({"around.yaml": AROUND, "fault.yaml": text}.items()).report}


@pytest.mark.parametrize(("rule", "fault", "right"), TWINS)
def test_planted_faults_and_clean_twins(rule: str, fault: str, right: str) -> None:
    text = (FAULTS / f"{rule}.yaml").read_text()
    assert found(text) == {rule}
    assert fault in text
    assert found(text.replace(fault, right)) == set()


def lines(*acme: str, system: tuple[str, ...] = ()) -> list[str]:
    """Return the problems of the good set with these resources more."""
    files = GOOD | {"acme.yaml": documents(ACME, *acme), "system.yaml": documents(SYSTEM, LISTENER, *system)}
    return [str(problem) for problem in load(files.items()).report]


SHARED = "apiVersion: trunkline/v1\nkind: Trunk\nmetadata: {name: carrier}\nspec: {host: 192.0.2.50%s}\n"


def test_a_shared_trunk_may_be_used_by_those_it_is_for() -> None:
    rule = resource("OutboundRule", "acme", "outside", "routes: [{trunk: carrier}]\n")
    assert lines(rule, system=(SHARED % "",)) == [
        (
            "globex.yaml:21:34: warning: Trunk globex/carrier hides the shared Trunk carrier at system.yaml:12:1: rules of Tenant globex "
            "mean their own; give it another name, unless that is what you want [trunk-hides-shared]"
        )
    ]
    [line] = lines(rule, system=(SHARED % ", tenants: [globex]",))[:1]
    assert (
        'names the shared Trunk "carrier", which Tenant acme may not use: its tenants are at system.yaml:15:35;' in line
    )
    assert line.endswith("[trunk-exists]")


def test_an_inbound_rule_names_its_trunks_and_hours_by_name() -> None:
    rule = resource(
        "InboundRule", "acme", "main", 'trunks: [none]\nhours: never\nmatch: {did: "1"}\ninHours: {extension: "101"}\n'
    )
    found_rules = [line.rsplit(" ", 1)[-1] for line in lines(rule)]
    assert sorted(found_rules) == ["[office-hours-exist]", "[trunk-exists]"]


def test_a_ring_group_may_not_have_an_extensions_number() -> None:
    [line] = lines(resource("RingGroup", "acme", "sales", 'number: "101"\nmembers: ["102"]\n'))
    assert 'RingGroup acme/sales has number "101", which Extension acme/101 has too' in line
    assert line.endswith("[duplicate-number]")


@pytest.mark.parametrize("trunks", ["", "trunks: [a]\n", "trunks: [a, b]\n"])
def test_the_same_mask_twice_on_one_trunk(trunks: str) -> None:
    def rule(name: str, where: str) -> str:
        return resource(
            "InboundRule", "acme", name, f'{where}match: {{did: ["1", "2*"]}}\ninHours: {{extension: "101"}}\n'
        )

    own = [resource("Trunk", "acme", name, f"host: {name}.example\n") for name in "abc"]
    assert [line.rsplit(" ", 1)[-1] for line in lines(rule("one", trunks), rule("two", trunks), *own)] == [
        "[duplicate-mask]"
    ]
    elsewhere = "trunks: [c]\n"
    assert lines(rule("one", trunks), rule("two", elsewhere), *own) == []


def test_nothing_is_missing_while_something_can_not_be_read() -> None:
    rule = resource("OutboundRule", "acme", "outside", "routes: [{trunk: carrier}]\n")
    broken = resource("Trunk", "acme", "carrier", "hots: 192.0.2.50\n")
    assert all("[trunk-exists]" not in line for line in lines(rule, broken))


def test_forwarding_in_and_out_of_hours_leaves_nothing() -> None:
    entries = (
        "forwarding:\n  - {when: always, hours: in, to: {hangUp: busy}}\n  - {when: noAnswer, hours: out, to: {hangUp: busy}}\n"
        "  - {when: always, hours: out, to: {hangUp: busy}}\n  - {when: busy, to: {hangUp: busy}}\n"
    )
    [line] = [line for line in lines(extension("acme", "103", entries)) if "[out-of-hours-never]" not in line]
    assert "forwards busy (hours: any) only after the entry at acme.yaml:" in line
