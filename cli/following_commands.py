"""The commands on how manifests are followed, and their options: `plan`, `apply`, `rollback`, `suspend`, `resume`, `reconcile`."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.colour import Colour
from cli.detailed import DetailedCommand
from cli.options import DATA, AuthorOption, ColourOption, DataOption, OutputOption
from cli.output import Output, PlanOutput

PlanOutputOption = Annotated[
    PlanOutput, typer.Option("--output", "-o", envvar="TRUNKLINE_OUTPUT", help="How to print.")
]
DigestOption = Annotated[
    str | None, typer.Option("--digest", metavar="DIGEST", help="Of the plan that was looked at; 12 digits are enough.")
]
ConfirmOption = Annotated[
    list[str] | None,
    typer.Option(
        "--confirm", metavar="NAME", help="A limit that the plan breaks, and that is meant; for each of them."
    ),
]


def plan(
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="[SOURCE]",
            help="Plan these manifests: a folder, git:REV:FOLDER or NAME.json. Without it: those that the server follows.",
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="SOURCE",
            help="Compare with a folder, git:REV:FOLDER or NAME.json. Without it: with what the server runs.",
        ),
    ] = None,
    tenant: Annotated[
        str | None,
        typer.Option("--tenant", help="SOURCE is the own source of this tenant, as its TenantSource names it."),
    ] = None,
    data: DataOption = DATA,
    output: PlanOutputOption = PlanOutput.TEXT,
    detailed: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit status 0: no changes, 2: changes, 1: no plan.")
    ] = False,
    expect_no_changes: Annotated[
        bool, typer.Option("--expect-no-changes", help="Exit status 1 if there are changes.")
    ] = False,
    colour: ColourOption = Colour.AUTO,
) -> None:
    """Say what would change, whom it disturbs and what has to be confirmed, before it happens."""
    from cli.plan import Request, plan

    request = Request(
        source=source,
        against=against,
        data=data,
        output=output,
        detailed=detailed,
        expect_no_changes=expect_no_changes,
        colour=colour,
        tenant=tenant,
    )
    raise typer.Exit(plan(request))


def apply(
    digest: DigestOption = None,
    confirm: ConfirmOption = None,
    author: AuthorOption = None,
    data: DataOption = DATA,
    output: PlanOutputOption = PlanOutput.TEXT,
    colour: ColourOption = Colour.AUTO,
) -> None:
    """Apply the plan with this digest. Without one: show what waits, and how to apply it; exit status 1 if something does."""
    from cli.apply import Approval, apply
    from cli.author import author as who

    asked = Approval(digest=digest, confirm=confirm or (), author=who(author), data=data, output=output, colour=colour)
    raise typer.Exit(apply(asked))


def rollback(
    revision: Annotated[str, typer.Argument(metavar="REVISION", help="Its number, or 12 digits of its hash at least.")],
    digest: DigestOption = None,
    confirm: ConfirmOption = None,
    author: AuthorOption = None,
    data: DataOption = DATA,
    output: PlanOutputOption = PlanOutput.TEXT,
    colour: ColourOption = Colour.AUTO,
) -> None:
    """Go back to what ran before, by the plan with this digest. Without one: show the plan."""
    from cli.apply import Approval
    from cli.author import author as who
    from cli.rollback import rollback

    asked = Approval(digest=digest, confirm=confirm or (), author=who(author), data=data, output=output, colour=colour)
    raise typer.Exit(rollback(revision, asked))


def suspend(
    reason: Annotated[str, typer.Option(help="Why, for whoever looks at the status.")] = "",
    author: AuthorOption = None,
    data: DataOption = DATA,
    output: OutputOption = Output.TEXT,
) -> None:
    """Let following rest: what runs goes on as it is, whatever the manifests say."""
    from cli.author import author as who
    from cli.suspend import suspend

    raise typer.Exit(suspend(data, reason, who(author), output))


def resume(author: AuthorOption = None, data: DataOption = DATA, output: OutputOption = Output.TEXT) -> None:
    """Follow the manifests again."""
    from cli.author import author as who
    from cli.suspend import resume

    raise typer.Exit(resume(data, who(author), output))


def reconcile(data: DataOption = DATA, output: OutputOption = Output.TEXT) -> None:
    """Look at the manifests now, and say what came of it. Exit status 1 if something is held back or waits."""
    from cli.reconcile import reconcile

    raise typer.Exit(reconcile(data, output))


def add_to(app: typer.Typer) -> None:
    app.command(cls=DetailedCommand)(plan)
    app.command()(apply)
    app.command()(rollback)
    app.command()(suspend)
    app.command()(resume)
    app.command()(reconcile)
