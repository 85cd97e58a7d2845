"""The filters of closed calls, read as they are written on the command line, and as the server takes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from engine.cause import Outcome
from engine.cdr import Direction
from engine.cdr_filter import CdrFilter, Order, party_filter
from engine.config.money import millionths
from schema.duration import FORM
from schema.problem import shown


class BadFilter(ValueError):
    """Which option is not understood, with its value, and how to write it."""


def parameters(given: Mapping[str, str]) -> dict[str, str]:
    """What is asked of the server. BadFilter for what it would not understand."""
    made: dict[str, str] = {}
    for name, text in given.items():
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise BadFilter(f"--{name.replace('_', '-')} {shown(text)} holds bytes that are no UTF-8")
        match name:
            case "since" | "until":
                made[name] = _instant(name, text).isoformat()
            case "min_talk" | "max_talk":
                made[f"{name}_s"] = str(_seconds(name, text))
            case "min_cost" | "max_cost":
                _amount(name, text)
                made[name] = text
            case "outcome":
                outcome = _outcome(text)
                if outcome is not None:
                    made[name] = outcome.value
            case "direction":
                made[name] = _direction(text).value
            case "caller" | "callee":
                _party(name, text)
                made[name] = text
            case _:
                made[name] = text
    return made


def cdr_filter(given: Mapping[str, str]) -> CdrFilter:
    """The same for records that are at hand. BadFilter for what is not understood."""
    checked = parameters(given)
    return CdrFilter(
        tenant=checked.get("tenant"),
        number=checked.get("number"),
        caller=party_filter(checked["caller"]) if "caller" in checked else None,
        callee=party_filter(checked["callee"]) if "callee" in checked else None,
        outcome=Outcome(checked["outcome"]) if "outcome" in checked else None,
        direction=Direction(checked["direction"]) if "direction" in checked else None,
        trunk=checked.get("trunk"),
        since=datetime.fromisoformat(checked["since"]) if "since" in checked else None,
        until=datetime.fromisoformat(checked["until"]) if "until" in checked else None,
        min_talk_s=float(checked["min_talk_s"]) if "min_talk_s" in checked else None,
        max_talk_s=float(checked["max_talk_s"]) if "max_talk_s" in checked else None,
        min_cost=_amount("min_cost", checked["min_cost"]) if "min_cost" in checked else None,
        max_cost=_amount("max_cost", checked["max_cost"]) if "max_cost" in checked else None,
        order=Order(checked.get("order", Order.NEWEST.value)),
    )


def _instant(name: str, text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
        if not 1970 <= instant.year <= 9998:
            raise ValueError(text)
    except ValueError:
        raise BadFilter(
            f'--{name} "{text}" is no instant; '
            "write it like 2026-11-20, 2026-11-20T09:00 (both UTC) or 2026-11-20T09:00:00+01:00"
        ) from None
    return (instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)).astimezone(UTC)


def _seconds(name: str, text: str) -> int:
    match = re.fullmatch(FORM, text, re.ASCII) if text else None
    if match is None:
        raise BadFilter(f'--{name.replace("_", "-")} "{text}" is no duration; write it like 30s, 5m or 1h30m')
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds


def _amount(name: str, text: str) -> int:
    try:
        return millionths(text)
    except ValueError as error:
        raise BadFilter(f'--{name.replace("_", "-")} "{text}" {error}') from None


def _outcome(text: str) -> Outcome | None:
    if text.lower() == "all":
        return None
    try:
        return Outcome(text.upper())
    except ValueError:
        known = ", ".join(outcome.value.lower() for outcome in Outcome)
        raise BadFilter(f'--outcome "{text}" is none; write all, or one of {known}') from None


def _direction(text: str) -> Direction:
    try:
        return Direction(text.lower())
    except ValueError:
        known = ", ".join(direction.value for direction in Direction)
        raise BadFilter(f'--direction "{text}" is none; write one of {known}') from None


def _party(name: str, text: str) -> None:
    try:
        party_filter(text)
    except ValueError as error:
        raise BadFilter(f"--{name} {error}") from None
