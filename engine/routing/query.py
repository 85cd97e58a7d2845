"""The question that routing answers, complete and versioned, so that a record can be decided again years later (law
4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from dialing.number import E164, DialContext, Number, Unclassified
from engine.config.extension import ExtensionConfig
from engine.config.snapshot import TenantSnapshot
from engine.config.trunk import TrunkConfig

QUERY_VERSION = 2
_PLAIN: Final = DialContext()
ANONYMOUS: Final = "anonymous"
"""The caller of a call from outside that shows no number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteQuery:
    """Who calls what, over which door, when.

    `caller`: number of the authenticated extension, or, for a call from outside, the canonical text of who calls, or `ANONYMOUS`;
    `callee`: what was asked for, in both forms: as dialled (the user part of the Request-URI, unescaped); `listener`: name of ours;
    `source`: the peer's IP address; `at`: aware UTC. `trunk`: name of the trunk that it came by, "" for a call of an extension;
    `caller_number`: who calls from outside, in both forms, None if it is an extension or anonymous. Version 1 had neither.
    """

    version: int = QUERY_VERSION
    tenant: str
    caller: str
    caller_display: str
    callee: Number
    listener: str
    source: str
    at: datetime
    trunk: str = ""
    caller_number: Number | None = None


def query_of(
    tenant: TenantSnapshot, caller: ExtensionConfig, dialled: str, *, listener: str, source: str, at: datetime
) -> RouteQuery:
    """The question for a call of `caller`: here, at the edge, what was dialled becomes a number. For calls live and imagined."""
    return RouteQuery(
        tenant=tenant.config.name,
        caller=caller.number,
        caller_display=caller.display_name,
        callee=tenant.number(dialled),
        listener=listener,
        source=source,
        at=at,
    )


def query_from_trunk(
    tenant: TenantSnapshot,
    trunk: TrunkConfig,
    *,
    called: str,
    caller: str,
    display: str,
    listener: str,
    source: str,
    at: datetime,
) -> RouteQuery:
    """The question for a call that came by `trunk`: both numbers as it sent them; `caller` "" = it shows none."""
    context = trunk.dialling.context() if trunk.is_dialling_own else tenant.context
    number = number_from_trunk(trunk, context, caller) if caller else None
    return RouteQuery(
        tenant=tenant.config.name,
        caller=number.canonical.text if number is not None else ANONYMOUS,
        caller_display=display,
        callee=number_from_trunk(trunk, context, called),
        listener=listener,
        source=source,
        at=at,
        trunk=trunk.name,
        caller_number=number,
    )


def number_with_plus(text: str) -> str | None:
    """The full number that the digits are, if it is one that lacks its "+"."""
    full = _PLAIN.number(f"+{text}").canonical if text[:1] != "+" else None
    return full.text if isinstance(full, E164) else None


def number_from_trunk(trunk: TrunkConfig, context: DialContext, text: str) -> Number:
    """A number as the trunk sends it, in both forms. Of a trunk that writes full numbers without a "+" (`plain`), one is understood so."""
    number = context.number(text)
    if trunk.number_format == "plain" and isinstance(number.canonical, Unclassified) and text[:1] != "+":
        full = context.number(f"+{text}").canonical
        if isinstance(full, E164):
            return Number(text, full)
    return number
