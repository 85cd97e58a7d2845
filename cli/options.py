"""The options that many commands have, each with one meaning."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from cli.colour import Colour
from cli.output import Output

DATA: Final = Path("data")
DataOption = Annotated[
    Path, typer.Option("--data", envvar="TRUNKLINE_DATA", help="The data folder: control socket, records, secrets.")
]
OutputOption = Annotated[Output, typer.Option("--output", "-o", envvar="TRUNKLINE_OUTPUT", help="How to print.")]
SourceArgument = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE",
        help="A folder of manifests; git:REV or git:REV:FOLDER of the repository here; or a saved snapshot NAME.json.",
    ),
]
ColourOption = Annotated[
    Colour, typer.Option("--colour", "--color", help="auto: on a terminal, unless NO_COLOR is set.")
]
AuthorOption = Annotated[
    str | None,
    typer.Option(
        "--author", envvar="TRUNKLINE_AUTHOR", help="Who says so, for the history; default: who is logged in."
    ),
]
