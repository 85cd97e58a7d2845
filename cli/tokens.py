"""`trunkline token create|list|revoke`: who may ask the API by TCP."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from cli.client import ClientError, control_client, refusal_of, tell_when_ready
from cli.exit_code import Exit
from cli.instant import to_the_second
from cli.listed import print_all
from cli.output import Output
from schema.problem import printable

_LIFE = re.compile(r"([0-9]{1,4})([dhw])", re.ASCII)
_DAYS = {"h": 1 / 24, "d": 1.0, "w": 7.0}


def life_days(text: str) -> float:
    """The days of `90d`, `12h`, `2w`. ValueError says how to write it."""
    found = _LIFE.fullmatch(text)
    if found is None or int(found[1]) == 0:
        raise ValueError(f'--expires "{text}" is not understood; write 90d, 12h or 2w')
    return int(found[1]) * _DAYS[found[2]]


def create(data: Path, name: str, scope: str, tenant: str | None, expires: str, output: Output) -> Exit:
    try:
        days = life_days(expires)
    except ValueError as error:
        sys.stderr.write(f"trunkline token create: {error}\n")
        return Exit.USAGE
    asked = {"name": name, "scope": scope, "tenant": tenant, "expires_days": days}
    try:
        with control_client(data) as client:
            made = tell_when_ready(client, "/v1/tokens", asked)
    except ClientError as error:
        return _failed("create", error)
    if output is Output.JSON:
        sys.stdout.write(json.dumps(made, indent=2, ensure_ascii=False) + "\n")
        return Exit.FINE
    sys.stdout.write(f"{made.get('token')}\n")
    whose = f"of tenant {tenant}" if tenant else "of all tenants"
    until = to_the_second(made.get("expires_at"))
    told = f"{name}: {scope}, {whose}, until {until}; shown this once; send it as Authorization: Bearer TOKEN"
    sys.stderr.write(printable(told) + "\n")
    return Exit.FINE


def list_tokens(data: Path, output: Output) -> Exit:
    columns = ("NAME", "SCOPE", "TENANT", "EXPIRES", "LAST USED", "STATE", "ID")
    try:
        print_all(data, "/v1/tokens", columns, _row, output)
    except ClientError as error:
        return _failed("list", error)
    return Exit.FINE


def _row(item: Mapping[str, object]) -> tuple[str, ...]:
    state = f"revoked {to_the_second(item.get('revoked_at'))}" if item.get("revoked_at") else ""
    said = (item.get("name"), item.get("scope"), item.get("tenant") or "all", to_the_second(item.get("expires_at")))
    used = to_the_second(item.get("last_used_at")) or "never"
    return tuple(str(one) for one in (*said, used, state, item.get("id")))


def revoke(data: Path, name: str) -> Exit:
    try:
        with control_client(data) as client:
            response = client.delete(f"/v1/tokens/{quote(name, safe='')}")
            if response.is_error:
                raise refusal_of(response)
    except ClientError as error:
        return _failed("revoke", error)
    sys.stdout.write(printable(f"{name} is good no more") + "\n")
    return Exit.FINE


def _failed(command: str, error: ClientError) -> Exit:
    sys.stderr.write(f"trunkline token {command}: {error}\n")
    return Exit.PROBLEMS
