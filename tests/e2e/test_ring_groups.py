"""Ring groups with real phones: each strategy, members that decline or don't answer, an edit and a `kill -9` while it rings."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.office import ADA, GRACE, RADIA, NewPhone, Office
from tests.e2e.test_races import Table, both
from tests.support.hearing import assert_hears
from tests.support.phone import Phone, Stack
from tests.support.trunkline_process import TENANT, Json, Site, Trunkline, outcome, write_atomically

MARY = "104"
SALES = "600"
QUICK_S = 5
# What ring groups remember is on the disk this long after it changed.
KEPT_S = 8.0
STACKS = {GRACE: Stack.BARESIP, RADIA: Stack.PJSIP, MARY: Stack.PJSIP}


def write_group(site: Site, *members: str, more: str = "") -> None:
    """`more`: lines of the spec, indented by two."""
    numbers = ", ".join(f'"{member}"' for member in members)
    write_atomically(
        site.manifests / "sales.yaml",
        f"""\
apiVersion: trunkline/v1
kind: RingGroup
metadata: {{tenant: {TENANT}, name: sales}}
spec:
  number: "{SALES}"
  members: [{numbers}]
  memberRingTime: {QUICK_S}s
{more}""",
    )


@pytest.fixture
def office(site: Site, new_phone: NewPhone, artefacts: Path) -> Iterator[Office]:
    """Grace, Radia and Mary are rung for 600 one after the other, five seconds each."""
    site.add_extension(MARY)
    write_group(site, GRACE, RADIA, MARY, more="  strategy: sequential\n")
    running = Office(site, Trunkline(site), new_phone, artefacts)
    yield running
    running.server.stop()


@pytest.fixture
def staff(office: Office) -> dict[str, Phone]:
    """A phone of each member, of two makes."""
    return {number: office.phone(stack, number) for number, stack in STACKS.items()}


def talk(office: Office, ada: Phone, member: Phone, answered_by: str, count: int) -> Json:
    """The member, who rings, answers; Ada hangs up. The record, which is the `count`th."""
    member.answer()
    ada.wait_for_call("confirmed")
    member.wait_for_call("confirmed")
    ada.hang_up()
    member.wait_for_call("disconnected")
    ada.wait_for_call("disconnected")
    record = office.site.wait_for_cdrs(count)[0]
    assert (outcome(record), record["answered_by"], record["callee"]) == ("ANSWERED", answered_by, SALES)
    return record


def revision(office: Office) -> str:
    return str(json.loads(office.site.status())["engine"]["revision"])


def follow(office: Office, *members: str, more: str) -> None:
    """Change the group, and wait until the server has followed."""
    before = revision(office)
    write_group(office.site, *members, more=more)
    office.site.wait_for_status(lambda _: revision(office) != before, "another revision")


def test_one_after_the_other_and_both_voices_are_heard(
    office: Office, staff: dict[str, Phone], tone_file: Callable[[int], Path]
) -> None:
    """Grace is busy, Radia does not answer, Mary does."""
    ada = office.phone(Stack.PJSIP, ADA)
    ada.play(tone_file(440))
    staff[MARY].play(tone_file(1000))
    call = ada.call(office.site.uri(SALES))
    staff[GRACE].wait_for_incoming()
    ada.wait_for_call("ringing", call=call)
    staff[GRACE].answer(486)
    staff[RADIA].wait_for_incoming()
    [live] = office.site.get("calls")
    assert str(live["decided_by"]).startswith("RingGroup office/sales (sales.yaml:")
    began = time.monotonic()
    staff[MARY].wait_for_incoming(timeout=QUICK_S + 3)
    assert QUICK_S - 1 < time.monotonic() - began < QUICK_S + 2
    staff[RADIA].wait_for_call("disconnected")
    staff[MARY].answer()
    ada.wait_for_call("confirmed", call=call)
    at_ada, at_mary = ada.record(office.folder / "at-ada.wav"), staff[MARY].record(office.folder / "at-mary.wav")
    time.sleep(2.5)
    ada.stop_recording()
    staff[MARY].stop_recording()
    ada.hang_up()
    staff[MARY].wait_for_call("disconnected")
    assert_hears(at_ada, 1000, at_least_s=2.0, not_hz=440)
    assert_hears(at_mary, 440, at_least_s=2.0, not_hz=1000)
    [record] = office.site.wait_for_cdrs(1)
    assert (outcome(record), record["answered_by"], record["callee"]) == ("ANSWERED", MARY, SALES)


def test_all_at_once_one_declines_and_the_others_ring_on(office: Office, staff: dict[str, Phone]) -> None:
    follow(office, GRACE, RADIA, MARY, more="  strategy: simultaneous\n")
    ada = office.phone(Stack.BARESIP, ADA)
    ada.call(office.site.uri(SALES))
    for phone in staff.values():
        phone.wait_for_incoming()
    staff[RADIA].answer(603)
    staff[RADIA].wait_for_call("disconnected")
    staff[MARY].expect_none("call", 1.0, state="disconnected")
    talk(office, ada, staff[MARY], MARY, 1)
    staff[GRACE].wait_for_call("disconnected")


def test_round_robin_begins_with_who_was_not_rung_last_and_remembers_over_a_kill_9(
    office: Office, staff: dict[str, Phone]
) -> None:
    follow(office, GRACE, RADIA, MARY, more="  strategy: roundRobin\n")
    ada = office.phone(Stack.PJSIP, ADA)
    for count, number in enumerate((GRACE, RADIA), start=1):
        ada.call(office.site.uri(SALES))
        staff[number].wait_for_incoming()
        talk(office, ada, staff[number], number, count)
    time.sleep(KEPT_S)
    office.server.kill9()
    office.restart()
    ada.call(office.site.uri(SALES))
    staff[MARY].wait_for_incoming()
    talk(office, ada, staff[MARY], MARY, 3)


def test_least_talk_time_begins_with_who_has_talked_least(office: Office, staff: dict[str, Phone]) -> None:
    follow(office, GRACE, RADIA, more="  strategy: leastTalkTime\n")
    ada = office.phone(Stack.PJSIP, ADA)
    for count, number in enumerate((GRACE, RADIA), start=1):
        ada.call(office.site.uri(SALES))
        staff[number].wait_for_incoming()
        staff[number].answer()
        ada.wait_for_call("confirmed")
        time.sleep(4.0 if number == GRACE else 1.0)
        ada.hang_up()
        staff[number].wait_for_call("disconnected")
        ada.wait_for_call("disconnected")
        office.site.wait_for_cdrs(count)
    ada.call(office.site.uri(SALES))
    staff[RADIA].wait_for_incoming()
    talk(office, ada, staff[RADIA], RADIA, 3)


def test_nobody_takes_it_and_it_goes_on(office: Office, staff: dict[str, Phone]) -> None:
    """One is busy, one declines: the group's next destination rings."""
    follow(office, GRACE, RADIA, more=f'  strategy: sequential\n  noAnswer: {{extension: "{MARY}"}}\n')
    ada = office.phone(Stack.PJSIP, ADA)
    ada.call(office.site.uri(SALES))
    staff[GRACE].wait_for_incoming()
    staff[GRACE].answer(486)
    staff[RADIA].wait_for_incoming()
    staff[RADIA].answer(603)
    staff[MARY].wait_for_incoming()
    [live] = office.site.get("calls")
    assert live["onward"] == [f"extension {MARY}"]
    talk(office, ada, staff[MARY], MARY, 1)


def test_all_are_busy(office: Office, staff: dict[str, Phone]) -> None:
    ada = office.phone(Stack.PJSIP, ADA)
    ada.call(office.site.uri(SALES))
    for phone in staff.values():
        phone.wait_for_incoming()
        phone.answer(486)
    assert ada.wait_for_call("disconnected").status == 486
    assert outcome(office.site.wait_for_cdrs(1)[0]) == "BUSY"


def test_the_caller_gives_up_in_the_second_step(office: Office, staff: dict[str, Phone]) -> None:
    ada = office.phone(Stack.BARESIP, ADA)
    ada.call(office.site.uri(SALES))
    staff[GRACE].wait_for_incoming()
    staff[GRACE].answer(486)
    staff[RADIA].wait_for_incoming()
    ada.hang_up()
    staff[RADIA].wait_for_call("disconnected")
    assert outcome(office.site.wait_for_cdrs(1)[0]) == "CANCELLED"
    staff[MARY].expect_none("incoming", 0.5)


def test_an_edit_while_it_rings_is_for_the_next_call(office: Office, staff: dict[str, Phone]) -> None:
    ada = office.phone(Stack.PJSIP, ADA)
    ada.call(office.site.uri(SALES))
    staff[GRACE].wait_for_incoming()
    follow(office, MARY, more="  strategy: sequential\n")
    staff[GRACE].answer(486)
    staff[RADIA].wait_for_incoming()
    talk(office, ada, staff[RADIA], RADIA, 1)
    ada.call(office.site.uri(SALES))
    staff[MARY].wait_for_incoming()
    talk(office, ada, staff[MARY], MARY, 2)


def test_kill_9_while_a_group_rings(office: Office, staff: dict[str, Phone]) -> None:
    ada = office.phone(Stack.PJSIP, ADA)
    ada.call(office.site.uri(SALES))
    staff[GRACE].wait_for_incoming()
    time.sleep(1.5)  # registrations are on the disk
    office.server.kill9()
    office.restart()
    [record] = office.site.wait_for_cdrs(1)
    assert (outcome(record), record["callee"]) == ("INTERRUPTED", SALES)
    assert str(record["decided_by"]).startswith("RingGroup office/sales")
    ada.hang_up()
    staff[GRACE].answer(486)
    with_another = office.phone(Stack.BARESIP, ADA, name="another-of-ada")
    with_another.call(office.site.uri(SALES))
    staff[GRACE].wait_for_incoming()
    talk(office, with_another, staff[GRACE], GRACE, 2)


@pytest.fixture
def table(office: Office, sipp: str) -> Iterator[Table]:
    with ExitStack() as stack:
        yield Table(office, sipp, stack)


def test_a_member_answers_in_the_moment_in_which_its_step_ends(table: Table) -> None:
    """Its 200 crosses our CANCEL: it gets ACK and BYE, and the next member has the call."""
    late = table.callee("uas_answers_when_cancelled", GRACE)
    next_one = table.callee("uas_answers", RADIA)
    caller = table.caller("uac_talk", SALES)
    both(caller, next_one)
    late.finish().require()
    table.assert_recorded("ANSWERED")
    [record] = table.office.site.get("cdrs")
    assert record["answered_by"] == RADIA
