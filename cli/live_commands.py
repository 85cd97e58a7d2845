"""The commands that follow a running server, and their options: `events`, `top`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.output import Output
from cli.server_options import ServerOption, TokenFileOption, asked

DataOption = Annotated[
    Path, typer.Option("--data", envvar="TRUNKLINE_DATA", help="The data folder of the running server.")
]
OutputOption = Annotated[Output, typer.Option("--output", "-o", envvar="TRUNKLINE_OUTPUT", help="How to print.")]
TenantOption = Annotated[str | None, typer.Option("--tenant", help="Only of this tenant.")]
DATA = Path("data")


def events(
    types: Annotated[
        str | None,
        typer.Option("--types", metavar="TYPE,...", help="Only these: call, call-ended, registration, trunk, rates..."),
    ] = None,
    tenant: TenantOption = None,
    data: DataOption = DATA,
    server: ServerOption = None,
    token_file: TokenFileOption = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Tell what happens, as it happens, line by line; goes on by itself when the server restarts."""
    from cli.events import events

    raise typer.Exit(events(types, tenant, asked("events", data, server, token_file), output))


def top(
    once: Annotated[
        bool, typer.Option("--once", help="Print one screen and end; so it does without a terminal.")
    ] = False,
    tenant: TenantOption = None,
    data: DataOption = DATA,
    server: ServerOption = None,
    token_file: TokenFileOption = None,
) -> None:
    """Watch calls, trunks, listeners and problems on one screen. q ends it, the arrow keys scroll the calls."""
    from cli.top import top

    raise typer.Exit(top(asked("top", data, server, token_file), tenant, once=once))


def add_to(app: typer.Typer) -> None:
    app.command()(events)
    app.command()(top)
