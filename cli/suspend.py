"""`trunkline suspend [--reason TEXT]` and `trunkline resume`: following rests, and goes on."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from cli.client import ClientError, control_client, tell
from cli.exit_code import Exit
from cli.output import Output
from schema.problem import printable


def suspend(data: Path, reason: str, author: str, output: Output) -> Exit:
    return _told("suspend", data, {"reason": reason, "author": author}, output)


def resume(data: Path, author: str, output: Output) -> Exit:
    return _told("resume", data, {"author": author}, output)


def _told(command: str, data: Path, body: Mapping[str, object], output: Output) -> Exit:
    try:
        with control_client(data) as client:
            done = tell(client, f"/v1/{command}", body)
    except ClientError as error:
        sys.stderr.write(f"trunkline {command}: {error}\n")
        return Exit.PROBLEMS
    sys.stdout.write(json.dumps(done, indent=2, ensure_ascii=False) + "\n" if output is Output.JSON else _words(done))
    return Exit.FINE


def _words(done: Mapping[str, object]) -> str:
    hold = done.get("suspended")
    if not isinstance(hold, dict):
        return "the manifests are followed\n"
    told = printable(f"suspended by {hold.get('by') or 'somebody'}: {hold.get('reason')}")
    return f"{told}; what runs goes on as it is, until: trunkline resume\n"
