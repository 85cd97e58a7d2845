"""`trunkline balance show|add|set`: what extensions may still spend on calls that are billed."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from cli.client import ClientError, ask, control_client, tell
from cli.exit_code import Exit
from cli.output import Output
from cli.pages import Json, items_of
from cli.table import table
from engine.config.money import millionths
from schema.problem import printable, shown

LEDGER_LINES = 20


class _BadName(ValueError):
    pass


def show(name: str | None, data: Path, output: Output) -> Exit:
    try:
        path = None if name is None else _path(name)
        with control_client(data) as client:
            if path is None:
                found, _ = items_of(client, "/v1/balances", {})
                told = _listed(found)
                answer: object = found
            else:
                one = ask(client, path, {})
                lines, _ = items_of(client, f"{path}/ledger", {}, LEDGER_LINES)
                told = _one(one, lines)
                answer = {**one, "ledger": lines}
    except (ClientError, _BadName) as error:
        return _failed("show", error)
    sys.stdout.write(json.dumps(answer, indent=2, ensure_ascii=False) + "\n" if output is Output.JSON else told)
    return Exit.FINE


def change(how: str, name: str, amount: str, note: str, data: Path, author: str, output: Output) -> Exit:
    try:
        path = _path(name)
        millionths(amount)
        with control_client(data) as client:
            one = tell(client, path, {"how": how, "amount": amount, "note": note, "author": author})
    except (ClientError, _BadName) as error:
        return _failed(how, error)
    except ValueError as error:
        sys.stderr.write(f"trunkline balance {how}: {shown(amount)} {error}\n")
        return Exit.USAGE
    text = f"{one.get('tenant')}/{one.get('number')} has {one.get('balance')} {one.get('currency')}\n"
    sys.stdout.write(
        json.dumps(one, indent=2, ensure_ascii=False) + "\n" if output is Output.JSON else printable(text[:-1]) + "\n"
    )
    return Exit.FINE


def _path(name: str) -> str:
    tenant, slash, extension = name.partition("/")
    if not (tenant and slash and extension) or "/" in extension:
        raise _BadName(f"{shown(name)} names no extension; write TENANT/NUMBER, as acme/101")
    return f"/v1/balances/{quote(tenant, safe='')}/{quote(extension, safe='')}"


def _failed(what: str, error: Exception) -> Exit:
    sys.stderr.write(f"trunkline balance {what}: {error}\n")
    return Exit.USAGE if isinstance(error, _BadName) else Exit.PROBLEMS


def _listed(found: Sequence[Json]) -> str:
    if not found:
        return "no extension has a balance\n"
    columns = ("EXTENSION", "BALANCE", "SET ASIDE", "CURRENCY")
    rows = [
        (
            f"{one.get('tenant')}/{one.get('number')}",
            str(one.get("balance")),
            str(one.get("held")),
            str(one.get("currency")),
        )
        for one in found
    ]
    return table(columns, rows)


def _one(one: Mapping[str, object], lines: Sequence[Json]) -> str:
    head = f"{one.get('tenant')}/{one.get('number')}: {one.get('balance')} {one.get('currency')}"
    held = "" if one.get("held") == "0.00" else f", {one.get('held')} of it set aside by calls that are under way"
    rows = [
        (
            str(line.get("at")).partition(".")[0].removesuffix("Z").replace("T", " "),
            str(line.get("amount")),
            str(line.get("kind")),
            str(line.get("who")),
            str(line.get("note") or "-"),
        )
        for line in lines
    ]
    told = table(("AT (UTC)", "AMOUNT", "KIND", "WHO", "NOTE"), rows) if rows else ""
    return f"{printable(head + held)}\n{told}"
