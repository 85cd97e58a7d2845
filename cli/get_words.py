"""`trunkline get WHAT [NAME]`: whether something that is true now is asked for, or manifests of a kind."""

from __future__ import annotations

import sys
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, fields, replace

from cli.exit_code import Exit
from cli.get import Filters, get
from cli.output import GetOutput, Output
from cli.whom import Whom
from cli.written import ALL, WrittenRequest, get_written, kind_named, near_kinds
from schema.problem import shown


@dataclass(frozen=True, slots=True)
class Asked:
    """The words of the command. `what`: a listing or a kind; `name`: `[TENANT/]NAME` of that kind."""

    what: str
    name: str | None
    server: Whom
    output: GetOutput


class _Misasked(Exception):
    """Words that go together in no way; the message says what to write."""


def get_asked(asked: Asked, filters: Filters, limit: int, listings: AbstractSet[str]) -> Exit:
    """Of a word that is both (trunks, listeners) the listing is meant, unless YAML or one by name is asked for."""
    is_written = asked.output is GetOutput.YAML or asked.name is not None
    try:
        if asked.what in listings and not is_written:
            return get(asked.what, asked.server, filters, limit, Output(asked.output.value))
        kind = kind_named(asked.what)
        if kind is None and not (asked.what in (ALL, "resources") and asked.name is None and is_written):
            hint = f"write one of {', '.join(sorted(listings))}, or a kind: {near_kinds(asked.what)}"
            raise _Misasked(f"{shown(asked.what)} is nothing that can be got{' as YAML' if is_written else ''}; {hint}")
        if not is_written:
            return get("resources", asked.server, replace(filters, kind=kind), limit, Output(asked.output.value))
        if asked.output is GetOutput.JSON:
            raise _Misasked(f"one {kind} as JSON: trunkline describe {kind} {asked.name} -o json")
        given = [field.name for field in fields(filters) if getattr(filters, field.name) is not None]
        unknown = sorted(set(given) - {"tenant", "revision", "kind"})
        if unknown:
            raise _Misasked(f"--{unknown[0].replace('_', '-')} does not apply to manifests")
    except _Misasked as error:
        sys.stderr.write(f"trunkline get: {error}\n")
        return Exit.USAGE
    return get_written(
        WrittenRequest(
            kind=kind or filters.kind or "",
            name=asked.name,
            tenant=filters.tenant,
            revision=filters.revision,
            server=asked.server,
        )
    )
