"""The filters of closed calls as they stand in a query: the same for a page, an export and whatever else goes through records."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Query
from pydantic import AwareDatetime, BeforeValidator

from api.caller import CallerOf
from api.paging import Number, TenantName
from engine.cause import Outcome
from engine.cdr import Direction
from engine.cdr_filter import CdrFilter, Order, PartyFilter, party_filter
from engine.config.money import millionths

PARTY = "internal, external, prefix:+44, contains:4567, exact:101 or 101, all."
Party = Annotated[str | None, Query(max_length=300, description=PARTY)]
Cost = Annotated[
    str | None, Query(max_length=20, description="What it cost, in its own currency; 0 for a call that is not billed.")
]
Talk = Annotated[float | None, Query(ge=0, le=1e9, allow_inf_nan=False, description="Seconds from answer to end.")]


def _written(value: object) -> object:
    """Numbers, which pydantic takes for seconds or milliseconds of UNIX time by their size, are no instants."""
    if isinstance(value, str) and value[4:5] != "-":
        raise ValueError("write an instant as 2026-11-20T09:00:00Z")
    return value


Instant = Annotated[AwareDatetime, BeforeValidator(_written)]


class BadFilter(Exception):
    """A filter that is not understood; the message says which, with its value, and how to write it."""


def _wanted(
    who: CallerOf,
    tenant: TenantName = None,
    number: Number = None,
    caller: Party = None,
    callee: Party = None,
    outcome: Annotated[
        str | None, Query(max_length=64, description="As ANSWERED, in whatever case; all: every one.")
    ] = None,
    direction: Annotated[Direction | None, Query(description="internal, inbound or outbound.")] = None,
    trunk: Annotated[str | None, Query(max_length=255, description="That it came or went by.")] = None,
    since: Annotated[Instant | None, Query(description="Started at or after.")] = None,
    until: Annotated[Instant | None, Query(description="Started before.")] = None,
    min_talk_s: Talk = None,
    max_talk_s: Talk = None,
    min_cost: Cost = None,
    max_cost: Cost = None,
    order: Annotated[Order, Query(description="By start: newest or oldest first.")] = Order.NEWEST,
) -> CdrFilter:
    return CdrFilter(
        tenant=who.within(tenant),
        number=number,
        caller=_party("caller", caller),
        callee=_party("callee", callee),
        outcome=_outcome(outcome),
        direction=direction,
        trunk=trunk,
        since=_in_range("since", since),
        until=_in_range("until", until),
        min_talk_s=min_talk_s,
        max_talk_s=max_talk_s,
        min_cost=_amount("min_cost", min_cost),
        max_cost=_amount("max_cost", max_cost),
        order=order,
    )


Wanted = Annotated[CdrFilter, Depends(_wanted)]


def _party(name: str, text: str | None) -> PartyFilter | None:
    if text is None:
        return None
    try:
        return party_filter(text)
    except ValueError as error:
        raise BadFilter(f"{name} {error}") from None


def _amount(name: str, text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return millionths(text)
    except ValueError as error:
        raise BadFilter(f'{name} "{text}" {error}') from None


def _outcome(text: str | None) -> Outcome | None:
    if text is None or text.lower() == "all":
        return None
    try:
        return Outcome(text.upper())
    except ValueError:
        known = ", ".join(outcome.value for outcome in Outcome)
        raise BadFilter(f'outcome is "{text}"; write all, or one of {known}') from None


def _in_range(name: str, at: datetime | None) -> datetime | None:
    """Instants near the ends of time can't be brought to UTC."""
    if at is not None and not 1970 <= at.year <= 9998:
        raise BadFilter(f"{name} is {at.isoformat()}; calls are recorded between 1970 and 9998")
    return at
