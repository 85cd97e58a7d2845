"""The options of commands that may ask a server elsewhere, and what they come to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cli.whom import Whom

ServerOption = Annotated[
    str | None,
    typer.Option(
        "--server",
        metavar="URL",
        envvar="TRUNKLINE_SERVER",
        help="Ask this server by its API, as https://pbx.example, with a token; without it: the one on --data.",
    ),
]
TokenFileOption = Annotated[
    Path | None,
    typer.Option(
        "--token-file",
        metavar="FILE",
        envvar="TRUNKLINE_TOKEN_FILE",
        help="Where the token for --server stands; without it: in TRUNKLINE_TOKEN.",
    ),
]


def asked(command: str, data: Path, server: str | None, token_file: Path | None) -> Whom:
    """Whom these options mean; ends the command if nobody."""
    from cli.exit_code import Exit
    from cli.whom import whom

    try:
        return whom(data, server, token_file)
    except ValueError as error:
        typer.echo(f"trunkline {command}: {error}", err=True)
        raise typer.Exit(Exit.USAGE) from None
