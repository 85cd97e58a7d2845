"""The commands on call records, and their options: `export`, `explain`, `replay`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.call_options import (
    CalleeOption,
    CallerOption,
    CallFilters,
    DirectionOption,
    MaxCostOption,
    MaxTalkOption,
    MinCostOption,
    MinTalkOption,
    NumberOption,
    Order,
    OutcomeOption,
    SinceOption,
    TenantOption,
    TrunkOption,
    UntilOption,
)
from cli.detailed import DetailedCommand
from cli.options import DATA, DataOption, OutputOption
from cli.output import Output
from cli.record_format import Format

exports = typer.Typer(help="Write much of what the server holds into a file.", no_args_is_help=True)


@exports.command("cdrs")
def export_cdrs(
    file: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", dir_okay=False, help="Into this file; without it: to standard output."
        ),
    ] = None,
    form: Annotated[
        Format | None, typer.Option("--format", help="Without it: as the file's name ends; csv if that says nothing.")
    ] = None,
    order: Annotated[Order, typer.Option("--order", help="Which come first, by when they began.")] = Order.OLDEST,
    tenant: TenantOption = None,
    number: NumberOption = None,
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
    data: DataOption = DATA,
) -> None:
    """Write call records as CSV or JSON Lines: all that match, however many. The file appears when it is whole."""
    from engine.native import protocol

    protocol.use()  # before the first of these modules is imported
    from cli.export import Request, export

    filters = _filters(
        tenant, number, caller, callee, outcome, direction, trunk, since, until, min_talk, max_talk, min_cost, max_cost
    )
    raise typer.Exit(export(Request(filters=filters, order=order.value, format=form, file=file, data=data)))


def explain(
    call_id: Annotated[str, typer.Argument(metavar="CALL-ID", help="As get cdrs and get calls list it.")],
    data: DataOption = DATA,
    output: OutputOption = Output.TEXT,
) -> None:
    """Say what decided a call, recorded or live: each step with rule, file and line, facts, phones, trunks and times."""
    from cli.explain import explain

    raise typer.Exit(explain(call_id, data, output))


def replay(
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="[SOURCE]",
            help="Decide by these manifests: a folder, git:REV:FOLDER or NAME.json. Without it: by what the server runs.",
        ),
    ] = None,
    revision: Annotated[
        str | None, typer.Option("--revision", metavar="N", help="By a revision that ran before, by its number.")
    ] = None,
    records: Annotated[
        list[Path] | None,
        typer.Option(
            "--records",
            metavar="FILE",
            help="Calls of this export (JSON Lines; - = standard input); may be given several times. Without it: the server's.",
        ),
    ] = None,
    tenant: TenantOption = None,
    number: NumberOption = None,
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
    data: DataOption = DATA,
    output: OutputOption = Output.TEXT,
    detailed: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit status 0: none differ, 2: some do, 1: it can't be told.")
    ] = False,
) -> None:
    """Decide recorded calls again, and say which would go elsewhere: those of the last 7 days, if not said otherwise."""
    from engine.native import protocol

    protocol.use()  # before the first of these modules is imported
    from cli.replay import Request, replay

    filters = _filters(
        tenant, number, caller, callee, outcome, direction, trunk, since, until, min_talk, max_talk, min_cost, max_cost
    )
    request = Request(
        source=source,
        revision=revision,
        records=records or (),
        filters=filters,
        data=data,
        output=output,
        detailed=detailed,
    )
    raise typer.Exit(replay(request))


def _filters(
    tenant: str | None,
    number: str | None,
    caller: str | None,
    callee: str | None,
    outcome: str | None,
    direction: str | None,
    trunk: str | None,
    since: str | None,
    until: str | None,
    min_talk: str | None,
    max_talk: str | None,
    min_cost: str | None,
    max_cost: str | None,
) -> CallFilters:
    return CallFilters(
        tenant=tenant,
        number=number,
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


def add_to(app: typer.Typer) -> None:
    """Make them commands of `trunkline`."""
    app.add_typer(exports, name="export")
    app.command("explain")(explain)
    app.command("replay", cls=DetailedCommand)(replay)
