"""`trunkline ports SOURCE`: what a firewall has to let through for these manifests, as a table or JSON."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Final

from cli.exit_code import Exit
from cli.output import Output
from cli.source import source_of
from cli.table import table
from reconciler.errors import SourceUnavailable
from reconciler.offline import offline
from reconciler.openings import Opening, Way, openings
from reconciler.render.checked import counted

HEAD: Final = ("way", "protocol", "port", "address", "what", "resource")
OURS: Final = "this machine's"
ANY: Final = "any"
BY_DNS: Final = "as DNS says"


def ports(source: str, output: Output) -> Exit:
    place = source_of(source)
    try:
        found = offline(place.read())
    except SourceUnavailable as error:
        sys.stderr.write(f"trunkline: {error}\n")
        return Exit.PROBLEMS if place.is_there else Exit.USAGE
    if found.report.has_errors:
        told = counted(len(found.report.errors), "error")
        sys.stderr.write(f"trunkline ports: the manifests have {told}; the first: {found.report.errors[0]}\n")
        return Exit.PROBLEMS
    units = found.ground.desired.units.values()
    listed = openings(item for unit in units for item in unit.items.values())
    match output:
        case Output.TEXT:
            sys.stdout.write(table(HEAD, [_row(one) for one in listed]))
        case Output.JSON:
            sys.stdout.write(json.dumps({"ports": [asdict(one) for one in listed]}, indent=2) + "\n")
    return Exit.FINE


def _row(one: Opening) -> tuple[str, ...]:
    nowhere = OURS if one.way is Way.IN else ANY
    return (one.way.value, one.protocol, one.ports or BY_DNS, one.address or nowhere, one.what, one.resource)
