"""`trunkline schema`: the published JSON Schema of all kinds."""

from __future__ import annotations

import sys
from importlib.resources import files

from cli.exit_code import Exit


def schema_text() -> str:
    return files("schema").joinpath("published", "trunkline.json").read_text(encoding="utf-8")


def schema() -> Exit:
    sys.stdout.write(schema_text())
    return Exit.FINE
