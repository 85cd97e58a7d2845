"""`trunkline describe KIND [TENANT/]NAME`: one resource: what is written, where, how it stands, what uses it, its last changes."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final
from urllib.parse import quote

import httpx

from cli.client import ClientError, ask, control_client
from cli.commit import commit_words
from cli.effective_yaml import effective_yaml
from cli.exit_code import Exit
from cli.output import Output
from cli.preference_words import preference_lines
from engine.config.ref import ConfigRef
from reconciler.plan import SHORT
from reconciler.render.planned import live_words
from schema.problem import printable, shown
from schema.registry import KINDS, Scope

Json = Mapping[str, object]
LAST: Final = 5


@dataclass(frozen=True, slots=True)
class Key:
    """As the API's path names it: `tenant` is `-` for the system's own."""

    tenant: str
    kind: str
    name: str


class _Misnamed(Exception):
    """The words name no resource; the message says what to write."""


def describe(kind: str, name: str, data: Path, output: Output, *, source: str | None, effective: bool) -> Exit:
    """`source`: manifests to read instead of asking the server on `data`."""
    try:
        key = _key(kind, name)
        if source is not None:
            from cli.describe_source import describe_source

            ref = ConfigRef(key.tenant.removeprefix("-"), key.kind, key.name)
            return describe_source(source, ref, output, effective=effective)
        with control_client(data) as client:
            path = "/".join(quote(part, safe="") for part in (key.tenant, key.kind, key.name))
            try:
                found = ask(client, f"/v1/resources/{path}", {})
            except ClientError as error:
                raise _with_owners(client, key, error) from None
            status = ask(client, "/v1/status", {})
    except _Misnamed as error:
        sys.stderr.write(f"trunkline describe: {error}\n")
        return Exit.USAGE
    except ClientError as error:
        sys.stderr.write(f"trunkline describe: {error}\n")
        return Exit.PROBLEMS
    if output is Output.JSON:
        sys.stdout.write(json.dumps({**found, "history": _history(status, key)}, indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write("".join(f"{line}\n" for line in _lines(found, _history(status, key), effective=effective)))
    return Exit.FINE


def _with_owners(client: httpx.Client, key: Key, error: ClientError) -> ClientError:
    """The refusal, and what to write where tenants have a resource of that name: a kind may be both shared and a tenant's."""
    if key.tenant != "-" or KINDS[key.kind].scope is not Scope.SHARED:
        return error
    items = _list(ask(client, "/v1/resources", {"kind": key.kind, "limit": "1000"}).get("items"))
    owned = [
        f"{one.get('tenant')}/{one.get('name')}" for one in items if one.get("name") == key.name and one.get("tenant")
    ]
    return (
        ClientError(f"no shared {key.kind} is called {shown(key.name)}; write {' or '.join(owned)}") if owned else error
    )


def _key(kind: str, name: str) -> Key:
    known = {one.lower(): one for one in KINDS}
    real = known.get(kind.lower()) or known.get(kind.lower().removesuffix("s"))
    if real is None:
        near = get_close_matches(kind.lower(), known, 1)
        hint = known[near[0]] if near else ", ".join(sorted(KINDS))
        raise _Misnamed(f"there is no kind {shown(kind)}; write {hint}")
    tenant, slash, own = name.rpartition("/")
    if KINDS[real].scope is Scope.TENANT:
        return Key(name, real, name)
    if KINDS[real].scope is Scope.OWNED or (KINDS[real].scope is Scope.SHARED and slash):
        if not slash or not tenant:
            raise _Misnamed(f"{real} {shown(name)}: of which tenant? write TENANT/NAME")
        return Key(tenant, real, own)
    if slash:
        raise _Misnamed(f"{real} belongs to no tenant; write its name alone")
    return Key("-", real, name)


def _history(status: Json, key: Key) -> list[Json]:
    """The last rounds that changed its tenant, or the system, newest first."""
    reconcile = status.get("reconcile")
    rounds = reconcile.get("history") if isinstance(reconcile, dict) else None
    unit = "" if key.tenant == "-" else key.tenant
    found: list[Json] = [
        one
        for one in (rounds if isinstance(rounds, list) else [])
        if isinstance(one, dict) and isinstance(one.get("units"), list) and unit in one["units"]
    ]
    return sorted(found, key=lambda one: str(one.get("at")), reverse=True)[:LAST]


def _lines(found: Json, history: list[Json], *, effective: bool) -> Iterator[str]:
    tenant, kind, name = found.get("tenant"), found.get("kind"), found.get("name")
    facts = {
        "Name": name,
        "Kind": kind,
        "Tenant": tenant or "-",
        "Written in": _origin(found.get("origin")),
        "State": "runs" if found.get("applied") else "waits: it is written, and no form of it runs",
        "Revision": str(found.get("revision") or "-")[:SHORT],
        "Commit": commit_words(found.get("commit")),
        "Live": _live(found.get("live")),
    }
    yield from (printable(f"{title + ':':<12}{value}") for title, value in facts.items())
    yield from _preferences(found.get("preferences"))
    yield "Conditions:"
    for condition in _list(found.get("conditions")):
        told = f"  {condition.get('type')!s:<10}{'yes' if condition.get('is_true') else 'no':<5}{condition.get('reason')!s:<18}"
        yield printable(f"{told}since {_instant(condition.get('since'))}  {condition.get('message')}").rstrip()
    yield "Last changes of its tenant:" if tenant else "Last changes of the system:"
    for one in history:
        who = f" by {one['author']}" if one.get("author") else ""
        told = (
            f"  {_instant(one.get('at'))}  {one.get('result')}  {one.get('trigger')}{who}  {one.get('message') or ''}"
        )
        yield printable(told).rstrip()
    if not history:
        yield "  none since the server started"
    yield "Manifest:"
    yield from (f"  {printable(line)}".rstrip() for line in str(found.get("manifest") or "").splitlines())
    if effective:
        yield "Effective, and from where what the manifest does not say itself is:"
        yield from (f"  {printable(line)}" for line in effective_yaml(found.get("effective"), found.get("sources")))


def _preferences(shape: object) -> Iterator[str]:
    """What its person has set over what is written; nothing for what is no Extension."""
    lines = list(preference_lines(shape))
    if lines:
        yield "Set by its person, in place of what is written:"
        yield from (f"  {printable(line)}" for line in lines)


def _origin(shape: object) -> str:
    return f"{shape.get('file')}:{shape.get('line')}" if isinstance(shape, dict) else "-"


def _live(shape: object) -> str:
    if not isinstance(shape, dict):
        return "-"
    registrations, calls = shape.get("registrations"), shape.get("calls")
    if not isinstance(registrations, int) or not isinstance(calls, int):
        return "-"
    words = live_words(registrations, calls)
    return f"{registrations} registered, {calls} in calls" if words else "nothing uses it now"


def _instant(value: object) -> str:
    return str(value).partition(".")[0].removesuffix("Z").replace("T", " ")


def _list(value: object) -> list[Json]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
