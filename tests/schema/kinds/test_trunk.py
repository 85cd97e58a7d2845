"""`Trunk`: whose it is, and what it can't be."""

import pytest

from schema.kinds.trunk import TrunkSpec
from schema.manifest_set import ATenant, TheSystem, load, owner_of, parse_file
from tests.support.manifests import GOOD

HEAD = "apiVersion: trunkline/v1\nkind: Trunk\n"


def trunk(spec: str, metadata: str = "{tenant: acme, name: carrier}") -> str:
    return f"{HEAD}metadata: {metadata}\nspec: {spec}\n"


def problems(text: str) -> list[str]:
    return [str(problem) for problem in load([*GOOD.items(), ("t.yaml", text)]).report.problems]


def test_one_of_a_tenant_and_one_that_is_shared() -> None:
    own = parse_file("t.yaml", trunk("{host: a.example}")).resources[0]
    shared = parse_file("t.yaml", trunk("{host: a.example}", "{name: carrier}")).resources[0]
    assert owner_of(own) == ATenant("acme")
    assert owner_of(shared) == TheSystem()
    assert (str(own.ref), str(shared.ref)) == ("Trunk acme/carrier", "Trunk carrier")


def test_a_fault_of_a_shared_one_holds_back_the_round_and_one_of_a_tenants_that_tenant() -> None:
    shared = load([*GOOD.items(), ("t.yaml", trunk("{host: a b}", "{name: carrier}"))])
    assert shared.holds_round
    own = load([*GOOD.items(), ("t.yaml", trunk("{host: a b}"))])
    assert not own.holds_round
    assert sorted(name for name, found in own.tenants.items() if hasattr(found, "problems")) == ["acme"]


@pytest.mark.parametrize(
    ("spec", "rule"),
    [
        ("{}", "missing-field"),
        ("{host: a.example, transport: tls}", "value"),
        ("{host: a.example, callerId: {policy: trunk}}", "trunk-number"),
        ("{host: a.example, registration: {user: a}}", "trunk-credentials"),
        ("{host: a.example, credentials: {user: a, password: secret}}", "secret-literal"),
        ("{host: a.example, maxChannels: -1}", "range"),
        ("{host: a.example, optionsInterval: 30}", "duration"),
        ("{host: a.example, backupHosts: b.example}", "type"),
        ("{host: a.example, addresses: [192.0.2.1/8]}", "network"),
        ("{host: a.example, addresses: [192.0.2.0/24, 0.0.0.0/0]}", "network-wide"),
        ("{host: a.example, headerRules: {outgoing: [{header: From}]}}", "header-rule"),
        ("{host: a.example, headerRules: {outgoing: [{header: From, set: user, to: callee, text: a}]}}", "header-rule"),
        ("{host: a.example, headerRules: {incoming: [{header: Contact, set: user, text: a}]}}", "header-rule"),
        ("{host: a.example, headerRules: {outgoing: [{header: X-Any, set: user, text: a}]}}", "value"),
        ("{host: a.example, hosts: [b]}", "unknown-field"),
    ],
)
def test_what_it_can_not_be(spec: str, rule: str) -> None:
    found = problems(trunk(spec))
    assert [line.rpartition("[")[2].rstrip("]") for line in found] == [rule]


def test_a_password_is_never_shown() -> None:
    assert "hunter2" not in "".join(problems(trunk("{host: a.example, credentials: {user: a, password: hunter2}}")))


def test_the_defaults() -> None:
    spec = parse_file("t.yaml", trunk("{host: a.example}")).resources[0].spec
    assert isinstance(spec, TrunkSpec)
    assert (spec.transport, spec.max_channels, spec.number_format, spec.tenants) == ("udp", 0, "e164", None)
