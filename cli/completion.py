"""`trunkline completion`: the script that completes commands and options in a shell, and the answers it asks for."""

from __future__ import annotations

import os
import sys
from enum import StrEnum

from typer.completion import completion_init, get_completion_script  # type: ignore[attr-defined]  # it names no other way

from cli.exit_code import Exit

ASKED = "_TRUNKLINE_COMPLETE"
"""Set by the shell's script when it wants to know what could stand there."""


class Shell(StrEnum):
    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(shell: Shell) -> Exit:
    script = get_completion_script(prog_name="trunkline", complete_var=ASKED, shell=shell.value)
    sys.stdout.write(f"{script}\n")
    return Exit.FINE


def answer_the_shell() -> None:
    """Be ready to say what could stand there, if this is what we were started for."""
    if ASKED in os.environ:
        completion_init()


def kinds(incomplete: str) -> list[str]:
    """The kinds of resources that begin so."""
    from schema.registry import KINDS

    return [kind for kind in KINDS if kind.lower().startswith(incomplete.lower())]
