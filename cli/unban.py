"""`trunkline unban ADDRESS`: whoever is banned may come again."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from cli.client import ClientError, control_client, tell
from cli.exit_code import Exit
from cli.output import Output
from schema.problem import printable


def unban(address: str, data: Path, author: str, output: Output) -> Exit:
    try:
        with control_client(data) as client:
            ban = tell(client, "/v1/unban", {"address": address, "author": author})
    except ClientError as error:
        sys.stderr.write(f"trunkline unban: {error}\n")
        return Exit.PROBLEMS
    if output is Output.JSON:
        sys.stdout.write(json.dumps(ban, indent=2, ensure_ascii=False) + "\n")
    else:
        told = f"{ban.get('source')} was banned for {ban.get('reason')}, and may come again"
        sys.stdout.write(printable(told) + "\n")
    return Exit.FINE
