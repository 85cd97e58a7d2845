"""The commands on call records, and their options: `export`, `explain`, `replay`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.call_filters import (
    CalleeOption,
    CallerOption,
    CallFilters,
    DirectionOption,
    MaxTalkOption,
    MinTalkOption,
    NumberOption,
    OutcomeOption,
    SinceOption,
    TenantOption,
    TrunkOption,
    UntilOption,
)
from cli.export import Format
from cli.output import Output
from engine.cdr_filter import Order

DataOption = Annotated[
    Path, typer.Option("--data", envvar="TRUNKLINE_DATA", help="The data folder of the running server.")
]
OutputOption = Annotated[Output, typer.Option("--output", "-o", envvar="TRUNKLINE_OUTPUT", help="How to print.")]
DATA = Path("data")

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
    data: DataOption = DATA,
) -> None:
    """Write call records as CSV or JSON Lines: all that match, however many. The file appears when it is whole."""
    from cli.export import Request, export

    filters = CallFilters(
        tenant=tenant,
        number=number,
        caller=caller,
        callee=callee,
        outcome=outcome,
        direction=direction.value if direction is not None else None,
        trunk=trunk,
        since=since,
        until=until,
        min_talk=min_talk,
        max_talk=max_talk,
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


def add_to(app: typer.Typer) -> None:
    """Make them commands of `trunkline`."""
    app.add_typer(exports, name="export")
    app.command("explain")(explain)
