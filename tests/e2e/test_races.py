"""What phones never do and networks do all the time: crossing CANCELs, BYEs and answers, lost ACKs. SIPp plays one or both sides.

A test passes when every message of both scenarios came as written there (tests/e2e/sipp), and the record says the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.e2e.office import ADA, GRACE, RADIA, Office
from tests.support.phone import Stack
from tests.support.phone_bare import BarePhone
from tests.support.sipp import SippRun
from tests.support.trunkline_process import DOMAIN, outcome


class Table:
    """SIPp as Ada and as a registered phone of others, at one office."""

    def __init__(self, office: Office, sipp: str, stack: ExitStack) -> None:
        self.office = office
        self._sipp = sipp
        self._stack = stack

    def caller(self, scenario: str, callee: str, *, seconds: float = 20.0) -> SippRun:
        """Ada calls; her credentials are made for the port that SIPp then takes."""
        with BarePhone(self.office.site.account(ADA)) as phone:
            line = phone.credentials_for("INVITE", self.office.site.uri(callee))
            port = phone.port
        return self._run(scenario, callee, port, {"caller": ADA, "credentials": line}, seconds)

    def callee(self, scenario: str, number: str, *, seconds: float = 20.0) -> SippRun:
        """A phone that is registered at the port on which SIPp then answers."""
        with BarePhone(self.office.site.account(number)) as phone:
            answer = phone.register()
            assert answer.status == 200, answer.text
            port = phone.port
        run = self._run(scenario, number, port, {}, seconds)
        run.wait_until_listening()
        return run

    def _run(self, scenario: str, user: str, port: int, keys: dict[str, str], seconds: float) -> SippRun:
        run = SippRun(
            self._sipp,
            scenario,
            self.office.folder,
            remote=self.office.site.server,
            user=user,
            port=port,
            seconds=seconds,
            keys={"domain": DOMAIN, **keys},
        )
        return self._stack.enter_context(run)

    def assert_recorded(self, *expected: str) -> None:
        records = self.office.site.wait_for_cdrs(len(expected))
        assert sorted(map(outcome, records)) == sorted(expected)
        assert self.office.site.get("calls") == []


@pytest.fixture
def table(office: Office, sipp: str) -> Iterator[Table]:
    """Ends every SIPp by its pid, whatever happened."""
    with ExitStack() as stack:
        yield Table(office, sipp, stack)


def both(caller: SippRun, callee: SippRun) -> None:
    """Both sides went through their scenario."""
    for result in (caller.finish(), callee.finish()):
        result.require()


@pytest.mark.parametrize(
    ("callee", "caller", "recorded"),
    [
        ("uas_answers", "uac_talk", "ANSWERED"),
        ("uas_busy", "uac_gets_486", "BUSY"),
        ("uas_declines", "uac_gets_603", "DECLINED"),
        ("uas_unavailable", "uac_gets_480", "NO_ANSWER"),
        ("uas_rings", "uac_cancel_after_ringing", "CANCELLED"),
        ("uas_tries", "uac_cancel_before_ringing", "CANCELLED"),
        ("uas_answers", "uac_cancel_after_answer", "ANSWERED"),
        ("uas_answers_when_cancelled", "uac_cancel_after_ringing", "CANCELLED"),
        ("uas_answers", "uac_reinvite_before_ack", "ANSWERED"),
        ("uas_byes_crossing", "uac_talk", "ANSWERED"),
    ],
)
def test_both_sides_go_through_their_scenario(table: Table, callee: str, caller: str, recorded: str) -> None:
    waiting = table.callee(callee, GRACE)
    both(table.caller(caller, GRACE), waiting)
    table.assert_recorded(recorded)


def test_a_wrong_number(table: Table) -> None:
    table.caller("uac_gets_404", "199").finish().require()
    table.assert_recorded("WRONG_NUMBER")


def test_nobody_answers_and_the_phone_is_told(table: Table) -> None:
    """Radia's `ringTime` is five seconds."""
    waiting = table.callee("uas_rings", RADIA)
    both(table.caller("uac_gets_480", RADIA), waiting)
    table.assert_recorded("NO_ANSWER")


def test_a_phone_that_never_says_a_word(table: Table) -> None:
    """No provisional response came, so there is no CANCEL either; the caller is told after the ring time."""
    waiting = table.callee("uas_dead", RADIA)
    table.caller("uac_gets_480", RADIA).finish().require()
    assert "CANCEL " not in waiting.messages()
    table.office.site.wait_for_cdrs(1)
    assert table.office.site.get("calls") == []


def test_a_repeated_answer_is_acknowledged_again(table: Table) -> None:
    waiting = table.callee("uas_repeats_its_answer", GRACE)
    both(table.caller("uac_talk", GRACE), waiting)
    assert waiting.messages().count("\nACK sip:") == 2
    table.assert_recorded("ANSWERED")


def test_an_answer_that_is_never_acknowledged(table: Table) -> None:
    """The 200 is repeated for 64*T1 = 32 s, then both sides get BYE (RFC 3261 §13.3.1.4)."""
    waiting = table.callee("uas_answers", GRACE, seconds=45)
    caller = table.caller("uac_never_acks", GRACE, seconds=45)
    both(caller, waiting)
    assert caller.messages().count("CSeq: 1 INVITE") >= 6
    table.assert_recorded("FAILED")


def test_many_cancelled_calls_leave_nothing_behind(table: Table) -> None:
    """Twenty calls one after the other, given up while ringing; afterwards the office still works."""
    ada = table.office.phone(Stack.PJSIP, ADA)
    grace = table.office.phone(Stack.BARESIP, GRACE)
    for _ in range(20):
        ada.call(table.office.site.uri(GRACE))
        grace.wait_for_incoming()
        ada.hang_up()
        grace.wait_for_call("disconnected")
    table.assert_recorded(*["CANCELLED"] * 20)
    table.office.connect(ada, grace, GRACE)
