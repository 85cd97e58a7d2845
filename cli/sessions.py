"""`trunkline session list|end`: who has the live page open."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from cli.client import ClientError, control_client, refusal_of
from cli.exit_code import Exit
from cli.instant import to_the_second
from cli.listed import print_all
from cli.output import Output
from schema.problem import printable

COLUMNS = ("ID", "NAME", "SCOPE", "TENANT", "SINCE", "UNTIL", "LAST USED", "OPENED BY")


def list_sessions(data: Path, output: Output) -> Exit:
    try:
        print_all(data, "/v1/sessions", COLUMNS, _row, output)
    except ClientError as error:
        return _failed("list", error)
    return Exit.FINE


def _row(item: Mapping[str, object]) -> tuple[str, ...]:
    return (
        str(item.get("id")),
        str(item.get("name")),
        str(item.get("scope")),
        str(item.get("tenant") or "all"),
        to_the_second(item.get("created_at")),
        to_the_second(item.get("expires_at")),
        to_the_second(item.get("last_used_at")) or "never",
        str(item.get("opened_by") or "control socket"),
    )


def end(data: Path, ids: list[str]) -> Exit:
    try:
        with control_client(data) as client:
            for one in ids:
                response = client.delete(f"/v1/sessions/{quote(one, safe='')}")
                if response.is_error:
                    raise refusal_of(response)
                sys.stdout.write(printable(f"session {one} is over") + "\n")
    except ClientError as error:
        return _failed("end", error)
    return Exit.FINE


def _failed(command: str, error: ClientError) -> Exit:
    sys.stderr.write(f"trunkline session {command}: {error}\n")
    return Exit.PROBLEMS
