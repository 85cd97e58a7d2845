"""Why a call or a leg ended: one value from which response, record, metric and log line are derived.

SIP status as in RFC 3261 §21; from a status to a Q.850 code as RFC 3398 §8.2.6.1 has it, from a code to a status as its
§7.2.4.1; on the wire as a Reason header (RFC 3326). Anything that ends a call makes a `Cause` here; nothing else invents
status codes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final


class Party(Enum):
    """Who ended it."""

    CALLER = "caller"
    CALLEE = "callee"
    CARRIER = "carrier"
    US = "us"
    UNKNOWN = "unknown"


class Outcome(Enum):
    """What a record says of a call or of a target, in the words of feature F4."""

    ANSWERED = "ANSWERED"
    BUSY = "BUSY"
    DECLINED = "DECLINED"
    UNAVAILABLE = "UNAVAILABLE"
    NO_ANSWER = "NO_ANSWER"
    OFFLINE = "OFFLINE"
    CANCELLED = "CANCELLED"
    WRONG_NUMBER = "WRONG_NUMBER"
    REFUSED = "REFUSED"
    FAILED = "FAILED"
    INTERRUPTED = "INTERRUPTED"
    ANSWERED_ELSEWHERE = "ANSWERED_ELSEWHERE"


@dataclass(frozen=True, slots=True)
class Cause:
    """`sip_status`: the final status the caller gets (200 for a normal end after answer); `q850`: 1-127; `reason`: a few words."""

    outcome: Outcome
    sip_status: int
    q850: int
    party: Party
    reason: str

    def reason_header(self) -> str:
        """The value of a Reason header (RFC 3326 §2), for BYE and CANCEL.

        A phone that is told of a call completed elsewhere in this form does not list it as missed (RFC 3326 §3.1).
        """
        if self.outcome is Outcome.ANSWERED_ELSEWHERE:
            return 'SIP;cause=200;text="Call completed elsewhere"'
        return f'Q.850;cause={self.q850};text="{self.reason}"'


NORMAL_CALLER: Final = Cause(Outcome.ANSWERED, 200, 16, Party.CALLER, "caller hung up")
NORMAL_CALLEE: Final = Cause(Outcome.ANSWERED, 200, 16, Party.CALLEE, "callee hung up")
HUNG_UP_BY_OPERATOR: Final = Cause(Outcome.ANSWERED, 200, 16, Party.US, "hung up by an operator")
CONFIGURATION_REMOVED: Final = Cause(Outcome.ANSWERED, 200, 31, Party.US, "removed from the configuration")
REMOVED_BEFORE_ANSWER: Final = Cause(Outcome.CANCELLED, 480, 31, Party.US, "removed from the configuration")
CANCELLED: Final = Cause(Outcome.CANCELLED, 487, 16, Party.CALLER, "caller gave up")
CANCELLED_BY_OPERATOR: Final = Cause(Outcome.CANCELLED, 480, 16, Party.US, "hung up by an operator")
ANSWERED_ELSEWHERE: Final = Cause(Outcome.ANSWERED_ELSEWHERE, 200, 26, Party.US, "call completed elsewhere")
NO_ANSWER: Final = Cause(Outcome.NO_ANSWER, 480, 19, Party.CALLEE, "no answer")
OFFLINE: Final = Cause(Outcome.OFFLINE, 480, 20, Party.CALLEE, "not registered")
FORWARD_LOOP: Final = Cause(Outcome.FAILED, 482, 25, Party.US, "forwarded in a circle")
TOO_MANY_FORWARDS: Final = Cause(Outcome.FAILED, 483, 25, Party.US, "forwarded too often")
DECLINED_HERE: Final = Cause(Outcome.DECLINED, 603, 21, Party.US, "declined by a rule")
BUSY_HERE: Final = Cause(Outcome.BUSY, 486, 17, Party.US, "busy by a rule")
DOES_NOT_WANT_TO_BE_DISTURBED: Final = Cause(Outcome.UNAVAILABLE, 480, 18, Party.CALLEE, "do not disturb")
IS_AWAY: Final = Cause(Outcome.UNAVAILABLE, 480, 18, Party.CALLEE, "away")
UNAVAILABLE_HERE: Final = Cause(Outcome.UNAVAILABLE, 480, 18, Party.US, "unavailable by a rule")
NOT_ALLOWED: Final = Cause(Outcome.REFUSED, 403, 21, Party.US, "not allowed to call outside")
NO_ROUTE: Final = Cause(Outcome.WRONG_NUMBER, 404, 3, Party.US, "no rule leads there")
TRUNK_SILENT: Final = Cause(Outcome.FAILED, 504, 102, Party.CARRIER, "carrier did not respond")
TRUNK_UNREACHABLE: Final = Cause(Outcome.FAILED, 502, 27, Party.CARRIER, "carrier can't be reached")
TRUNK_FULL: Final = Cause(Outcome.BUSY, 486, 17, Party.US, "all channels of the trunk are in use")
TRUNKS_DOWN: Final = Cause(Outcome.FAILED, 503, 34, Party.US, "no trunk can take the call")
WRONG_NUMBER: Final = Cause(Outcome.WRONG_NUMBER, 404, 1, Party.US, "no such number")
BLOCKED: Final = Cause(Outcome.REFUSED, 603, 21, Party.US, "number is blocked")
# Not 501, which is what RFC 3398 makes of 79: a carrier would take us for out of order and try its other ways to us.
NOT_CARRIED_OUT: Final = Cause(Outcome.FAILED, 480, 79, Party.US, "not carried out yet")
# RFC 3261 §21.4.3 reserves 402 for what is to come; its words are what phones show, and who does not know it takes it for 400
# (§8.1.3.2).
BALANCE_TOO_LOW: Final = Cause(Outcome.REFUSED, 402, 21, Party.US, "balance is too low")
# To a carrier, whose caller has nothing to pay.
CALLEE_BALANCE_TOO_LOW: Final = Cause(Outcome.REFUSED, 480, 21, Party.US, "balance of who is called is too low")
BALANCE_USED_UP: Final = Cause(Outcome.ANSWERED, 200, 31, Party.US, "balance is used up")
NO_RATE: Final = Cause(Outcome.REFUSED, 403, 21, Party.US, "no rate says what it costs")
COUNTRY_NOT_ALLOWED: Final = Cause(Outcome.REFUSED, 403, 21, Party.US, "calls to that country are not allowed")
DISABLED: Final = Cause(Outcome.REFUSED, 403, 21, Party.US, "disabled")
# Not 503, which is what RFC 3398 makes of 47: a phone would take us for out of order, and keep everything else from us, too
# (RFC 3261 §21.5.4). Not 486 either: nobody who was called is busy.
OVER_QUOTA: Final = Cause(Outcome.REFUSED, 480, 47, Party.US, "quota of concurrent calls is used up")
OVER_OUTSIDE_LIMIT: Final = Cause(Outcome.REFUSED, 480, 47, Party.US, "limit of calls to the outside is reached")
SILENT: Final = Cause(Outcome.ANSWERED, 200, 41, Party.UNKNOWN, "no media from one side")
LOST_ACK: Final = Cause(Outcome.FAILED, 408, 102, Party.CALLER, "answer was never acknowledged")
LOST_LEG: Final = Cause(Outcome.ANSWERED, 200, 41, Party.UNKNOWN, "one side stopped answering")
TIMED_OUT: Final = Cause(Outcome.OFFLINE, 480, 18, Party.CALLEE, "phone did not respond")
UNREACHABLE: Final = Cause(Outcome.OFFLINE, 480, 27, Party.CALLEE, "phone can't be reached")
NO_COMMON_MEDIA: Final = Cause(Outcome.FAILED, 488, 88, Party.UNKNOWN, "no common media")
NO_PORTS: Final = Cause(Outcome.FAILED, 503, 34, Party.US, "no media ports left")
TOO_MANY_HOPS: Final = Cause(Outcome.FAILED, 483, 25, Party.US, "too many hops")
REQUEST_PENDING: Final = Cause(Outcome.FAILED, 491, 41, Party.UNKNOWN, "another change is under way")
INTERNAL: Final = Cause(Outcome.FAILED, 500, 41, Party.US, "internal error")
SHUTTING_DOWN: Final = Cause(Outcome.INTERRUPTED, 503, 41, Party.US, "server is shutting down")
INTERRUPTED: Final = Cause(Outcome.INTERRUPTED, 500, 41, Party.US, "server stopped during the call")

# RFC 3398 §8.2.6.1: SIP status of a failed leg -> (outcome, Q.850 code, words). For 487, 488 and 606 it leaves the code to us.
_OF_STATUS: Final = MappingProxyType(
    {
        400: (Outcome.FAILED, 41, "bad request"),
        401: (Outcome.REFUSED, 21, "phone asks us to authenticate"),
        402: (Outcome.REFUSED, 21, "payment required"),
        403: (Outcome.REFUSED, 21, "forbidden"),
        404: (Outcome.OFFLINE, 1, "phone does not know the user"),
        405: (Outcome.FAILED, 63, "method not allowed"),
        406: (Outcome.FAILED, 79, "not acceptable"),
        407: (Outcome.REFUSED, 21, "phone asks us to authenticate"),
        408: (Outcome.NO_ANSWER, 102, "request timed out"),
        410: (Outcome.OFFLINE, 22, "gone"),
        413: (Outcome.FAILED, 127, "too large"),
        414: (Outcome.FAILED, 127, "address too long"),
        415: (Outcome.FAILED, 79, "unsupported media type"),
        416: (Outcome.FAILED, 127, "unsupported kind of address"),
        420: (Outcome.FAILED, 127, "bad extension"),
        421: (Outcome.FAILED, 127, "phone needs an extension of SIP"),
        423: (Outcome.FAILED, 127, "interval too brief"),
        480: (Outcome.UNAVAILABLE, 18, "temporarily unavailable"),
        481: (Outcome.FAILED, 41, "call does not exist"),
        482: (Outcome.FAILED, 25, "loop detected"),
        483: (Outcome.FAILED, 25, "too many hops"),
        484: (Outcome.FAILED, 28, "address incomplete"),
        485: (Outcome.OFFLINE, 1, "ambiguous"),
        486: (Outcome.BUSY, 17, "busy"),
        487: (Outcome.FAILED, 127, "phone ended the call unasked"),
        488: (Outcome.FAILED, 88, "not acceptable here"),
        491: (Outcome.FAILED, 41, "request pending"),
        500: (Outcome.FAILED, 41, "phone had an internal error"),
        501: (Outcome.FAILED, 79, "not implemented"),
        502: (Outcome.FAILED, 38, "bad gateway"),
        503: (Outcome.FAILED, 41, "service unavailable"),
        504: (Outcome.FAILED, 102, "server time-out"),
        505: (Outcome.FAILED, 127, "version not supported"),
        513: (Outcome.FAILED, 127, "message too large"),
        600: (Outcome.BUSY, 17, "busy everywhere"),
        603: (Outcome.DECLINED, 21, "declined"),
        604: (Outcome.WRONG_NUMBER, 1, "does not exist anywhere"),
        606: (Outcome.FAILED, 88, "not acceptable"),
        607: (Outcome.DECLINED, 21, "unwanted"),
    }
)

_SHOWN: Final = MappingProxyType(
    {
        **dict.fromkeys((400, 413, 414, 416, 420, 421, 423, 481), 500),
        **dict.fromkeys((401, 402, 407), 403),
        **dict.fromkeys((408, 487, 491), 480),
    }
)


def of_failed_leg(status: int, party: Party = Party.CALLEE, *, rang: bool = False) -> Cause:
    """The cause of a leg that answered `status` (300-699) to our INVITE; `rang`: after it had said that it rings.

    A 480 then is a phone that rang for as long as it wants to; before, it says that nobody is there, or that nobody is to be disturbed
    (RFC 3261 §21.4.18).

    The caller sees the same status, but for those that speak of the hop between us and the phone: a challenge (401, 407) or
    a 4xx about our request would mislead a caller who sent a different one (RFC 3261 §16.7 step 7 has the like for proxies),
    who would send it otherwise (413-423), send it again (408, 491) or think that it was he who gave up (487).
    """
    found = _OF_STATUS.get(status)
    if found is None:
        family = status // 100
        if family == 3:
            return Cause(Outcome.FAILED, 480, 23, party, "redirected, which is not followed")
        if family == 6:
            return Cause(Outcome.DECLINED, status, 21, party, "declined")
        return Cause(Outcome.FAILED, 480 if family == 4 else 500, 41, party, f"failed with {status}")
    outcome, q850, words = found
    if rang and outcome is Outcome.UNAVAILABLE:
        outcome, words = Outcome.NO_ANSWER, "phone stopped ringing"
    return Cause(outcome, _SHOWN.get(status, status), q850, party, words)


_OF_CARRIER: Final = MappingProxyType(
    {
        401: (Outcome.REFUSED, 21, "carrier does not accept our credentials"),
        403: (Outcome.REFUSED, 21, "carrier refuses the call"),
        404: (Outcome.WRONG_NUMBER, 1, "carrier knows no such number"),
        407: (Outcome.REFUSED, 21, "carrier does not accept our credentials"),
        408: (Outcome.NO_ANSWER, 102, "carrier timed out"),
        410: (Outcome.WRONG_NUMBER, 22, "number is no longer in use"),
        421: (Outcome.FAILED, 127, "carrier needs an extension of SIP"),
        484: (Outcome.WRONG_NUMBER, 28, "number is incomplete"),
        485: (Outcome.WRONG_NUMBER, 1, "number is ambiguous"),
        487: (Outcome.FAILED, 127, "carrier ended the call unasked"),
        500: (Outcome.FAILED, 41, "carrier had an internal error"),
        503: (Outcome.FAILED, 34, "carrier has no capacity"),
    }
)


def of_failed_trunk(status: int) -> Cause:
    """The cause of a call that a carrier answered with `status` (300-699).

    A carrier's 503 speaks of its own server: a phone would take it for ours, and keep everything from us (RFC 3261 §16.7 step 6).
    """
    found = _OF_CARRIER.get(status)
    if found is None:
        return of_failed_leg(status, Party.CARRIER)
    outcome, q850, words = found
    return Cause(outcome, 502 if status == 503 else _SHOWN.get(status, status), q850, Party.CARRIER, words)


def of_refused_change(status: int) -> Cause:
    """The cause of a change of the session that a phone refused with `status` (300-699); the call goes on.

    491 stays one, for whoever asked is to try again in a while (RFC 3261 §14.1).
    """
    return REQUEST_PENDING if status == 491 else of_failed_leg(status, Party.UNKNOWN)
