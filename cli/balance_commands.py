"""The commands on balances, and their options: `balance show|add|set`."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.options import DATA, AuthorOption, DataOption, OutputOption
from cli.output import Output

balance = typer.Typer(help="What extensions may still spend on calls that are billed.", no_args_is_help=True)
ExtensionArgument = Annotated[
    str, typer.Argument(metavar="TENANT/NUMBER", help="The extension, as acme/101.", show_default=False)
]
NoteOption = Annotated[str, typer.Option("--note", help="Why, for the ledger.")]


@balance.command()
def show(
    extension: Annotated[
        str | None,
        typer.Argument(
            metavar="[TENANT/NUMBER]",
            help="This one, with the last lines of its ledger; without it: all.",
            show_default=False,
        ),
    ] = None,
    data: DataOption = DATA,
    output: OutputOption = Output.TEXT,
) -> None:
    """Show what is left."""
    from cli.balance import show

    raise typer.Exit(show(extension, data, output))


@balance.command()
def add(
    extension: ExtensionArgument,
    amount: Annotated[
        str, typer.Argument(metavar="AMOUNT", help="As 12.50; to take something away: -- -5.00.", show_default=False)
    ],
    note: NoteOption = "",
    author: AuthorOption = None,
    data: DataOption = DATA,
    output: OutputOption = Output.TEXT,
) -> None:
    """Add to a balance: it counts at once, also for a call that is under way."""
    from cli.author import author as who
    from cli.balance import change

    raise typer.Exit(change("add", extension, amount, note, data, who(author), output))


@balance.command("set")
def set_(
    extension: ExtensionArgument,
    amount: Annotated[str, typer.Argument(metavar="AMOUNT", help="As 12.50.", show_default=False)],
    note: NoteOption = "",
    author: AuthorOption = None,
    data: DataOption = DATA,
    output: OutputOption = Output.TEXT,
) -> None:
    """Set a balance to an amount; calls that are under way are taken from it as they end."""
    from cli.author import author as who
    from cli.balance import change

    raise typer.Exit(change("set", extension, amount, note, data, who(author), output))


def add_to(app: typer.Typer) -> None:
    app.add_typer(balance, name="balance")
