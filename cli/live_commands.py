"""The commands on a running server, and their options: `events`, `top`, `unban`, `log-level`, `doctor`."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.call_options import TenantOption
from cli.options import DATA, AuthorOption, DataOption, OutputOption
from cli.output import Output
from cli.server_options import ServerOption, TokenFileOption, asked


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


def unban(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="As trunkline get bans shows it.")],
    author: AuthorOption = None,
    data: DataOption = DATA,
    output: OutputOption = Output.TEXT,
) -> None:
    """End a ban: whoever was banned for guessing passwords or flooding us may come again."""
    from cli.author import author as who
    from cli.unban import unban

    raise typer.Exit(unban(address, data, who(author), output))


def log_level(
    module: Annotated[
        str | None, typer.Argument(metavar="[MODULE]", help="As calls; without it, all of them.", show_default=False)
    ] = None,
    level: Annotated[
        str | None, typer.Argument(metavar="[LEVEL]", help="debug, info, warning or error.", show_default=False)
    ] = None,
    duration: Annotated[
        str | None, typer.Option("--for", metavar="TIME", help="As 10m: then it is again what it was.")
    ] = None,
    author: AuthorOption = None,
    data: DataOption = DATA,
    output: OutputOption = Output.TEXT,
) -> None:
    """Show from which level on the running server logs, or change it."""
    from cli.author import author as who
    from cli.log_level import log_level

    raise typer.Exit(log_level(module, level, duration, data, who(author), output))


def doctor(
    manifests: Annotated[
        str | None,
        typer.Argument(
            metavar="[MANIFESTS]", help="Look at these; without them, at what was applied last.", show_default=False
        ),
    ] = None,
    data: DataOption = DATA,
    host: Annotated[
        str, typer.Option("--host", envvar="TRUNKLINE_HOST", help="As serve --host, where no server runs.")
    ] = "127.0.0.1",
    output: OutputOption = Output.TEXT,
) -> None:
    """Find what is wrong with this machine, the configuration and the running server. Exit status 1 if something is."""
    from cli.doctor.command import doctor

    raise typer.Exit(doctor(manifests, data, host, output))


def add_to(app: typer.Typer) -> None:
    app.command()(events)
    app.command()(top)
    app.command()(unban)
    app.command("log-level")(log_level)
    app.command()(doctor)
