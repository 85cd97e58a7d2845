"""`trunkline reconcile`: look at the manifests now, and say what came of it. Exit status 1 if something is held back or waits."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from cli.client import ClientError, control_client, tell
from cli.exit_code import Exit
from cli.output import Output
from reconciler.plan import SHORT
from schema.problem import printable

ALL_IS_WELL = "InSync"


def reconcile(data: Path, output: Output) -> Exit:
    try:
        with control_client(data) as client:
            done = tell(client, "/v1/reconcile", {})
    except ClientError as error:
        sys.stderr.write(f"trunkline reconcile: {error}\n")
        return Exit.PROBLEMS
    if output is Output.JSON:
        sys.stdout.write(json.dumps(done, indent=2, ensure_ascii=False) + "\n")
    else:
        lines = str(done.get("message")).splitlines() or [""]
        sys.stdout.write(f"{printable(str(done.get('result')))}: {printable(lines[0])}\n")
        sys.stdout.write("".join(f"{printable(line)}\n" for line in lines[1:]))
        sys.stdout.write(f"revision {done.get('sequence')} ({printable(str(done.get('revision'))[:SHORT])}) runs\n")
    return Exit.FINE if done.get("result") == ALL_IS_WELL else Exit.PROBLEMS
