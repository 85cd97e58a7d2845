"""The commands on what people set for themselves: `preference get|set|clear`."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.options import DATA, AuthorOption, DataOption, OutputOption
from cli.output import Output
from cli.server_options import ServerOption, TokenFileOption, asked

NameArgument = Annotated[
    str, typer.Argument(metavar="TENANT/NAME", help="The Extension, by the name in its manifest, as acme/101.")
]
preference = typer.Typer(
    help="What people set for themselves, where the manifests let them (mayChange).", no_args_is_help=True
)


@preference.command()
def get(
    name: NameArgument,
    data: DataOption = DATA,
    server: ServerOption = None,
    token_file: TokenFileOption = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Show what an extension's person has set, since when, by whom, and whether it counts."""
    from cli.preferences import show

    raise typer.Exit(show(name, asked("preference get", data, server, token_file), output))


@preference.command("set")
def set_(
    name: NameArgument,
    status: Annotated[
        str | None,
        typer.Option("--status", help="available, away or doNotDisturb: the last two keep calls from its phones."),
    ] = None,
    forward: Annotated[
        list[str] | None,
        typer.Option(
            "--forward",
            metavar="WHEN[/HOURS]=KIND:VALUE",
            help="Where its calls go, in place of the manifest's forwarding; may be given several times, the first that fits "
            "counts. As noAnswer=extension:102, or busy/out=external:+442079460100.",
        ),
    ] = None,
    forward_nowhere: Annotated[
        bool, typer.Option("--forward-nowhere", help="Its calls go nowhere else, whatever the manifest says.")
    ] = False,
    greeting: Annotated[
        str | None, typer.Option("--greeting", help="The greeting that callers hear, by its name.")
    ] = None,
    queue: Annotated[
        list[str] | None,
        typer.Option(
            "--queue", metavar="NAME=on|off", help="Whether calls of that Queue come; all of them are said at once."
        ),
    ] = None,
    author: AuthorOption = None,
    data: DataOption = DATA,
    server: ServerOption = None,
    token_file: TokenFileOption = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Set something for an extension; what is not named stays as it is. Calls are decided by it at once."""
    from cli.author import author as who
    from cli.preferences import Settings, change

    settings = Settings(
        status=status,
        forward=forward or (),
        forward_nowhere=forward_nowhere,
        greeting=greeting,
        queue=queue or (),
    )
    whom = asked("preference set", data, server, token_file)
    raise typer.Exit(change(name, settings, whom, who(author), output))


@preference.command()
def clear(
    name: NameArgument,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", help="Only this: status, forwarding, greeting or queues; may be given several times."),
    ] = None,
    author: AuthorOption = None,
    data: DataOption = DATA,
    server: ServerOption = None,
    token_file: TokenFileOption = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Take back what is set: it is again as the manifests have it."""
    from cli.author import author as who
    from cli.preferences import clear

    whom = asked("preference clear", data, server, token_file)
    raise typer.Exit(clear(name, only or (), whom, who(author), output))


def add_to(app: typer.Typer) -> None:
    app.add_typer(preference, name="preference")
