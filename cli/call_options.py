"""The filters of closed calls as options of commands. Nothing here reads them: `cli.call_filters` does, when a command runs."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Annotated, Final

import typer

PARTY: Final = "internal, external, prefix:+44, contains:4567 or a number"
TenantOption = Annotated[str | None, typer.Option("--tenant", help="Only of this tenant.")]
NumberOption = Annotated[
    str | None, typer.Option("--number", help="Only where this number called, was called or answered.")
]
CallerOption = Annotated[str | None, typer.Option("--caller", metavar="WHO", help=f"Only by these callers: {PARTY}.")]
CalleeOption = Annotated[str | None, typer.Option("--callee", metavar="WHO", help=f"Only to these: {PARTY}.")]
OutcomeOption = Annotated[
    str | None, typer.Option("--outcome", "--status", help="Only with this outcome, as answered or no_answer; all.")
]
DirectionOption = Annotated[
    str | None, typer.Option("--direction", help="Only calls that went this way: internal, inbound or outbound.")
]
TrunkOption = Annotated[str | None, typer.Option("--trunk", help="Only calls that came or went by this trunk.")]
SinceOption = Annotated[
    str | None, typer.Option("--since", help="Started at or after, as 2026-11-20 or 2026-11-20T09:00, UTC if not said.")
]
UntilOption = Annotated[str | None, typer.Option("--until", help="Started before.")]
MinTalkOption = Annotated[
    str | None, typer.Option("--min-talk", metavar="DURATION", help="Talked at least so long, as 30s, 5m or 1h30m.")
]
MaxTalkOption = Annotated[str | None, typer.Option("--max-talk", metavar="DURATION", help="Talked at most so long.")]
MinCostOption = Annotated[
    str | None,
    typer.Option("--min-cost", metavar="AMOUNT", help="Cost at least so much, as 0.50, in their own currency."),
]
MaxCostOption = Annotated[
    str | None,
    typer.Option("--max-cost", metavar="AMOUNT", help="Cost at most so much; calls that are not billed cost 0."),
]

CALL_FILTERS: Final = frozenset(
    {
        "tenant", "number", "caller", "callee", "outcome", "direction", "trunk",
        "since", "until", "min_talk", "max_talk", "min_cost", "max_cost", "order",
    }
)  # fmt: skip


class Order(StrEnum):
    """`--order`."""

    NEWEST = "newest"
    OLDEST = "oldest"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFilters:
    """As written; None = any."""

    tenant: str | None = None
    number: str | None = None
    caller: str | None = None
    callee: str | None = None
    outcome: str | None = None
    direction: str | None = None
    trunk: str | None = None
    since: str | None = None
    until: str | None = None
    min_talk: str | None = None
    max_talk: str | None = None
    min_cost: str | None = None
    max_cost: str | None = None

    def given(self) -> dict[str, str]:
        pairs = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: value for name, value in pairs if value is not None}
