"""A tenant's own server is told of real calls and phones: once each, in order, whatever happens to either server in between."""

from __future__ import annotations

import hmac
import os
from base64 import b64decode, b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.office import ADA, GRACE, NewPhone, Office
from tests.support.phone import Phone, Stack
from tests.support.receiver import Behaviour, Login, Posted, Receiver, answer
from tests.support.trunkline_process import DOMAIN, TENANT, Site, Trunkline, outcome, write_atomically

KEY = b"k" * 32
SIGNING_SECRET = "whsec_" + b64encode(KEY).decode()
PASSWORD = "geheim-fuer-crm"


@pytest.fixture
def calls() -> Iterator[Receiver]:
    with Receiver(login=Login("pbx", PASSWORD, "SHA-256")) as receiver:
        yield receiver


@pytest.fixture
def phones() -> Iterator[Receiver]:
    with Receiver(login=Login("pbx", PASSWORD)) as receiver:
        yield receiver


def secret(site: Site, name: str, value: str) -> None:
    with os.fdopen(os.open(site.data / "secrets" / name, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        file.write(value)


def tell(site: Site, calls: Receiver, phones: Receiver) -> None:
    """Give the tenant both webhooks."""
    secret(site, "crm", PASSWORD)
    secret(site, "signing", SIGNING_SECRET)
    path = site.manifests / "system.yaml"
    text, _, _ = path.read_text().partition("kind: Tenant\n")
    write_atomically(
        path,
        f"""{text}kind: Tenant
metadata: {{name: {TENANT}}}
spec:
  domain: {DOMAIN}
  webhooks:
    cdr:
      url: {calls.url}
      auth: {{digest: {{user: pbx, password: {{file: secrets/crm}}}}}}
      signingSecret: {{file: secrets/signing}}
      timeout: 2s
    events:
      url: {phones.url}
      auth: {{basic: {{user: pbx, password: {{file: secrets/crm}}}}}}
""",
    )


@pytest.fixture
def told(site: Site, calls: Receiver, phones: Receiver, new_phone: NewPhone, artefacts: Path) -> Iterator[Office]:
    """A running office that tells both receivers."""
    tell(site, calls, phones)
    running = Office(site, Trunkline(site), new_phone, artefacts)
    yield running
    running.server.stop()


def one_call(office: Office, caller: Phone, callee: Phone) -> None:
    office.connect(caller, callee, GRACE)
    caller.hang_up()
    callee.wait_for_call("disconnected")
    caller.forget_events()
    callee.forget_events()


def is_signed(posted: Posted) -> bool:
    signed = f"{posted.id}.{posted.headers['webhook-timestamp']}.".encode() + posted.body
    version, _, given = posted.headers["webhook-signature"].partition(",")
    return version == "v1" and hmac.compare_digest(b64decode(given), hmac.digest(KEY, signed, "sha256"))


def pending(office: Office, name: str) -> object:
    [hook] = [item for item in office.site.get("webhooks") if item["name"] == name]
    return hook["pending"]


def wait_until_empty(office: Office) -> None:
    office.site.wait_for("webhooks", lambda hooks: all(hook["pending"] == 0 for hook in hooks), "nothing waits")


def test_a_call_and_its_phones_are_told(told: Office, calls: Receiver, phones: Receiver) -> None:
    ada, grace = told.phone(Stack.PJSIP, ADA), told.phone(Stack.BARESIP, GRACE)
    one_call(told, ada, grace)
    [posted] = calls.wait(1)
    assert is_signed(posted)
    [record] = told.site.wait_for_cdrs(1)
    body = posted.json
    assert posted.id == f"cdr-{record['call_id']}"
    assert body["call_id"] == record["call_id"]
    assert (body["call_status"], body["call_direction"], body["call_ended_reason"]) == (
        "ANSWERED",
        "internal",
        "CALLER_DISCONNECT",
    )
    assert (body["caller"], body["callee"], body["tenant_id"]) == (f"sip:101@{DOMAIN}", f"sip:102@{DOMAIN}", TENANT)
    assert isinstance(body["call_start_time"], int)
    assert body["call_start_time"] <= body["call_answered_time"] <= body["call_ended_time"]  # type: ignore[operator]  # whole numbers
    targets = body["call_targets"]
    assert isinstance(targets, list)
    assert [(one["target_number"], one["target_status"]) for one in targets] == [("102", "ANSWERED")]

    grace.unregister()
    events = [one.json for one in phones.wait(3)]
    assert [(one["event_type"], one["extension_number"]) for one in events] == [
        ("extension_registered", "101"),
        ("extension_registered", "102"),
        ("extension_unregistered", "102"),
    ]
    assert {(one["tenant_id"], one["domain"], one["source_ip"]) for one in events} == {(TENANT, DOMAIN, "127.0.0.1")}
    wait_until_empty(told)
    shown = told.site.run("get", "webhooks", "--data", str(told.site.data)).stdout
    assert PASSWORD not in shown + told.server.log_tail(1000)


def test_a_receiver_that_was_down_gets_all_in_order(told: Office, calls: Receiver) -> None:
    ada, grace = told.phone(Stack.PJSIP, ADA), told.phone(Stack.BARESIP, GRACE)
    calls.down()
    for _ in range(3):
        one_call(told, ada, grace)
    told.site.wait_for(
        "webhooks", lambda hooks: hooks[0]["pending"] == 3 and bool(hooks[0]["error"]), "three wait, and why"
    )
    calls.up()
    calls.wait(3, within_s=30)
    wait_until_empty(told)
    newest_first = [f"cdr-{record['call_id']}" for record in told.site.get("cdrs")]
    assert [posted.id for posted in calls.posted] == newest_first[::-1]


@pytest.mark.parametrize("when", ["at the very end of the call", "once it waits for its receiver"])
def test_kill_9_between_call_and_delivery_loses_nothing(told: Office, calls: Receiver, when: str) -> None:
    ada, grace = told.phone(Stack.PJSIP, ADA), told.phone(Stack.BARESIP, GRACE)
    calls.down()
    one_call(told, ada, grace)
    if when == "once it waits for its receiver":
        told.site.wait_for("webhooks", lambda hooks: hooks[0]["pending"] == 1, "it waits")
    told.server.kill9()
    calls.up()
    told.restart()
    [posted] = calls.wait(1)
    wait_until_empty(told)
    [record] = told.site.wait_for_cdrs(1)
    assert [one.id for one in calls.posted] == [f"cdr-{record['call_id']}"]
    assert is_signed(posted)


def test_kill_9_while_the_receiver_thinks_delivers_again_under_the_same_id(told: Office, calls: Receiver) -> None:
    ada, grace = told.phone(Stack.PJSIP, ADA), told.phone(Stack.BARESIP, GRACE)
    calls.script.append(Behaviour(delay_s=1.5))
    one_call(told, ada, grace)
    calls.wait(1)
    told.server.kill9()
    told.restart()
    first, second = calls.wait(2)
    assert (first.id, first.body) == (second.id, second.body)
    wait_until_empty(told)


def test_a_call_that_a_crash_cut_off_is_told_as_interrupted(told: Office, calls: Receiver) -> None:
    ada, grace = told.phone(Stack.PJSIP, ADA), told.phone(Stack.BARESIP, GRACE)
    told.connect(ada, grace, GRACE)
    told.server.kill9()
    told.restart()
    [posted] = calls.wait(1)
    assert posted.json["call_status"] == "INTERRUPTED"
    assert [outcome(record) for record in told.site.get("cdrs")] == ["INTERRUPTED"]


def test_what_waits_goes_where_the_manifest_says_now(told: Office, calls: Receiver, phones: Receiver) -> None:
    calls.default = Behaviour(answer(404))
    ada, grace = told.phone(Stack.PJSIP, ADA), told.phone(Stack.BARESIP, GRACE)
    one_call(told, ada, grace)
    told.site.wait_for("webhooks", lambda hooks: hooks[0]["error"] == "answered 404 Not Found", "it is refused")
    with Receiver(login=Login("pbx", PASSWORD, "MD5")) as moved:
        tell(told.site, moved, phones)
        [posted] = moved.wait(1)
        assert is_signed(posted)
    assert {one.id for one in calls.posted} == {posted.id}
