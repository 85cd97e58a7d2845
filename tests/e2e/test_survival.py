"""Nothing is lost by `kill -9`: closed calls, the call that was live, and who was registered."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from tests.e2e.office import ADA, GRACE, Office
from tests.support.hearing import assert_hears
from tests.support.phone import Stack
from tests.support.trunkline_process import outcome

TALK_S = 2.0
# Bindings are written in batches: what registered this long ago is on disk.
BATCH_S = 1.5


def test_kill_9_in_mid_call(office: Office, tone_file: Callable[[int], Path]) -> None:
    ada, grace = office.phone(Stack.PJSIP, ADA), office.phone(Stack.BARESIP, GRACE)
    office.connect(ada, grace, GRACE)
    ada.hang_up()
    grace.wait_for_call("disconnected")
    office.connect(ada, grace, GRACE)
    time.sleep(BATCH_S)
    office.server.kill9()

    office.restart()
    records = office.site.wait_for_cdrs(2)
    assert sorted(map(outcome, records)) == ["ANSWERED", "INTERRUPTED"]
    assert len({record["call_id"] for record in records}) == 2
    assert office.site.get("calls") == []
    assert {item["number"] for item in office.site.get("registrations")} == {ADA, GRACE}

    # Both phones still believe in the old call; the server knows none, so their BYE ends it.
    for phone in (ada, grace):
        phone.hang_up()
        phone.wait_for_call("disconnected", timeout=35)

    # Nobody registers again: the bindings of before serve.
    ada.forget_events()
    grace.forget_events()
    ada.play(tone_file(440))
    office.connect(ada, grace, GRACE)
    heard = grace.record(office.folder / "after-restart.wav")
    time.sleep(TALK_S)
    grace.stop_recording()
    assert_hears(heard, 440, at_least_s=TALK_S - 0.5)


def test_kill_9_again_and_again_counts_each_call_once(office: Office) -> None:
    ada, grace = office.phone(Stack.PJSIP, ADA), office.phone(Stack.PJSIP, GRACE)
    office.connect(ada, grace, GRACE)
    for _ in range(3):
        office.server.kill9()
        office.restart()
    records = office.site.wait_for_cdrs(1)
    assert [outcome(record) for record in records] == ["INTERRUPTED"]


def test_stopping_ends_live_calls_and_keeps_their_records(office: Office) -> None:
    ada, grace = office.phone(Stack.PJSIP, ADA), office.phone(Stack.BARESIP, GRACE)
    office.connect(ada, grace, GRACE)
    assert office.server.stop() == 0
    for phone in (ada, grace):
        phone.wait_for_call("disconnected")
    office.restart()
    assert len(office.site.wait_for_cdrs(1)) == 1
    assert {item["number"] for item in office.site.get("registrations")} == {ADA, GRACE}
