"""`Extension`: what is taken from its name, and its bounds."""

from datetime import timedelta

import pytest

from schema.kinds.extension import ExtensionSpec
from schema.manifest_set import parse_file
from schema.secret_source import EnvSecret
from tests.support.manifests import extension


def read(content: str) -> ExtensionSpec:
    file = parse_file("f", content)
    assert file.problems == ()
    [resource] = file.resources
    assert isinstance(resource.spec, ExtensionSpec)
    return resource.spec


def test_the_defaults_come_from_the_name() -> None:
    spec = read(extension("acme", "0101"))
    assert (spec.number, spec.auth_user) == ("0101", "0101")
    assert spec.password == EnvSecret("P")
    assert spec.enabled
    assert spec.display_name is None
    assert spec.max_contacts == 10
    assert spec.ring_time == timedelta(seconds=30)


def test_the_account_follows_the_number() -> None:
    spec = read(extension("acme", "reception", "number: 0100\n"))
    assert (spec.number, spec.auth_user) == ("0100", "0100")


def test_everything_can_be_set() -> None:
    extra = "number: '*97'\nauthUser: desk@acme\ndisplayName: Desk\nenabled: false\nmaxContacts: 1\nringTime: 1m30s\n"
    spec = read(extension("acme", "desk", extra))
    assert (spec.number, spec.auth_user, spec.display_name) == ("*97", "desk@acme", "Desk")
    assert (spec.enabled, spec.max_contacts, spec.ring_time) == (False, 1, timedelta(seconds=90))


@pytest.mark.parametrize(
    ("extra", "rule"),
    [
        ("number: a b\n", "extension-number"),
        ("number: ''\n", "extension-number"),
        ("number: ~\n", "type"),
        ("authUser: 'a\"b'\n", "auth-user"),
        ("maxContacts: 0\n", "range"),
        ("maxContacts: 101\n", "range"),
        ("ringTime: 4s\n", "duration"),
        ("ringTime: 11m\n", "duration"),
        ('displayName: "a\\r\\nVia: x"\n', "display-name"),
    ],
)
def test_what_does_not_fit_is_refused(extra: str, rule: str) -> None:
    assert [problem.rule for problem in parse_file("f", extension("acme", "101", extra)).problems] == [rule]


def test_a_long_name_needs_a_number() -> None:
    name = "x" * 33
    [problem] = parse_file("f", extension("acme", name)).problems
    assert problem.rule == "extension-number"
    assert "metadata.name" in problem.message
    assert read(extension("acme", name, "number: 101\n")).number == "101"


@pytest.mark.parametrize("kind", ["Extension", "ExtensionProfile"])
def test_a_key_does_one_thing(kind: str) -> None:
    keys = "[{key: 1, type: speedDial, extension: '101'}, {key: 2, type: blf, extension: '103'}, {key: 1, type: blf, extension: '102'}]"
    password = "password: {env: P}, " if kind == "Extension" else ""
    text = f"apiVersion: trunkline/v1\nkind: {kind}\nmetadata: {{tenant: acme, name: '101'}}\nspec: {{{password}keys: {keys}}}\n"
    [problem] = parse_file("a.yaml", text).problems
    assert str(problem).endswith("spec has key 1 twice in keys; leave one of them out [phone-twice]")
    assert text.splitlines()[3][problem.mark.column - 1 :].startswith("1, type: blf")
    assert (
        parse_file(
            "a.yaml", text.replace("key: 2", "key: 3").replace("{key: 1, type: blf", "{key: 2, type: blf")
        ).problems
        == ()
    )
