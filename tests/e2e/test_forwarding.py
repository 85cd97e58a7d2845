"""Forwarding with real phones: by what the phone says, by who is registered, by office hours, and in a circle."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.e2e.office import ADA, GRACE, RADIA, NewPhone, Office
from tests.support.phone import Phone, Stack
from tests.support.trunkline_process import TENANT, Site, Trunkline, outcome, write_atomically

TO_RADIA = f'{{extension: "{RADIA}"}}'
# These phones ring before they say anything, so a 480 of theirs is the end of ringing.
CASES = [
    ("busy", 486, Stack.PJSIP),
    ("busy", 486, Stack.BARESIP),
    ("unavailable", 603, Stack.PJSIP),
    ("noAnswer", 480, Stack.PJSIP),
]

Open = Callable[[], Office]


@pytest.fixture
def opened(site: Site, new_phone: NewPhone, artefacts: Path) -> Iterator[Open]:
    """The office opens once its manifests are as the story wants them."""
    with ExitStack() as stack:
        yield lambda: Office(site, stack.enter_context(Trunkline(site)), new_phone, artefacts)


def forwards(site: Site, when: str, to: str = TO_RADIA, *, number: str = GRACE) -> None:
    site.add_extension(number, ringTime="5s", forwarding=f"[{{when: {when}, to: {to}}}]")


def take(office: Office, ada: Phone, radia: Phone) -> None:
    """The call has come to Radia, who takes it."""
    radia.answer()
    ada.wait_for_call("confirmed")
    radia.wait_for_call("confirmed")
    ada.hang_up()
    radia.wait_for_call("disconnected")
    [record] = office.site.wait_for_cdrs(1)
    assert (outcome(record), record["callee"], record["answered_by"]) == ("ANSWERED", GRACE, RADIA)


@pytest.mark.parametrize(("when", "status", "stack"), CASES)
def test_by_what_the_phone_says(site: Site, opened: Open, when: str, status: int, stack: Stack) -> None:
    forwards(site, when)
    office = opened()
    ada, grace, radia = office.phone(Stack.PJSIP, ADA), office.phone(stack, GRACE), office.phone(stack, RADIA)
    ada.call(office.site.uri(GRACE))
    grace.wait_for_incoming()
    grace.answer(status)
    radia.wait_for_incoming()
    take(office, ada, radia)


def test_when_nobody_answers(site: Site, opened: Open) -> None:
    forwards(site, "noAnswer")
    office = opened()
    ada, grace, radia = (office.phone(Stack.PJSIP, number) for number in (ADA, GRACE, RADIA))
    ada.call(office.site.uri(GRACE))
    grace.wait_for_incoming()
    radia.wait_for_incoming(timeout=8)
    grace.wait_for_call("disconnected")
    take(office, ada, radia)


def test_without_a_registered_phone(site: Site, opened: Open) -> None:
    forwards(site, "offline")
    office = opened()
    ada, radia = office.phone(Stack.PJSIP, ADA), office.phone(Stack.BARESIP, RADIA)
    ada.call(office.site.uri(GRACE))
    radia.wait_for_incoming()
    take(office, ada, radia)


def test_out_of_office_hours(site: Site, opened: Open) -> None:
    """Grace works on another day than this one."""
    day = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[(datetime.now(UTC).weekday() + 3) % 7]
    write_atomically(
        site.manifests / "hours.yaml",
        f"""\
apiVersion: trunkline/v1
kind: OfficeHours
metadata: {{tenant: {TENANT}, name: another-day}}
spec:
  week:
    {day}: 09:00-17:00
""",
    )
    entries = f"[{{when: always, hours: in, to: {{hangUp: busy}}}}, {{when: always, hours: out, to: {TO_RADIA}}}]"
    site.add_extension(GRACE, officeHours="another-day", forwarding=entries)
    office = opened()
    ada, grace, radia = (office.phone(Stack.PJSIP, number) for number in (ADA, GRACE, RADIA))
    ada.call(office.site.uri(GRACE))
    radia.wait_for_incoming()
    grace.expect_none("incoming", 0.5)
    take(office, ada, radia)


def test_two_who_forward_to_each_other(site: Site, opened: Open) -> None:
    forwards(site, "busy")
    forwards(site, "busy", f'{{extension: "{GRACE}"}}', number=RADIA)
    office = opened()
    ada, grace, radia = (office.phone(Stack.PJSIP, number) for number in (ADA, GRACE, RADIA))
    ada.call(office.site.uri(GRACE))
    for phone in (grace, radia):
        phone.wait_for_incoming()
        phone.answer(486)
    assert ada.wait_for_call("disconnected").status == 482
    [record] = office.site.wait_for_cdrs(1)
    assert outcome(record) == "FAILED"


def test_the_caller_gives_up_at_the_second_phone(site: Site, opened: Open) -> None:
    forwards(site, "busy")
    office = opened()
    ada, grace, radia = (office.phone(Stack.BARESIP, number) for number in (ADA, GRACE, RADIA))
    ada.call(office.site.uri(GRACE))
    grace.wait_for_incoming()
    grace.answer(486)
    radia.wait_for_incoming()
    ada.hang_up()
    radia.wait_for_call("disconnected")
    assert outcome(office.site.wait_for_cdrs(1)[0]) == "CANCELLED"
