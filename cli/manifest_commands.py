"""The commands on manifests, and their options: `init`, `validate`, `simulate`, `ports`, `schema`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.colour import Colour
from cli.options import DATA, DataOption, OutputOption, SourceArgument
from cli.output import Output, ProblemOutput


def init(
    folder: Annotated[Path, typer.Argument(help="Where the manifests go: a folder without any.")],
    data: DataOption = DATA,
    host: Annotated[
        str | None,
        typer.Option("--host", envvar="TRUNKLINE_HOST", help="This machine's address, as phones reach it."),
    ] = None,
    domain: Annotated[str | None, typer.Option(help="The SIP domain of your phones.")] = None,
    tenant: Annotated[
        str | None, typer.Option(help="The name of the first tenant; default: as the domain begins.")
    ] = None,
    transport: Annotated[str | None, typer.Option(help="What SIP is carried by: udp or tcp.")] = None,
    port: Annotated[int | None, typer.Option(help="The port that SIP is answered at.")] = None,
    extensions: Annotated[str | None, typer.Option(help="The first extensions, as 101-104,110.")] = None,
    mail_server: Annotated[
        str | None, typer.Option(help="The SMTP server, perhaps with its port; default: mail is set up later.")
    ] = None,
    mail_from: Annotated[
        str | None, typer.Option(help="The address that mail is from; default: pbx@ the domain.")
    ] = None,
    mail_user: Annotated[str | None, typer.Option(help="The user name there; default: nobody logs in.")] = None,
) -> None:
    """Write the first manifests, and passwords for the first phones. Asks for what is not said, on a terminal."""
    from cli.init import Asked, init

    def ask(question: str, default: str) -> str:
        return str(typer.prompt(question, default=default, err=True)) if sys.stdin.isatty() else default

    asked = Asked(host, domain, tenant, transport, port, extensions, mail_server, mail_from, mail_user)
    raise typer.Exit(init(folder, data, asked, ask))


def validate(
    source: SourceArgument,
    output: Annotated[
        ProblemOutput, typer.Option("--output", "-o", envvar="TRUNKLINE_OUTPUT", help="How to print.")
    ] = ProblemOutput.TEXT,
    secrets: Annotated[
        Path | None,
        typer.Option("--secrets", help="The data folder whose secrets are checked, too; without it they are unknown."),
    ] = None,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict", help="By the strict set of rules: also what could be better, and what is not carried out yet."
        ),
    ] = False,
    tenant: Annotated[
        str | None,
        typer.Option(
            "--tenant",
            help="SOURCE is the own source of this tenant: what only the platform's manifests tell is unknown.",
        ),
    ] = None,
    colour: Annotated[
        Colour, typer.Option("--colour", "--color", help="auto: on a terminal, unless NO_COLOR is set.")
    ] = Colour.AUTO,
) -> None:
    """Check manifests without serving them. Exit status 1 if something is wrong."""
    from cli.validate import Request, validate

    asked = Request(source=source, output=output, secrets=secrets, strict=strict, colour=colour, tenant=tenant)
    raise typer.Exit(validate(asked))


def simulate(
    caller: Annotated[
        str, typer.Option("--from", help="The extension that calls; with --trunk the number outside, or anonymous.")
    ],
    to: Annotated[str, typer.Option("--to", help="What it dials: a number, or a SIP address.")],
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="[SOURCE]",
            help="Decide offline by these manifests: a folder, git:REV:FOLDER or NAME.json. Without it the running server decides.",
        ),
    ] = None,
    data: DataOption = DATA,
    tenant: Annotated[str | None, typer.Option(help="The caller's tenant; needed if there are several.")] = None,
    at: Annotated[
        str | None,
        typer.Option(help="When, as 2026-11-26T09:00 (UTC if not said) or 2026-11-26T09:00+01:00; now if not said."),
    ] = None,
    registered: Annotated[
        list[str] | None,
        typer.Option(
            help="NUMBER or NUMBER=PHONES that has registered phones; may be given several times. Offline, nobody else has."
        ),
    ] = None,
    calls: Annotated[int | None, typer.Option(min=0, help="How many calls the tenant has already.")] = None,
    status: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NUMBER=STATUS",
            help="What its person has set: available, away or doNotDisturb; may be given several times.",
        ),
    ] = None,
    listener: Annotated[str | None, typer.Option(help="The listener by which the call comes in.")] = None,
    trunk: Annotated[str | None, typer.Option(help="The trunk by which the call comes from outside.")] = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Say what would become of a call, and why. Exit status 1 if it would be refused."""
    from cli.simulate import Request, simulate
    from reconciler.question import Question

    question = Question(
        caller=caller,
        to=to,
        tenant=tenant,
        listener=listener,
        at=at,
        registered=registered or (),
        calls=calls,
        trunk=trunk,
        statuses=status or (),
    )
    raise typer.Exit(simulate(Request(source=source, data=data, question=question, output=output)))


def ports(
    source: Annotated[str, typer.Argument(help="A folder of manifests, git:REV:FOLDER or NAME.json.")],
    output: OutputOption = Output.TEXT,
) -> None:
    """Print what a firewall has to let through for these manifests."""
    from cli.ports import ports

    raise typer.Exit(ports(source, output))


def schema() -> None:
    """Print the JSON Schema of all manifests, for editors and CI."""
    from cli.schema import schema

    raise typer.Exit(schema())


def add_to(app: typer.Typer) -> None:
    app.command()(init)
    app.command()(validate)
    app.command()(simulate)
    app.command()(ports)
    app.command()(schema)
