"""`--detailed-exitcode`: exit status 2 says what a command found, so that wrong usage has to be 1."""

from __future__ import annotations

from typing import cast

import typer
import typer.core

_USAGE_ERROR = cast("type[Exception]", typer.BadParameter.__bases__[0])
"""click's, wherever typer has it from."""


class DetailedCommand(typer.core.TyperCommand):
    """A command whose exit status 2 means something else than wrong usage, if --detailed-exitcode is given."""

    def make_context(self, info_name, args, parent=None, **extra):  # type: ignore[no-untyped-def]  # as click has it
        detailed = "--detailed-exitcode" in args
        try:
            return super().make_context(info_name, args, parent, **extra)
        except _USAGE_ERROR as error:
            if detailed:
                error.__dict__["exit_code"] = 1
            raise
