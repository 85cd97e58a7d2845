"""`trunkline version`."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of

from cli.exit_code import Exit


def installed_version() -> str:
    """The version of the installed package; "unknown" in a checkout that is not installed."""
    try:
        return version_of("trunkline")
    except PackageNotFoundError:
        return "unknown"


def version() -> Exit:
    sys.stdout.write(f"trunkline {installed_version()}\n")
    return Exit.FINE
