"""`trunkline`: its groups of commands, and what holds for all. What a command needs is imported when it runs: each starts quickly."""

from __future__ import annotations

import errno
import gc
import os
import sys
from io import TextIOWrapper
from typing import Annotated

import typer

from cli import (
    access_commands,
    balance_commands,
    following_commands,
    live_commands,
    manifest_commands,
    preference_commands,
    query_commands,
    record_commands,
    secret_commands,
    serve_command,
    table_commands,
)
from cli.completion import Shell, answer_the_shell

app = typer.Typer(
    name="trunkline",
    help="A PBX that is run by manifests in git.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

manifest_commands.add_to(app)
serve_command.add_to(app)
following_commands.add_to(app)
query_commands.add_to(app)
live_commands.add_to(app)
balance_commands.add_to(app)
record_commands.add_to(app)
app.add_typer(table_commands.imports, name="import")
app.add_typer(secret_commands.secret, name="secret")
access_commands.add_to(app)
preference_commands.add_to(app)


@app.command()
def version() -> None:
    """Print the version."""
    from cli.version import version

    raise typer.Exit(version())


@app.command()
def completion(shell: Annotated[Shell, typer.Argument(help="Whose it is.")]) -> None:
    """Print the script that completes commands and options in a shell."""
    from cli.completion import completion

    raise typer.Exit(completion(shell))


def main() -> None:
    """The entry point of the installed command."""
    # Manifests become objects that stay, half a million of ten thousand extensions; looking for garbage among them is in vain.
    gc.set_threshold(200_000, 50, 100)
    # A locale that can't write all that manifests hold is no reason for a traceback.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    answer_the_shell()
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read us (`| head`) has enough. The interpreter must not complain about it at its end, either.
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        # Standard output is a file on a full disk. Nothing more goes there, also not at the interpreter's end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(f"trunkline: the output can't be written: {error.strerror}; make room, or write it elsewhere")


if __name__ == "__main__":
    main()
