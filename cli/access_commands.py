"""The commands on who may ask: `token create|list|revoke`, `open`, `session list|end`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from cli.options import DATA, DataOption, OutputOption
from cli.output import Output

TenantOption = Annotated[str | None, typer.Option("--tenant", help="Of this tenant only; without it: of all.")]


class ScopeName(StrEnum):
    """What it may do: look, also command live things, also make tokens."""

    READ = "read"
    OPERATE = "operate"
    ADMIN = "admin"


token = typer.Typer(help="Tokens of the API: who may ask it by TCP.", no_args_is_help=True)


@token.command()
def create(
    name: Annotated[str, typer.Option("--name", help="What it is for, as it stands in lists and the audit trail.")],
    scope: Annotated[ScopeName, typer.Option("--scope", help="read, operate (commands on live things) or admin.")],
    tenant: TenantOption = None,
    expires: Annotated[str, typer.Option("--expires", help="For how long, as 90d, 12h, 2w.")] = "90d",
    data: DataOption = DATA,
    output: OutputOption = Output.TEXT,
) -> None:
    """Make a token, and print it: this once, it is kept nowhere."""
    from cli.tokens import create

    raise typer.Exit(create(data, name, scope.value, tenant, expires, output))


@token.command("list")
def list_(data: DataOption = DATA, output: OutputOption = Output.TEXT) -> None:
    """All tokens: what they may do, until when, when they were used last."""
    from cli.tokens import list_tokens

    raise typer.Exit(list_tokens(data, output))


@token.command()
def revoke(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name, or its id.")], data: DataOption = DATA
) -> None:
    """End a token, at once, with the links and sessions of the page that it opened."""
    from cli.tokens import revoke

    raise typer.Exit(revoke(data, name))


session = typer.Typer(help="Sessions of the live page that are open.", no_args_is_help=True)


@session.command("list")
def list_sessions(data: DataOption = DATA, output: OutputOption = Output.TEXT) -> None:
    """All sessions that are open: whose, what they may do, until when, what opened them."""
    from cli.sessions import list_sessions

    raise typer.Exit(list_sessions(data, output))


@session.command()
def end(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="As `trunkline session list` shows them.")],
    data: DataOption = DATA,
) -> None:
    """End sessions, at once: their pages ask to sign in again."""
    from cli.sessions import end

    raise typer.Exit(end(data, ids))


def open_(
    scope: Annotated[ScopeName, typer.Option("--scope", help="What the page may do.")] = ScopeName.OPERATE,
    tenant: TenantOption = None,
    author: Annotated[
        str | None,
        typer.Option("--author", envvar="TRUNKLINE_AUTHOR", help="Whose page it is; default: who is logged in."),
    ] = None,
    data: DataOption = DATA,
    output: OutputOption = Output.TEXT,
) -> None:
    """Print a link that opens the live page in a browser: once, within a minute."""
    from cli.author import author as who
    from cli.open_page import open_page

    raise typer.Exit(open_page(data, scope.value, tenant, who(author), output))


def add_to(app: typer.Typer) -> None:
    app.add_typer(token, name="token")
    app.add_typer(session, name="session")
    app.command("open")(open_)
