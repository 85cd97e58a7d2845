"""What a shell is told that could stand there: asked by a real bash, with the script that we print."""

from __future__ import annotations

import os
import shlex
import subprocess

import pytest
from typer.testing import CliRunner

from cli.completion import kinds
from cli.main import app
from tests.support.trunkline_process import ROOT, command_line


def completions(*words: str) -> set[str]:
    """What bash would offer for the last of these words."""
    script = CliRunner().invoke(app, ["completion", "bash"]).output
    told = " ".join(map(shlex.quote, words))
    ask = f"""
        trunkline() {{ {shlex.join(command_line())} "$@"; }}
        env() {{ while [[ $1 == *=* ]]; do local -x "$1"; shift; done; "$@"; }}
        {script}
        COMP_WORDS=({told}); COMP_CWORD={len(words) - 1}
        _trunkline_completion trunkline
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    environ = {**os.environ, "TERM": "dumb"}
    done = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, check=True, cwd=ROOT, env=environ)
    assert done.stderr == ""
    return set(done.stdout.split())


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["trunkline", "re"], {"resume", "reconcile", "replay"}),
        (["trunkline", "describe", "Ext"], {"Extension"}),
        (["trunkline", "get", "regis"], {"registrations"}),
        (["trunkline", "plan", "--outp"], {"--output"}),
    ],
)
def test_bash_offers_what_could_stand_there(words: list[str], offered: set[str]) -> None:
    assert offered <= completions(*words)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_a_script_that_asks_us(shell: str) -> None:
    done = CliRunner().invoke(app, ["completion", shell])
    assert (done.exit_code, f"_TRUNKLINE_COMPLETE=complete_{shell}" in done.output) == (0, True)


def test_an_unknown_shell_is_refused() -> None:
    assert CliRunner().invoke(app, ["completion", "tcsh"]).exit_code == 2


def test_kinds_are_offered_in_any_case() -> None:
    assert "Extension" in kinds("ext")
    assert kinds("nothing") == []
