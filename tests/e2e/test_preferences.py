"""Do not disturb and forwarding that people set, with real phones: set by the command and by the API, kept over `kill -9`, and never
fought by the reconciler."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess

import httpx
import pytest

from tests.e2e.office import ADA, GRACE, RADIA, NewPhone, Office
from tests.e2e.test_limits import change_tenant, reason
from tests.e2e.test_ring_groups import SALES, write_group
from tests.e2e.test_trunks import NUMBER, connect_outside, trunk, wait_for_state
from tests.support.carrier_server import CarrierServer
from tests.support.phone import Phone, Stack
from tests.support.trunkline_process import TENANT, Site, Trunkline, outcome

MAY = "[doNotDisturb, forwarding]"


@pytest.fixture
def office(site: Site, new_phone: NewPhone, artefacts: Path) -> Iterator[Office]:
    """Grace may set her status and her forwarding; her manifest sends calls to Radia while she is not to be disturbed."""
    site.add_extension(GRACE, mayChange=MAY, forwarding=f'[{{when: doNotDisturb, to: {{extension: "{RADIA}"}}}}]')
    running = Office(site, Trunkline(site), new_phone, artefacts)
    yield running
    running.server.stop()


def preference(
    office: Office, command: str, *words: str, whose: str = GRACE, check: bool = True
) -> CompletedProcess[str]:
    author = () if command == "get" else ("--author", "grace")
    data = ("--data", str(office.site.data), *author)
    return office.site.run("preference", command, f"{TENANT}/{whose}", *words, *data, check=check)


def refused(office: Office, ada: Phone, number: str, count: int) -> tuple[int, object, object]:
    """How a call of hers ends that goes nowhere: status, outcome and reason."""
    ada.forget_events()
    ada.call(office.site.uri(number))
    status = ada.wait_for_call("disconnected").status
    record = office.site.wait_for_cdrs(count)[0]
    return status, outcome(record), reason(record)


def answered_by(office: Office, ada: Phone, other: Phone, number: str, count: int) -> object:
    ada.call(office.site.uri(number))
    other.wait_for_incoming()
    other.answer()
    ada.wait_for_call("confirmed")
    other.wait_for_call("confirmed")
    ada.hang_up()
    other.wait_for_call("disconnected")
    return office.site.wait_for_cdrs(count)[0]["answered_by"]


def explained(office: Office, index: int = 0) -> str:
    call_id = str(office.site.get("cdrs")[index]["call_id"])
    return office.site.run("explain", call_id, "--data", str(office.site.data)).stdout


def test_do_not_disturb_goes_where_the_manifest_says_and_survives_kill_9(office: Office) -> None:
    ada, grace, radia = (office.phone(Stack.PJSIP, number) for number in (ADA, GRACE, RADIA))
    told = preference(office, "set", "--status", "doNotDisturb").stdout
    assert "status:     doNotDisturb  since " in told
    assert answered_by(office, ada, radia, GRACE, 1) == RADIA
    grace.expect_none("incoming", 0.3)
    why = explained(office)
    assert "do not disturb since " in why
    assert "set by grace" in why

    office.server.kill9()
    office.restart()
    assert answered_by(office, ada, radia, GRACE, 2) == RADIA

    [entry] = [one for one in office.site.get("audit") if one["what"] == "set preferences"]
    assert entry["target"] == f"{TENANT}/{GRACE} status doNotDisturb"
    preference(office, "clear")
    assert answered_by(office, ada, grace, GRACE, 3) == GRACE
    office.server.kill9()
    office.restart()
    office.site.wait_for("preferences", lambda items: items == [], "nothing is set")


def test_without_forwarding_the_caller_is_told_and_a_ring_group_rings_the_others(office: Office) -> None:
    site = office.site
    write_group(site, GRACE, RADIA, more="  strategy: simultaneous\n")
    site.run("reconcile", "--data", str(site.data))
    ada, grace, radia = (office.phone(Stack.PJSIP, number) for number in (ADA, GRACE, RADIA))
    preference(office, "set", "--status", "doNotDisturb", "--forward-nowhere")
    assert refused(office, ada, GRACE, 1) == (480, "UNAVAILABLE", "do not disturb")
    assert answered_by(office, ada, radia, SALES, 2) == RADIA
    grace.expect_none("incoming", 0.3)
    assert f"{GRACE} (do not disturb since " in explained(office)
    preference(office, "set", "--status", "available")
    assert answered_by(office, ada, grace, GRACE, 3) == GRACE


def test_forwarding_to_a_colleague_in_place_of_the_manifest(office: Office) -> None:
    ada, grace, radia = (
        office.phone(Stack.PJSIP, ADA),
        office.phone(Stack.BARESIP, GRACE),
        office.phone(Stack.PJSIP, RADIA),
    )
    preference(office, "set", "--forward", f"busy=extension:{RADIA}")
    ada.call(office.site.uri(GRACE))
    grace.wait_for_incoming()
    grace.answer(486)
    radia.wait_for_incoming()
    radia.answer()
    ada.wait_for_call("confirmed")
    ada.hang_up()
    radia.wait_for_call("disconnected")
    assert office.site.wait_for_cdrs(1)[0]["answered_by"] == RADIA
    preference(office, "set", "--status", "doNotDisturb")
    assert refused(office, ada, GRACE, 2) == (480, "UNAVAILABLE", "do not disturb")


def test_forwarding_outside_needs_the_permission_now_and_at_each_call(office: Office) -> None:
    site = office.site
    with CarrierServer("127.0.0.23") as carrier:
        connect_outside(site, trunk(carrier.place, optionsInterval="0s"))
        wait_for_state(site, "carrier", "trying")
        ada = office.phone(Stack.PJSIP, ADA)
        forward = ("--forward", f"always=external:{NUMBER}")
        denied = preference(office, "set", *forward, check=False)
        assert (denied.returncode, denied.stdout) == (1, "")
        assert f"extension {GRACE} may not call outside: spec.mayCallOutside is false" in denied.stderr
        emergency = preference(office, "set", "--forward", "always=external:112", check=False)
        assert "who calls it does not call for help" in emergency.stderr

        site.add_extension(GRACE, mayChange=MAY, mayCallOutside="true")
        site.run("reconcile", "--data", str(site.data))
        preference(office, "set", *forward)
        ada.call(site.uri(GRACE))
        assert carrier.wait_for("INVITE").uri.user == f"+{NUMBER.removeprefix('00')}"
        ada.wait_for_call("disconnected")

        # Ada may call outside herself; Grace, who sends the call there, no longer may.
        site.add_extension(GRACE, mayChange=MAY)
        site.run("reconcile", "--data", str(site.data))
        invites = carrier.count("INVITE")
        assert refused(office, ada, GRACE, 2)[:2] == (403, "REFUSED")
        assert carrier.count("INVITE") == invites
        assert "calls are refused: extension 102 may not call outside" in preference(office, "get").stdout


def test_what_the_manifests_do_not_let_be_set(office: Office) -> None:
    """Stored preferences stay without effect while the manifest does not have them, and no round touches or counts them."""
    site = office.site
    refusal = preference(office, "set", "--status", "away", whose=RADIA, check=False)
    assert (refusal.returncode, refusal.stdout) == (1, "")
    assert f"mayChange of Extension {TENANT}/{RADIA} does not have doNotDisturb" in refusal.stderr

    ada, grace = office.phone(Stack.PJSIP, ADA), office.phone(Stack.PJSIP, GRACE)
    preference(office, "set", "--status", "doNotDisturb", "--forward-nowhere")
    assert refused(office, ada, GRACE, 1)[2] == "do not disturb"
    planned = site.run("plan", str(site.manifests), "--data", str(site.data), "--detailed-exitcode", check=False)
    assert planned.returncode == 0, planned.stdout

    site.add_extension(GRACE)
    site.run("reconcile", "--data", str(site.data))
    assert answered_by(office, ada, grace, GRACE, 2) == GRACE
    told = site.run("describe", "Extension", f"{TENANT}/{GRACE}", "--effective", "--data", str(site.data)).stdout
    assert "Set by its person" in told
    assert f"counts for nothing: mayChange of Extension {TENANT}/{GRACE} does not have doNotDisturb" in told

    site.add_extension(GRACE, mayChange=MAY)
    site.run("reconcile", "--data", str(site.data))
    assert refused(office, ada, GRACE, 3)[2] == "do not disturb"


def test_an_extension_that_was_gone_begins_anew(office: Office) -> None:
    site = office.site
    preference(office, "set", "--status", "away")
    site.remove_extension(GRACE)
    site.run("reconcile", "--data", str(site.data))
    site.add_extension(GRACE, mayChange=MAY)
    site.run("reconcile", "--data", str(site.data))
    assert "nothing is set" in preference(office, "get").stdout
    ada, grace = office.phone(Stack.PJSIP, ADA), office.phone(Stack.PJSIP, GRACE)
    assert answered_by(office, ada, grace, GRACE, 1) == GRACE


def test_by_the_api_and_on_the_stream(office: Office) -> None:
    change_tenant(office, ", mayChange: [doNotDisturb]")
    with httpx.Client(
        transport=httpx.HTTPTransport(uds=str(office.site.data / "control.sock")), base_url="http://trunkline"
    ) as client:
        path = f"/v1/preferences/{TENANT}/{RADIA}"
        with client.stream("GET", "/v1/events", params={"types": "preferences"}) as stream:
            lines = stream.iter_lines()
            assert "event: hello" in (next(lines), next(lines), next(lines))
            was = client.get(path)
            answer = client.put(path, json={"status": "away"}, headers={"If-Match": was.headers["ETag"]})
            assert answer.status_code == 200, answer.text
            told = next(line for line in lines if line.startswith("data: ") and "may_change" in line)
        event = json.loads(told.removeprefix("data: "))
        assert (event["extension"], event["status"], event["set"][0]["by"]) == (RADIA, "away", "control socket")
        late = client.put(path, json={}, headers={"If-Match": was.headers["ETag"]})
        assert late.status_code == 412
        assert client.delete(path).status_code == 204
        assert client.get(path).json()["set"] == []
