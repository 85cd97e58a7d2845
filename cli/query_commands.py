"""The commands that ask a server what is true now, and their options: `get`, `describe`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from cli.call_options import (
    CalleeOption,
    CallerOption,
    DirectionOption,
    MaxCostOption,
    MaxTalkOption,
    MinCostOption,
    MinTalkOption,
    OutcomeOption,
    SinceOption,
    TrunkOption,
    UntilOption,
)
from cli.completion import kinds
from cli.listing_command import ListingCommand
from cli.options import DATA, DataOption, OutputOption
from cli.output import GetOutput, Output
from cli.server_options import ServerOption, TokenFileOption, asked


class What(StrEnum):
    """What `get` lists."""

    AUDIT = "audit"
    BANS = "bans"
    CALLS = "calls"
    CDRS = "cdrs"
    DRAINS = "drains"
    LISTENERS = "listeners"
    MANIFESTS = "manifests"
    PREFERENCES = "preferences"
    REGISTRATIONS = "registrations"
    RESOURCES = "resources"
    REVISIONS = "revisions"
    STATUS = "status"
    TRUNKS = "trunks"
    WEBHOOKS = "webhooks"


def _whats() -> list[str]:
    return [*What]


def get(
    what: Annotated[
        str,
        typer.Argument(
            metavar="WHAT", help=f"What to list: {', '.join(What)}; or a kind, as Extension.", autocompletion=_whats
        ),
    ],
    name: Annotated[
        str | None, typer.Argument(metavar="[[TENANT/]NAME]", help="Of a kind: only this one.", show_default=False)
    ] = None,
    data: DataOption = DATA,
    output: Annotated[
        GetOutput,
        typer.Option("--output", "-o", help="How to print; yaml: manifests of that kind (or all) as they are written."),
    ] = GetOutput.TEXT,
    tenant: Annotated[str | None, typer.Option(help="Only of this tenant.")] = None,
    number: Annotated[str | None, typer.Option(help="Only with this number (calls, cdrs, registrations).")] = None,
    kind: Annotated[str | None, typer.Option(help="Only of this kind (resources).", autocompletion=kinds)] = None,
    caller: CallerOption = None,
    callee: CalleeOption = None,
    outcome: OutcomeOption = None,
    direction: DirectionOption = None,
    trunk: TrunkOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    min_talk: MinTalkOption = None,
    max_talk: MaxTalkOption = None,
    min_cost: MinCostOption = None,
    max_cost: MaxCostOption = None,
    revision: Annotated[str | None, typer.Option(help="Those of this revision, by its number (manifests).")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 1000,
    server: ServerOption = None,
    token_file: TokenFileOption = None,
) -> None:
    """Ask the running server what is true now."""
    from cli.get import Filters
    from cli.get_words import Asked, get_asked

    filters = Filters(
        tenant=tenant,
        number=number,
        kind=kind,
        revision=revision,
        caller=caller,
        callee=callee,
        outcome=outcome,
        direction=direction,
        trunk=trunk,
        since=since,
        until=until,
        min_talk=min_talk,
        max_talk=max_talk,
        min_cost=min_cost,
        max_cost=max_cost,
    )
    words = Asked(what, name, asked("get", data, server, token_file), output)
    raise typer.Exit(get_asked(words, filters, limit, frozenset(What)))


def describe(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="As Extension.", autocompletion=kinds)],
    name: Annotated[str, typer.Argument(metavar="[TENANT/]NAME", help="As acme/101.")],
    effective: Annotated[
        bool, typer.Option("--effective", help="Also as it counts: with defaults, profile and groups, and from where.")
    ] = False,
    source: Annotated[
        str | None,
        typer.Option("--source", help="Read it here, without a server: a folder, git:REV:FOLDER or NAME.json."),
    ] = None,
    data: DataOption = DATA,
    output: OutputOption = Output.TEXT,
) -> None:
    """Show one resource: what is written, where, how it stands, what uses it, and its last changes."""
    from cli.describe import describe

    raise typer.Exit(describe(kind, name, data, output, source=source, effective=effective))


def add_to(app: typer.Typer) -> None:
    app.command(cls=ListingCommand)(get)
    app.command()(describe)
