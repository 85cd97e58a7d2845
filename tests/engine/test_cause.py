"""Each cause, typed again from the RFCs: RFC 3398 §8.2.6.1 (status to Q.850 code) and §7.2.4.1 (code to status)."""

import pytest

import engine.cause
from engine.cause import (
    ANSWERED_ELSEWHERE,
    REQUEST_PENDING,
    Cause,
    Outcome,
    Party,
    of_failed_leg,
    of_failed_trunk,
    of_refused_change,
)

# RFC 3398 §8.2.6.1, as it stands there.
RFC_3398_8_2_6_1 = """
400 41   401 21   402 21   403 21   404 1    405 63   406 79   407 21   408 102  410 22   413 127  414 127  415 79
416 127  420 127  421 127  423 127  480 18   481 41   482 25   483 25   484 28   485 1    486 17   500 41   501 79
502 38   503 41   504 102  505 127  513 127  600 17   603 21   604 1
"""
_NUMBERS = RFC_3398_8_2_6_1.split()
CODES = [(int(status), int(code)) for status, code in zip(_NUMBERS[::2], _NUMBERS[1::2], strict=True)]

# RFC 3398 §7.2.4.1, for the codes that we use; more than one where it leaves a choice.
STATUSES_OF_CODE = {
    1: {404},
    3: {404},
    17: {486},
    16: {487, 480},  # no mapping: a BYE or CANCEL in the RFC; we refuse what was never answered
    18: {408, 480},
    19: {480},
    20: {480},
    21: {403, 603, 402, 480},  # 402 and 480 where it is a balance that refuses: nothing but the money is in the way
    27: {502, 480},
    31: {480},
    34: {503},
    41: {503, 500},
    79: {501, 480},  # 480: a carrier that gets 501 would try its other ways to us
    47: {503, 480},  # 480 where it is a tenant's quota that is used up, not the server
    88: {503, 488},
    102: {504, 408},
    25: {482, 483},  # not in the RFC's table: it comes back to what §8.2.6.1 made it of
}

CONSTANTS = {name: value for name, value in vars(engine.cause).items() if isinstance(value, Cause)}


@pytest.mark.parametrize(("status", "code"), CODES)
def test_a_phones_status_becomes_the_rfcs_code(status: int, code: int) -> None:
    assert of_failed_leg(status).q850 == code


@pytest.mark.parametrize("name", CONSTANTS)
def test_our_own_causes_have_a_status_that_fits_their_code(name: str) -> None:
    cause = CONSTANTS[name]
    if cause.sip_status == 200:
        assert cause.outcome in (Outcome.ANSWERED, Outcome.ANSWERED_ELSEWHERE)
    elif cause is not REQUEST_PENDING:
        assert cause.sip_status in STATUSES_OF_CODE[cause.q850]


OURS = {
    "NORMAL_CALLER": (Outcome.ANSWERED, 200, 16, Party.CALLER),
    "NORMAL_CALLEE": (Outcome.ANSWERED, 200, 16, Party.CALLEE),
    "HUNG_UP_BY_OPERATOR": (Outcome.ANSWERED, 200, 16, Party.US),
    "CONFIGURATION_REMOVED": (Outcome.ANSWERED, 200, 31, Party.US),
    "REMOVED_BEFORE_ANSWER": (Outcome.CANCELLED, 480, 31, Party.US),
    "CANCELLED": (Outcome.CANCELLED, 487, 16, Party.CALLER),
    "CANCELLED_BY_OPERATOR": (Outcome.CANCELLED, 480, 16, Party.US),
    "ANSWERED_ELSEWHERE": (Outcome.ANSWERED_ELSEWHERE, 200, 26, Party.US),
    "NO_ANSWER": (Outcome.NO_ANSWER, 480, 19, Party.CALLEE),
    "OFFLINE": (Outcome.OFFLINE, 480, 20, Party.CALLEE),
    "FORWARD_LOOP": (Outcome.FAILED, 482, 25, Party.US),
    "BLOCKED": (Outcome.REFUSED, 603, 21, Party.US),
    "DECLINED_HERE": (Outcome.DECLINED, 603, 21, Party.US),
    "BUSY_HERE": (Outcome.BUSY, 486, 17, Party.US),
    "DOES_NOT_WANT_TO_BE_DISTURBED": (Outcome.UNAVAILABLE, 480, 18, Party.CALLEE),
    "IS_AWAY": (Outcome.UNAVAILABLE, 480, 18, Party.CALLEE),
    "BALANCE_TOO_LOW": (Outcome.REFUSED, 402, 21, Party.US),
    "CALLEE_BALANCE_TOO_LOW": (Outcome.REFUSED, 480, 21, Party.US),
    "BALANCE_USED_UP": (Outcome.ANSWERED, 200, 31, Party.US),
    "NO_RATE": (Outcome.REFUSED, 403, 21, Party.US),
    "UNAVAILABLE_HERE": (Outcome.UNAVAILABLE, 480, 18, Party.US),
    "NOT_ALLOWED": (Outcome.REFUSED, 403, 21, Party.US),
    "NO_ROUTE": (Outcome.WRONG_NUMBER, 404, 3, Party.US),
    "OVER_OUTSIDE_LIMIT": (Outcome.REFUSED, 480, 47, Party.US),
    "TOO_MANY_FORWARDS": (Outcome.FAILED, 483, 25, Party.US),
    "TRUNK_SILENT": (Outcome.FAILED, 504, 102, Party.CARRIER),
    "TRUNK_UNREACHABLE": (Outcome.FAILED, 502, 27, Party.CARRIER),
    "TRUNK_FULL": (Outcome.BUSY, 486, 17, Party.US),
    "TRUNKS_DOWN": (Outcome.FAILED, 503, 34, Party.US),
    "WRONG_NUMBER": (Outcome.WRONG_NUMBER, 404, 1, Party.US),
    "NOT_CARRIED_OUT": (Outcome.FAILED, 480, 79, Party.US),
    "COUNTRY_NOT_ALLOWED": (Outcome.REFUSED, 403, 21, Party.US),
    "DISABLED": (Outcome.REFUSED, 403, 21, Party.US),
    "OVER_QUOTA": (Outcome.REFUSED, 480, 47, Party.US),
    "SILENT": (Outcome.ANSWERED, 200, 41, Party.UNKNOWN),
    "LOST_ACK": (Outcome.FAILED, 408, 102, Party.CALLER),
    "LOST_LEG": (Outcome.ANSWERED, 200, 41, Party.UNKNOWN),
    "TIMED_OUT": (Outcome.OFFLINE, 480, 18, Party.CALLEE),
    "UNREACHABLE": (Outcome.OFFLINE, 480, 27, Party.CALLEE),
    "NO_COMMON_MEDIA": (Outcome.FAILED, 488, 88, Party.UNKNOWN),
    "NO_PORTS": (Outcome.FAILED, 503, 34, Party.US),
    "TOO_MANY_HOPS": (Outcome.FAILED, 483, 25, Party.US),
    "REQUEST_PENDING": (Outcome.FAILED, 491, 41, Party.UNKNOWN),
    "INTERNAL": (Outcome.FAILED, 500, 41, Party.US),
    "SHUTTING_DOWN": (Outcome.INTERRUPTED, 503, 41, Party.US),
    "INTERRUPTED": (Outcome.INTERRUPTED, 500, 41, Party.US),
}


def test_every_constant_is_typed_again_here() -> None:
    assert {name: (c.outcome, c.sip_status, c.q850, c.party) for name, c in CONSTANTS.items()} == OURS


@pytest.mark.parametrize("status", range(300, 700))
def test_whatever_a_phone_answers_the_caller_gets_a_final_status(status: int) -> None:
    cause = of_failed_leg(status)
    assert 400 <= cause.sip_status <= 699
    assert 1 <= cause.q850 <= 127
    assert cause.reason
    assert cause.party is Party.CALLEE
    assert cause.outcome not in (Outcome.ANSWERED, Outcome.CANCELLED, Outcome.INTERRUPTED)


# What the caller is told where it is not what the phone said.
SHOWN = [
    (302, 480),
    (400, 500),
    (401, 403),
    (402, 403),
    (407, 403),
    (408, 480),
    (413, 500),
    (420, 500),
    (423, 500),
    (481, 500),
    (487, 480),
    (491, 480),
    (444, 480),
    (599, 500),
]


@pytest.mark.parametrize(("status", "shown"), SHOWN)
def test_what_speaks_of_our_own_hop_is_not_passed_on(status: int, shown: int) -> None:
    assert of_failed_leg(status).sip_status == shown


@pytest.mark.parametrize("status", [403, 404, 480, 486, 488, 500, 503, 600, 603, 604, 606, 607, 699])
def test_what_speaks_of_the_person_called_is_passed_on(status: int) -> None:
    assert of_failed_leg(status).sip_status == status


@pytest.mark.parametrize(("status", "shown"), [(491, 491), (488, 488), (500, 500), (302, 480), (401, 403), (487, 480)])
def test_a_refused_change(status: int, shown: int) -> None:
    cause = of_refused_change(status)
    assert cause.sip_status == shown
    # 408 and 481 would end the dialog of who asked (RFC 3261 §12.2.1.2).
    assert {of_refused_change(s).sip_status for s in range(300, 700)}.isdisjoint({401, 407, 408, 481})


@pytest.mark.parametrize("status", range(300, 700))
def test_whatever_a_carrier_answers_the_caller_gets_a_final_status_that_is_not_our_own_overload(status: int) -> None:
    cause = of_failed_trunk(status)
    assert 400 <= cause.sip_status <= 699
    assert cause.sip_status not in (401, 407, 503)
    assert cause.party is Party.CARRIER
    assert "phone" not in cause.reason
    assert cause.outcome not in (Outcome.ANSWERED, Outcome.CANCELLED, Outcome.INTERRUPTED)


# What a carrier says of the number is of the number; the RFC's codes hold for it, too, but where 503 says that it is full.
CARRIERS = [
    (404, Outcome.WRONG_NUMBER, 1),
    (410, Outcome.WRONG_NUMBER, 22),
    (484, Outcome.WRONG_NUMBER, 28),
    (486, Outcome.BUSY, 17),
]


@pytest.mark.parametrize(("status", "outcome", "q850"), CARRIERS)
def test_what_a_carrier_says_of_the_number(status: int, outcome: Outcome, q850: int) -> None:
    assert (of_failed_trunk(status).outcome, of_failed_trunk(status).q850) == (outcome, q850)


def test_reason_headers() -> None:
    assert OURS.keys() == CONSTANTS.keys()
    assert ANSWERED_ELSEWHERE.reason_header() == 'SIP;cause=200;text="Call completed elsewhere"'
    for cause in CONSTANTS.values():
        assert '"' not in cause.reason
        if cause is not ANSWERED_ELSEWHERE:
            assert cause.reason_header() == f'Q.850;cause={cause.q850};text="{cause.reason}"'
