"""Extensions as they count: what their profile says where they say nothing, what their groups permit, and from where each value is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from schema.catalog import Catalog
from schema.effective import not_said_itself
from schema.kinds.extension import ExtensionSpec
from schema.manifest_set import load
from schema.resource import Resource
from tests.support.manifests import GOOD, documents, extension, resource, tenant

ACME = tenant("acme", "acme.example")
DESK = resource(
    "ExtensionProfile",
    "acme",
    "desk",
    "ringTime: 20s\nmaxContacts: 10\noutsideLimits: {maxCallsPerMinute: 5}\nforwarding: [{when: busy, to: {hangUp: busy}}]\n"
    "groups: [staff]\nvoicemail: {sayDate: true, greetings: {a: {say: A}}}\n",
)
STAFF = resource("ExtensionGroup", "acme", "staff", "mayCallOutside: true\n")
SALES = resource("ExtensionGroup", "acme", "sales", "mayPage: true\n")


def catalog(*parts: str, accepted: Catalog | None = None) -> Catalog:
    assembly = load((GOOD | {"acme.yaml": documents(ACME, *parts)}).items(), accepted)
    assert not assembly.report.has_errors, assembly.report.as_text()
    return assembly.catalog


def counts(extra: str, *parts: str) -> Resource[ExtensionSpec]:
    [found] = catalog(extension("acme", "101", extra), *parts).tenants["acme"].extensions
    return found


def test_what_an_extension_does_not_say_its_profile_says() -> None:
    spec = counts("profile: desk\n", DESK).spec
    assert (spec.ring_time, spec.outside_limits.max_calls_per_minute, spec.groups) == (
        timedelta(seconds=20),
        5,
        ("staff",),
    )
    assert [entry.when for entry in spec.forwarding] == ["busy"]
    assert (spec.number, spec.auth_user, spec.outside_limits.max_calls) == ("101", "101", 2)


@pytest.mark.parametrize(
    ("extra", "field", "value"),
    [
        ("ringTime: 30s\n", "ring_time", timedelta(seconds=30)),  # the default, and said
        ("maxContacts: 1\n", "max_contacts", 1),
        ("forwarding: []\n", "forwarding", ()),
        ("groups: [Default]\n", "groups", ("Default",)),
    ],
)
def test_what_it_says_itself_counts_instead(extra: str, field: str, value: Any) -> None:
    assert getattr(counts(f"profile: desk\n{extra}", DESK).spec, field) == value


def test_mappings_are_filled_field_by_field_and_lists_are_not() -> None:
    spec = counts(
        "profile: desk\noutsideLimits: {maxCalls: 7}\nvoicemail: {pin: {env: PIN}, greetings: {}}\n", DESK
    ).spec
    assert (spec.outside_limits.max_calls, spec.outside_limits.max_calls_per_minute) == (7, 5)
    assert spec.voicemail.say_date
    assert spec.voicemail.pin is not None
    assert spec.voicemail.greetings == {}


def test_permissions_of_several_groups_are_added_up() -> None:
    spec = counts("groups: [staff, sales]\n", STAFF, SALES).spec
    assert (spec.may_call_outside, spec.may_page, spec.may_use_portal) == (True, True, False)
    assert not counts("groups: [sales]\n", STAFF, SALES).spec.may_call_outside
    assert not counts("", STAFF, SALES).spec.may_call_outside
    assert counts("profile: desk\n", DESK, STAFF).spec.may_call_outside


def test_a_value_knows_where_it_is_said() -> None:
    found = counts("profile: desk\nmaxContacts: 2\n", DESK, STAFF)
    said = {path: None if source is None else str(source.ref) for path, source in not_said_itself(found)}
    assert said["ringTime",] == "ExtensionProfile acme/desk"
    assert said["outsideLimits", "maxCallsPerMinute"] == "ExtensionProfile acme/desk"
    assert said["outsideLimits", "maxCalls"] is None
    assert said["mayCallOutside",] == "ExtensionGroup acme/staff"
    assert ("maxContacts",) not in said
    assert found.mark("spec", "ringTime").line > found.mark("spec", "maxContacts").line
    assert found.is_inherited("spec", "forwarding", 0, "to")
    assert not found.is_inherited("spec", "maxContacts")


def test_without_profiles_and_groups_resources_are_the_very_same() -> None:
    before = catalog(extension("acme", "101"))
    assert catalog(extension("acme", "101"), accepted=before).tenants["acme"].extensions[0].inherited is None


def test_a_profile_of_another_tenant_is_not_ours() -> None:
    files = GOOD | {
        "acme.yaml": documents(ACME, extension("acme", "101", "profile: desk\n"), DESK.replace("acme", "globex"))
    }
    report = load(files.items()).report
    assert {problem.rule for problem in report.errors} == {"extension-profile-exists"}
