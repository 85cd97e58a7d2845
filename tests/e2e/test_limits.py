"""A tenant's quota, a tenant that is switched off and on, and what is deleted under a live call: with real phones."""

from __future__ import annotations

import json

from tests.e2e.office import ADA, GRACE, RADIA, Office
from tests.support.phone import Stack
from tests.support.trunkline_process import Json, outcome, write_atomically

TENANT = "apiVersion: trunkline/v1\nkind: Tenant\nmetadata: {name: office}\n"


def change_tenant(office: Office, spec: str) -> None:
    """Write the tenant's spec anew, and wait until it runs."""
    path = office.site.manifests / "system.yaml"
    head = path.read_text(encoding="utf-8").partition(TENANT)[0]
    before = revision(office.site.status())
    write_atomically(path, f"{head}{TENANT}spec: {{domain: office.example{spec}}}\n")
    office.site.wait_for_status(lambda status: revision(status) != before, "another revision")


def revision(status: str) -> str:
    return str(json.loads(status)["engine"]["revision"])


def reason(cdr: Json) -> object:
    cause = cdr["cause"]
    assert isinstance(cause, dict)
    return cause["reason"]


def test_a_second_call_beyond_the_quota_is_refused_and_recorded(office: Office) -> None:
    ada, grace = office.phone(Stack.PJSIP, ADA), office.phone(Stack.BARESIP, GRACE)
    radia = office.phone(Stack.PJSIP, RADIA)
    change_tenant(office, ", quotas: {maxConcurrentCalls: 1}")
    office.connect(ada, grace, GRACE)
    radia.call(office.site.uri(GRACE))
    assert radia.wait_for_call("disconnected").status == 480
    [refused] = office.site.wait_for_cdrs(1)
    assert (outcome(refused), refused["caller"], reason(refused)) == (
        "REFUSED",
        RADIA,
        "quota of concurrent calls is used up",
    )
    assert str(refused["decided_by"]).startswith("Tenant office (system.yaml:")
    assert [call["caller"] for call in office.site.get("calls")] == [ADA]
    ada.hang_up()
    grace.wait_for_call("disconnected")
    office.connect(radia, grace, GRACE)
    radia.hang_up()


def test_a_tenant_switched_off_under_a_call_and_on_again(office: Office) -> None:
    ada, grace = office.phone(Stack.PJSIP, ADA), office.phone(Stack.BARESIP, GRACE)
    radia = office.phone(Stack.PJSIP, RADIA)
    office.connect(ada, grace, GRACE)
    change_tenant(office, ", enabled: false")
    radia.call(office.site.uri(GRACE))
    assert radia.wait_for_call("disconnected").status == 403
    [refused] = office.site.wait_for_cdrs(1)
    assert (outcome(refused), reason(refused)) == ("REFUSED", "disabled")
    assert [call["state"] for call in office.site.get("calls")] == ["answered"]
    grace.hang_up()
    assert ada.wait_for_call("disconnected").status == 200
    before = registered_at(office)
    change_tenant(office, "")
    office.connect(radia, grace, GRACE)
    radia.hang_up()
    grace.wait_for_call("disconnected")
    assert registered_at(office) == before


def registered_at(office: Office) -> set[tuple[object, str]]:
    """Who registered when, to the second: the instant is worked out anew from two clocks each time it is asked for."""
    return {(item["number"], str(item["registered_at"])[:19]) for item in office.site.get("registrations")}


def test_a_deleted_extension_talks_on_for_the_drain_and_is_hung_up(office: Office) -> None:
    ada, grace = office.phone(Stack.PJSIP, ADA), office.phone(Stack.BARESIP, GRACE)
    system = office.site.manifests / "system.yaml"
    write_atomically(
        system, system.read_text(encoding="utf-8").replace("spec:\n  media:", "spec:\n  drain: 3s\n  media:", 1)
    )
    office.connect(ada, grace, GRACE)
    office.site.remove_extension(GRACE)
    [drain] = office.site.wait_for("drains", lambda found: len(found) == 1, "the drain", timeout=3)
    assert drain["ref"] == f"Extension office/{GRACE}"
    assert len(office.site.get("calls")) == 1
    grace.wait_for_call("disconnected")
    assert ada.wait_for_call("disconnected").status == 200
    [record] = office.site.wait_for_cdrs(1)
    assert (outcome(record), reason(record)) == ("ANSWERED", "removed from the configuration")
    assert office.site.get("drains") == []
