"""`trunkline get WHAT --help` shows the options that WHAT has, not those of everything that can be listed."""

from __future__ import annotations

from typing import Final

from typer.core import TyperCommand

_WHAT: Final = "trunkline.get.what"
_HELPS: Final = "trunkline.get.helps"
ALWAYS: Final = frozenset({"what", "name", "data", "output", "server", "token_file", "limit", "help"})


class ListingCommand(TyperCommand):
    def parse_args(self, ctx, args):  # type: ignore[no-untyped-def]  # as click has it
        ctx.meta[_WHAT] = next((one for one in args if not one.startswith("-")), None)
        return super().parse_args(ctx, args)

    def format_help(self, ctx, formatter):  # type: ignore[no-untyped-def]  # as click has it
        ctx.meta[_HELPS] = True
        super().format_help(ctx, formatter)

    def get_params(self, ctx):  # type: ignore[no-untyped-def]  # as click has it
        found = super().get_params(ctx)
        what = ctx.meta.get(_WHAT)
        if not ctx.meta.get(_HELPS) or what is None:
            return found
        from cli.get import LISTINGS

        known = LISTINGS[what].filters if what in LISTINGS else frozenset()
        return [one for one in found if one.name in ALWAYS | known]
