"""`Trunk`: whose it is, and what it can't be."""

import pytest

from ci import draw_presets
from engine.config.declared import DeclaredConfig
from reconciler.compile.registry import compile_resource
from schema.kinds.trunk import TrunkSpec
from schema.manifest_set import ATenant, TheSystem, load, owner_of, parse_file
from schema.not_yet import not_yet_in
from schema.preset import Preset
from schema.presets import PRESETS
from tests.support.manifests import GOOD

HEAD = "apiVersion: trunkline/v1\nkind: Trunk\n"

TCP = "apiVersion: trunkline/v1\nkind: Listener\nmetadata: {name: carriers}\nspec: {transport: tcp}\n"


def trunk(spec: str, metadata: str = "{tenant: acme, name: carrier}") -> str:
    return f"{HEAD}metadata: {metadata}\nspec: {spec}\n"


def problems(text: str) -> list[str]:
    return [str(problem) for problem in load([*GOOD.items(), ("tcp.yaml", TCP), ("t.yaml", text)]).report.problems]


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
        ("{host: a.example, transport: sctp}", "value"),
        ("{host: a.example, transport: tls}", "trunk-listener"),
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


# Presets


def spec_of(text: str) -> TrunkSpec:
    spec = parse_file("t.yaml", trunk(text)).resources[0].spec
    assert isinstance(spec, TrunkSpec)
    return spec


ACCOUNT = "registration: {user: a}, credentials: {user: a, password: {env: P}}"


def test_a_preset_is_the_same_as_what_it_fills_in_written_out() -> None:
    preset = spec_of("{preset: telekom-sip-trunk, " + ACCOUNT + "}")
    written = spec_of("{host: reg.sip-trunk.telekom.de, domain: sip-trunk.telekom.de, transport: tcp, " + ACCOUNT + "}")
    assert preset.model_copy(update={"preset": "generic"}) == written


def test_a_preset_says_how_often_one_registers_unless_the_manifest_does() -> None:
    account = ACCOUNT.replace("{user: a}, cred", "{user: a, expires: 3m}, cred")
    assert [
        spec.registration.expires.total_seconds()
        for spec in (spec_of(f"{{preset: voipfone, {one}}}") for one in (ACCOUNT, account))
        if spec.registration is not None
    ] == [60.0, 180.0]


def test_a_preset_that_is_misspelt_is_all_that_is_told() -> None:
    [line] = problems(trunk("{preset: voipfon, " + ACCOUNT + "}"))
    assert line.endswith('did you mean "voipfone"? [preset]')


def test_a_preset_without_a_host_leaves_it_to_the_account() -> None:
    assert [line.rpartition("[")[2] for line in problems(trunk("{preset: twilio}"))] == ["missing-field]"]
    assert spec_of("{preset: twilio, host: a.pstn.twilio.com}").host.host == "a.pstn.twilio.com"


@pytest.mark.parametrize("preset", [preset for preset in PRESETS.values() if preset.name != "generic"])
def test_every_preset_makes_a_trunk_and_none_of_its_locked_fields_may_be_written(preset: Preset) -> None:
    host = "" if "host" in preset.fills else ", host: sip.example.net"
    account = "" if preset.registers == "never" else f", {ACCOUNT}"
    whole = f"preset: {preset.name}{host}{account}"
    assert problems(trunk(f"{{{whole}}}")) == []
    assert spec_of(f"{{{whole}}}").preset == preset.name
    values = {
        "host": "b.example",
        "backupHosts": "[b.example]",
        "outboundProxy": "b.example",
        "transport": "udp",
        "domain": "b.example",
        "addresses": "[192.0.2.0/24]",
        "sameNetwork": "true",
        "numberFormat": "e164",
        "registration": "{user: a}, credentials: {user: a, password: {env: P}}",
    }
    assert preset.locked <= values.keys()
    for name in preset.locked - set(host and ["host"]):
        assert [line.rpartition("[")[2] for line in problems(trunk(f"{{{whole}, {name}: {values[name]}}}"))] == [
            "preset-locked]"
        ], name


def test_a_locked_field_of_a_shared_trunk_holds_back_the_round() -> None:
    text = trunk("{preset: telnyx, host: 192.0.2.1}", "{name: other}")
    [line] = problems(text)
    assert line.startswith("t.yaml:4:24: Trunk other writes host, and its preset telnyx (Telnyx) says sip.telnyx.com;")


def test_the_table_of_presets_in_the_docs_is_fresh() -> None:
    text = draw_presets.PAGE.read_text(encoding="utf-8")
    assert draw_presets.pages() == {draw_presets.PAGE: text}, "draw it again: python -m ci.draw_presets"


def test_a_trunk_with_tls_waits_and_no_call_goes_over_it() -> None:
    resource = parse_file("t.yaml", trunk("{host: a.example, transport: tls}")).resources[0]
    assert list(not_yet_in(resource.spec)) == [("transport",)]
    assert isinstance(compile_resource(resource), DeclaredConfig)
