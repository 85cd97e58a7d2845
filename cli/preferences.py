"""`trunkline preference get|set|clear TENANT/NAME`: what a person sets without a manifest, where the manifests let it be."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from cli.client import ClientError, ask, patch
from cli.exit_code import Exit
from cli.output import Output
from cli.preference_words import preference_lines
from cli.whom import Whom, client_of
from schema.problem import printable, shown

FIELDS: Final[Mapping[str, object]] = {"status": "available", "forwarding": None, "greeting": None, "queues": {}}
"""What can be set, and what it is when nothing is."""


class _Misnamed(Exception):
    """Words that mean nothing; the message says what to write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """As they were written. `forward`: `WHEN[/HOURS]=KIND:VALUE` each; `queue`: `NAME=on|off` each; None, (): not said."""

    status: str | None = None
    forward: Sequence[str] = ()
    forward_nowhere: bool = False
    greeting: str | None = None
    queue: Sequence[str] = ()

    def body(self) -> dict[str, object]:
        """What to send. _Misnamed."""
        body: dict[str, object] = {}
        if self.status is not None:
            body["status"] = self.status
        if self.forward and self.forward_nowhere:
            raise _Misnamed("--forward and --forward-nowhere exclude each other")
        if self.forward or self.forward_nowhere:
            body["forwarding"] = [_entry(text) for text in self.forward]
        if self.greeting is not None:
            body["greeting"] = self.greeting
        if self.queue:
            body["queues"] = dict(map(_queue, self.queue))
        if not body:
            raise _Misnamed("nothing is to be set; write --status, --forward, --forward-nowhere, --greeting or --queue")
        return body


def show(name: str, server: Whom, output: Output) -> Exit:
    try:
        path = _path(name)
        with client_of(server) as client:
            found = ask(client, path, {})
    except (ClientError, _Misnamed) as error:
        return _failed("get", error)
    _print(found, output)
    return Exit.FINE


def change(name: str, settings: Settings, server: Whom, author: str, output: Output) -> Exit:
    return _sent("set", name, settings.body, server, author, output)


def clear(name: str, only: Sequence[str], server: Whom, author: str, output: Output) -> Exit:
    def body() -> dict[str, object]:
        unknown = [field for field in only if field not in FIELDS]
        if unknown:
            raise _Misnamed(f"--only {shown(unknown[0])} is nothing that is set; write one of {', '.join(FIELDS)}")
        return {field: FIELDS[field] for field in only or FIELDS}

    return _sent("clear", name, body, server, author, output)


def _sent(
    command: str, name: str, body: Callable[[], dict[str, object]], server: Whom, author: str, output: Output
) -> Exit:
    try:
        path, said = _path(name), body()
        with client_of(server) as client:
            found = patch(client, path, {**said, "author": author})
    except (ClientError, _Misnamed) as error:
        return _failed(command, error)
    _print(found, output)
    return Exit.FINE


def _path(name: str) -> str:
    tenant, slash, own = name.partition("/")
    if not slash or not tenant or not own or "/" in own:
        raise _Misnamed(f"Extension {shown(name)}: write TENANT/NAME, as acme/101")
    return f"/v1/preferences/{quote(tenant, safe='')}/{quote(own, safe='')}"


def _entry(text: str) -> dict[str, object]:
    condition, equals, destination = text.partition("=")
    when, _, hours = condition.partition("/")
    kind, colon, value = destination.partition(":")
    if not (equals and colon and when and kind and value):
        raise _Misnamed(
            f"--forward {shown(text)} is not understood; write WHEN=KIND:VALUE or WHEN/HOURS=KIND:VALUE, "
            "as noAnswer=extension:102 or busy/out=external:+442079460100"
        )
    return {"when": when, "hours": hours or "any", "to": {kind: value}}


def _queue(text: str) -> tuple[str, bool]:
    name, _, state = text.rpartition("=")
    if not name or state not in ("on", "off"):
        raise _Misnamed(f"--queue {shown(text)} is not understood; write NAME=on or NAME=off")
    return name, state == "on"


def _print(found: Mapping[str, object], output: Output) -> None:
    if output is Output.JSON:
        sys.stdout.write(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
        return
    allowed = found.get("may_change")
    may = ", ".join(map(str, allowed)) if isinstance(allowed, list) and allowed else "nothing"
    lines = [f"Extension {found.get('tenant')}/{found.get('extension')} ({found.get('number')})  may change: {may}"]
    lines += [f"  {line}" for line in preference_lines(found)] or ["  nothing is set: all is as the manifests have it"]
    sys.stdout.write("".join(f"{printable(line)}\n" for line in lines))


def _failed(command: str, error: Exception) -> Exit:
    sys.stderr.write(f"trunkline preference {command}: {error}\n")
    return Exit.USAGE if isinstance(error, _Misnamed) else Exit.PROBLEMS
