"""Which closed calls are wanted: every filter of a call report as a value, read from what people write, and its plain meaning. A door.

`matches` is that meaning, record by record; stores answer the same by their indexes. Text is compared as it is stored, letter case
included, and a date is that of the call's start. Newest first means by start; calls of the same microsecond go by their id.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Final, NamedTuple

from engine.cause import Outcome
from engine.cdr import CallDetailRecord, Direction
from engine.identity import CallId

LONGEST_TEXT: Final = 255
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_LATEST_US: Final = 253_402_300_799_999_999  # the end of the year 9999


class How(Enum):
    """What is asked of a caller or callee. Internal: one of the tenant's own, not somebody outside."""

    INTERNAL = "internal"
    EXTERNAL = "external"
    PREFIX = "prefix"
    CONTAINS = "contains"
    EXACT = "exact"


@dataclass(frozen=True, slots=True)
class PartyFilter:
    """`text`: what the number begins with, holds or is; "" where that is not asked."""

    how: How
    text: str = ""

    def __str__(self) -> str:
        return f"{self.how.value}:{self.text}" if self.text else self.how.value


class Order(Enum):
    """By when calls began."""

    NEWEST = "newest"
    OLDEST = "oldest"


class Place(NamedTuple):
    """Where a record stands in the order of all."""

    started_us: int
    call_id: CallId

    def __str__(self) -> str:
        return f"{self.started_us}.{self.call_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CdrFilter:
    """All conditions are ANDed; None = any.

    `number`: is caller, callee or who answered; `since` inclusive, `until` exclusive, of the start; talk times inclusive, in seconds; costs
    inclusive, in millionths of whatever currency, 0 for what is not billed. `after`: goes on behind that record, in `order`; `limit`:
    1-1000.
    """

    tenant: str | None = None
    number: str | None = None
    caller: PartyFilter | None = None
    callee: PartyFilter | None = None
    outcome: Outcome | None = None
    direction: Direction | None = None
    trunk: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    min_talk_s: float | None = None
    max_talk_s: float | None = None
    min_cost: int | None = None
    max_cost: int | None = None
    order: Order = Order.NEWEST
    after: Place | None = None
    limit: int = 100


def party_filter(text: str) -> PartyFilter | None:
    """What `internal`, `external`, `prefix:+44`, `contains:4567`, `exact:101` or `101` ask for; None for `all`. ValueError if nothing."""
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"has {len(text)} characters; numbers have {LONGEST_TEXT} at most")
    if text == "all":
        return None
    for how in (How.INTERNAL, How.EXTERNAL):
        if text == how.value:
            return PartyFilter(how)
    word, colon, rest = text.partition(":")
    for how in (How.PREFIX, How.CONTAINS, How.EXACT):
        if colon and word == how.value:
            return PartyFilter(how, _given(rest, f"{word}:"))
    return PartyFilter(How.EXACT, _given(text, ""))


def _given(text: str, before: str) -> str:
    if not text:
        raise ValueError(
            f'is "{before}", which names no number; write it like 101, prefix:+44, contains:4567, internal, external or all'
        )
    return text


def place_of(record: CallDetailRecord) -> Place:
    return Place(microseconds(record.started_at), record.call_id)


def read_place(cursor: str) -> Place:
    """The place that was written as `cursor`. ValueError if it is none of ours."""
    started, dot, call_id = cursor.partition(".")
    if not (dot and call_id and len(call_id) <= LONGEST_TEXT and started.isascii() and started.isdecimal()):
        raise ValueError(f"cursor {cursor[:80]!r} is none of ours")
    if len(started) > len(str(_LATEST_US)):
        raise ValueError(f"cursor {cursor[:80]!r} is none of ours")
    return Place(int(started), CallId(call_id))


def microseconds(at: datetime) -> int:
    """Since 1970."""
    return (at - _EPOCH) // _MICROSECOND


def stored_text(text: str) -> str:
    """Without what no database takes: bytes that were not UTF-8 (lone surrogates here) and NUL."""
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")


def matches(record: CallDetailRecord, wanted: CdrFilter) -> bool:
    """Whether the record is one of those that are wanted, wherever it stands in their order."""
    return (
        (wanted.tenant is None or record.tenant == wanted.tenant)
        and (wanted.number is None or _has_number(record, stored_text(wanted.number)))
        and (
            wanted.caller is None or _is_party(record.caller, record.direction is not Direction.INBOUND, wanted.caller)
        )
        and (
            wanted.callee is None or _is_party(record.callee, record.direction is not Direction.OUTBOUND, wanted.callee)
        )
        and (wanted.outcome is None or record.cause.outcome is wanted.outcome)
        and (wanted.direction is None or record.direction is wanted.direction)
        and (wanted.trunk is None or record.trunk == wanted.trunk)
        and (wanted.since is None or record.started_at >= wanted.since)
        and (wanted.until is None or record.started_at < wanted.until)
        and (wanted.min_talk_s is None or record.talk_s >= wanted.min_talk_s)
        and (wanted.max_talk_s is None or record.talk_s <= wanted.max_talk_s)
        and (wanted.min_cost is None or record.cost >= wanted.min_cost)
        and (wanted.max_cost is None or record.cost <= wanted.max_cost)
        and (wanted.after is None or _is_behind(place_of(record), wanted.after, wanted.order))
    )


def _has_number(record: CallDetailRecord, number: str) -> bool:
    numbers = (record.caller, record.callee, record.answered_by)
    return any(each is not None and stored_text(each) == number for each in numbers)


def _is_party(number: str, is_internal: bool, wanted: PartyFilter) -> bool:  # two facts of one party
    text, asked = stored_text(number), stored_text(wanted.text)
    match wanted.how:
        case How.INTERNAL:
            return is_internal
        case How.EXTERNAL:
            return not is_internal
        case How.PREFIX:
            return text.startswith(asked)
        case How.CONTAINS:
            return asked in text
        case How.EXACT:
            return text == asked


def _is_behind(place: Place, after: Place, order: Order) -> bool:
    return place < after if order is Order.NEWEST else place > after
