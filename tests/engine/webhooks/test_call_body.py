"""Each field of a posted call record: its name, its type, its value."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from engine.cause import (
    ANSWERED_ELSEWHERE,
    CANCELLED,
    CONFIGURATION_REMOVED,
    HUNG_UP_BY_OPERATOR,
    INTERRUPTED,
    LOST_ACK,
    NO_ANSWER,
    NORMAL_CALLEE,
    NORMAL_CALLER,
    OFFLINE,
    SILENT,
    WRONG_NUMBER,
    Cause,
    of_failed_leg,
)
from engine.cdr import CallDetailRecord
from engine.webhooks.call_body import call_body
from tests.support.call_records import START, TWO_BILLS, call_id, record

BEGAN = int(START.timestamp()) + 1


def posted(of: CallDetailRecord, domain: str = "acme.example") -> dict[str, object]:
    found = json.loads(call_body(of, domain))
    assert isinstance(found, dict)
    return found


def test_an_answered_call() -> None:
    assert posted(record(1)) == {
        "call_answered_time": BEGAN + 5,
        "call_cost": "",
        "call_direction": "internal",
        "call_ended_reason": "CALLER_DISCONNECT",
        "call_ended_time": BEGAN + 65,
        "call_fail_code": 0,
        "call_final_destination": "sip:102@acme.example",
        "call_id": call_id(1),
        "call_prefix": "",
        "call_rate": "",
        "call_start_time": BEGAN,
        "call_status": "ANSWERED",
        "call_talk_time": 60,
        "call_targets": [
            {
                "target_add_time": BEGAN,
                "target_answered_time": BEGAN + 5,
                "target_end_reason": "DISCONNECT",
                "target_number": "102",
                "target_domain": "acme.example",
                "target_ended_time": BEGAN + 65,
                "target_fail_code": 0,
                "target_status": "ANSWERED",
                "target_ring_duration": 5,
                "target_talk_time": 60,
            }
        ],
        "call_trunk_name": "",
        "callee": "sip:102@acme.example",
        "caller": "sip:101@acme.example",
        "caller_display_name": "Jürgen",
        "cost_duration_unit": 60,
        "recording_file_name": "",
        "tenant_id": "acme",
    }


def test_a_call_that_is_billed() -> None:
    found = posted(replace(record(1), bills=TWO_BILLS))
    assert (found["call_cost"], found["call_rate"], found["call_prefix"]) == ("0.205", "0.055", "+447")
    assert found["cost_duration_unit"] == 30


def test_a_call_that_nobody_answered() -> None:
    found = posted(record(1, cause=NO_ANSWER, talk_s=None))
    assert (found["call_answered_time"], found["call_talk_time"], found["call_ended_time"]) == (0, 0, BEGAN + 5)
    assert (found["call_status"], found["call_ended_reason"], found["call_fail_code"]) == (
        "NO_ANSWER",
        "NO_ANSWER",
        480,
    )
    assert found["call_final_destination"] == "sip:102@acme.example"
    assert found["call_targets"] == [
        {
            "target_add_time": BEGAN,
            "target_answered_time": 0,
            "target_end_reason": "NO_ANSWER",
            "target_number": "102",
            "target_domain": "acme.example",
            "target_ended_time": BEGAN + 5,
            "target_fail_code": 480,
            "target_status": "NO_ANSWER",
            "target_ring_duration": 5,
            "target_talk_time": 0,
        }
    ]


REASONS = [
    (NORMAL_CALLER, "ANSWERED", "CALLER_DISCONNECT", 0),
    (NORMAL_CALLEE, "ANSWERED", "CALLED_DISCONNECT", 0),
    (HUNG_UP_BY_OPERATOR, "ANSWERED", "SERVER_DISCONNECT", 0),
    (CONFIGURATION_REMOVED, "ANSWERED", "SERVER_DISCONNECT", 0),
    (SILENT, "ANSWERED", "DISCONNECT", 0),
    (CANCELLED, "CANCELLED", "CALLER_GAVE_UP", 487),
    (OFFLINE, "OFFLINE", "NOT_REGISTERED", 480),
    (WRONG_NUMBER, "WRONG_NUMBER", "NO_SUCH_NUMBER", 404),
    (ANSWERED_ELSEWHERE, "ANSWERED_ELSEWHERE", "CALL_COMPLETED_ELSEWHERE", 0),
    (INTERRUPTED, "INTERRUPTED", "SERVER_STOPPED_DURING_THE_CALL", 500),
    (LOST_ACK, "FAILED", "ANSWER_WAS_NEVER_ACKNOWLEDGED", 408),
    (of_failed_leg(486), "BUSY", "BUSY", 486),
    (of_failed_leg(499), "FAILED", "FAILED_WITH_499", 480),
]


@pytest.mark.parametrize(("cause", "status", "reason", "code"), REASONS)
def test_how_it_ended(cause: Cause, status: str, reason: str, code: int) -> None:
    found = posted(record(1, cause=cause))
    assert (found["call_status"], found["call_ended_reason"], found["call_fail_code"]) == (status, reason, code)


def test_who_was_never_rung_has_no_target_and_what_was_dialled_as_destination() -> None:
    found = posted(replace(record(1, callee="999", cause=WRONG_NUMBER, talk_s=None), targets=()))
    assert (found["call_final_destination"], found["call_targets"]) == ("sip:999@acme.example", [])


ADDRESSES = [
    ("101", "sip:101@acme.example"),
    ("*97#", "sip:*97%23@acme.example"),
    ("+442079460100", "sip:+442079460100@acme.example"),
    ("a b@", "sip:a b@"),
    ("ada@other.example", "sip:ada@other.example"),
    ("sip:ada@other.example", "sip:ada@other.example"),
    ("é", "sip:%C3%A9@acme.example"),
    ("\udcff", "sip:%EF%BF%BD@acme.example"),
    ('"><x>', "sip:%22%3E%3Cx%3E@acme.example"),
]


@pytest.mark.parametrize(("dialled", "address"), ADDRESSES)
def test_addresses_are_sip_uris(dialled: str, address: str) -> None:
    assert posted(record(1, callee=dialled))["callee"] == address


def test_a_call_that_a_trunk_brought() -> None:
    one = record(1, caller="+442079460100")
    found = posted(replace(one, query=replace(one.query, trunk="carrier")))
    assert (found["call_direction"], found["call_trunk_name"]) == ("inbound", "carrier")
    assert (found["caller"], found["call_final_destination"]) == (
        "sip:+442079460100@acme.example",
        "sip:102@acme.example",
    )


def test_who_shows_no_number() -> None:
    assert posted(record(1, caller=""))["caller"] == "sip:anonymous@anonymous.invalid"


def test_a_call_that_went_out_by_the_second_trunk() -> None:
    one = record(1, callee="+442079460100")
    [target] = one.targets
    failed = replace(
        target, trunk="cheap", contact="sip:+442079460100@192.0.2.50", answered_at=None, cause=of_failed_leg(503)
    )
    answered = replace(target, trunk="good", contact="sip:+442079460100@sip.good.example:5070;transport=tcp")
    found = posted(replace(one, targets=(failed, answered)))
    assert (found["call_direction"], found["call_trunk_name"]) == ("outbound", "good")
    assert found["call_final_destination"] == "sip:+442079460100@sip.good.example"
    targets = found["call_targets"]
    assert isinstance(targets, list)
    assert [(one["target_domain"], one["target_status"], one["target_fail_code"]) for one in targets] == [
        ("192.0.2.50", "FAILED", 503),
        ("sip.good.example", "ANSWERED", 0),
    ]


def test_an_ipv6_domain_stands_in_brackets() -> None:
    assert posted(record(1), "2001:db8::1")["caller"] == "sip:101@[2001:db8::1]"


def test_bytes_that_are_no_text_do_not_reach_the_reader() -> None:
    text = call_body(replace(record(1), caller_display="a\udc80\0b"), "acme.example")
    assert text.isascii()
    assert json.loads(text)["caller_display_name"] == "a��b"


def test_a_clock_that_was_set_back_makes_no_negative_times() -> None:
    one = record(1)
    [target] = one.targets
    odd = replace(target, ringing_at=one.ended_at + timedelta(seconds=9))
    found = posted(replace(one, targets=(odd,)))
    assert found["call_targets"][0]["target_ring_duration"] == 0  # type: ignore[index]  # a list of mappings
