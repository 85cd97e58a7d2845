"""`trunkline schema` and `trunkline version`."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from cli.main import app


def test_schema_is_the_published_one() -> None:
    done = CliRunner().invoke(app, ["schema"])
    assert done.exit_code == 0
    assert json.loads(done.stdout)["title"] == "Trunkline manifest"


def test_version() -> None:
    done = CliRunner().invoke(app, ["version"])
    assert done.exit_code == 0
    assert done.stdout.startswith("trunkline ")


def test_help_lists_the_commands() -> None:
    done = CliRunner().invoke(app, ["--help"])
    assert done.exit_code == 0
    for command in ("serve", "validate", "get", "schema", "version"):
        assert command in done.stdout
