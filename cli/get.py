"""`trunkline get ...`: what is true now, from the running server."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final

import httpx

from cli.call_filters import BadFilter, parameters
from cli.call_options import CALL_FILTERS
from cli.client import ClientError, ask
from cli.commit import commit_words
from cli.exit_code import Exit
from cli.get_status import instant_words, status_text, troubles_text
from cli.output import Output
from cli.pages import Json, items_of
from cli.preference_words import note_words, set_words
from cli.running import running_tree
from cli.table import table
from cli.whom import Whom, client_of
from reconciler.plan import SHORT
from reconciler.source.saved import saved_text
from reconciler.source.tree import SourceTree
from schema.problem import shown

MOST_PEOPLE: Final = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """None = any."""

    tenant: str | None = None
    number: str | None = None
    kind: str | None = None
    revision: str | None = None
    caller: str | None = None
    callee: str | None = None
    outcome: str | None = None
    direction: str | None = None
    trunk: str | None = None
    since: str | None = None
    until: str | None = None
    min_talk: str | None = None
    max_talk: str | None = None
    min_cost: str | None = None
    max_cost: str | None = None
    order: str | None = None

    def given(self) -> dict[str, str]:
        pairs = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: value for name, value in pairs if value is not None}


@dataclass(frozen=True, slots=True)
class Listing:
    """One thing that can be listed: its columns with what stands in them, and the filters it knows."""

    columns: Mapping[str, Callable[[Json], str]]
    filters: frozenset[str]


def _field(name: str) -> Callable[[Json], str]:
    def shown(item: Json) -> str:
        value = item.get(name)
        return "-" if value is None or value == "" else str(value)

    return shown


def _instant(name: str) -> Callable[[Json], str]:
    def shown(item: Json) -> str:
        return instant_words(item.get(name))

    return shown


def _count(name: str) -> Callable[[Json], str]:
    def shown(item: Json) -> str:
        value = item.get(name)
        return str(len(value)) if isinstance(value, list) else "-"

    return shown


def _outcome(item: Json) -> str:
    cause = item.get("cause")
    return str(cause.get("outcome")) if isinstance(cause, dict) else "-"


def _talk(item: Json) -> str:
    value = item.get("talk_s")
    seconds = int(value) if isinstance(value, int | float) else 0
    return f"{seconds // 60}:{seconds % 60:02}"


def _cost(item: Json) -> str:
    return "-" if item.get("cost") is None else f"{item['cost']} {item.get('currency')}"


def _origin(item: Json) -> str:
    origin = item.get("origin")
    return f"{origin.get('file')}:{origin.get('line')}" if isinstance(origin, dict) else "-"


def _state(item: Json) -> str:
    return "runs" if item.get("applied") else "waits"


def _bytes(item: Json) -> str:
    return str(len(str(item.get("text")).encode("utf-8", "surrogatepass")))


def _short(name: str) -> Callable[[Json], str]:
    def shown(item: Json) -> str:
        return str(item.get(name) or "-")[:SHORT]

    return shown


def _commit(item: Json) -> str:
    return commit_words(item.get("commit"))


def _changes(item: Json) -> str:
    """`+1 ~2 -3`."""
    counts = item.get("changes")
    if not isinstance(counts, dict):
        return "-"
    marks = {"create": "+", "update": "~", "delete": "-"}
    return " ".join(f"{mark}{counts[name]}" for name, mark in marks.items() if counts.get(name)) or "none"


def _channels(item: Json) -> str:
    """`3 of 30`, or `3` where there is no limit."""
    most = item.get("max_channels")
    return f"{item.get('channels')} of {most}" if most else str(item.get("channels"))


def _servers(item: Json) -> str:
    """`192.0.2.1:5060 up, 192.0.2.2:5060 down`."""
    servers = item.get("servers")
    if not isinstance(servers, list):
        return "-"
    return ", ".join(f"{server.get('address')} {server.get('state')}" for server in servers) or "-"


def _path(item: Json) -> str:
    """`extension 102, ringGroup sales`."""
    places = item.get("onward")
    return ", ".join(str(place) for place in places) or "-" if isinstance(places, list) else "-"


LISTINGS: Final[Mapping[str, Listing]] = {
    "audit": Listing(
        {
            "AT (UTC)": _instant("at"),
            "WHO": _field("who"),
            "WHAT": _field("what"),
            "TARGET": _field("target"),
            "TENANT": _field("tenant"),
            "RESULT": _field("result"),
        },
        frozenset({"tenant", "since"}),
    ),
    "bans": Listing(
        {
            "SOURCE": _field("source"),
            "SINCE (UTC)": _instant("since"),
            "UNTIL (UTC)": _instant("until"),
            "REASON": _field("reason"),
            "COUNTED": _field("count"),
            "DROPPED": _field("dropped"),
        },
        frozenset(),
    ),
    "calls": Listing(
        {
            "ID": _field("id"),
            "TENANT": _field("tenant"),
            "FROM": _field("caller"),
            "TO": _field("callee"),
            "STATE": _field("state"),
            "SINCE (UTC)": _instant("started_at"),
            "DECIDED BY": _field("decided_by"),
            "SENT ON TO": _path,
        },
        frozenset({"tenant", "number"}),
    ),
    "cdrs": Listing(
        {
            "ID": _field("call_id"),
            "TENANT": _field("tenant"),
            "FROM": _field("caller"),
            "TO": _field("callee"),
            "STARTED (UTC)": _instant("started_at"),
            "TALKED": _talk,
            "OUTCOME": _outcome,
            "DIRECTION": _field("direction"),
            "TRUNK": _field("trunk"),
            "COST": _cost,
            "DECIDED BY": _field("decided_by"),
        },
        CALL_FILTERS,
    ),
    "drains": Listing(
        {"REMOVED": _field("ref"), "CALLS": _count("calls"), "HUNG UP AT (UTC)": _instant("until")},
        frozenset(),
    ),
    "listeners": Listing(
        {
            "NAME": _field("name"),
            "TRANSPORT": _field("transport"),
            "BOUND": _field("bound"),
            "ADVERTISED": _field("advertised"),
            "CONNECTIONS": _field("connections"),
            "TENANT": _field("tenant"),
            "PROBLEM": _field("problem"),
        },
        frozenset(),
    ),
    "preferences": Listing(
        {
            "TENANT": _field("tenant"),
            "EXTENSION": _field("extension"),
            "NUMBER": _field("number"),
            "STATUS": _field("status"),
            "SET": set_words,
            "WITHOUT EFFECT": note_words,
        },
        frozenset({"tenant"}),
    ),
    "registrations": Listing(
        {
            "TENANT": _field("tenant"),
            "NUMBER": _field("number"),
            "CONTACT": _field("contact"),
            "SOURCE": _field("source"),
            "EXPIRES (UTC)": _instant("expires_at"),
            "PHONE": _field("user_agent"),
        },
        frozenset({"tenant", "number"}),
    ),
    "resources": Listing(
        {
            "TENANT": _field("tenant"),
            "KIND": _field("kind"),
            "NAME": _field("name"),
            "STATE": _state,
            "REASON": _field("reason"),
            "ORIGIN": _origin,
        },
        frozenset({"tenant", "kind"}),
    ),
    "manifests": Listing({"FILE": _field("file"), "BYTES": _bytes}, frozenset({"revision"})),
    "revisions": Listing(
        {
            "NUMBER": _field("sequence"),
            "REVISION": _short("revision"),
            "APPLIED (UTC)": _instant("at"),
            "BECAUSE": _field("trigger"),
            "BY": _field("author"),
            "CHANGES": _changes,
            "DISTURBED": _field("disruption"),
            "PLAN": _short("digest"),
            "STATE": _field("result"),
            "COMMIT": _commit,
        },
        frozenset(),
    ),
    "webhooks": Listing(
        {
            "TENANT": _field("tenant"),
            "WEBHOOK": _field("name"),
            "TO": _field("host"),
            "WAITING": _field("pending"),
            "OLDEST (UTC)": _instant("oldest_at"),
            "DELIVERED": _field("delivered"),
            "LAST (UTC)": _instant("delivered_at"),
            "DROPPED": _field("dropped"),
            "ERROR": _field("error"),
        },
        frozenset({"tenant"}),
    ),
    "trunks": Listing(
        {
            "TENANT": _field("tenant"),
            "NAME": _field("name"),
            "STATE": _field("state"),
            "SINCE (UTC)": _instant("since"),
            "CHANNELS": _channels,
            "SERVERS": _servers,
            "REASON": _field("reason"),
        },
        frozenset({"tenant"}),
    ),
}


def get(what: str, server: Whom, filters: Filters, limit: int, output: Output) -> Exit:
    given = filters.given()
    known = LISTINGS[what].filters if what in LISTINGS else frozenset()
    unknown = sorted(given.keys() - known)
    if unknown:
        sys.stderr.write(f"trunkline get {what}: --{unknown[0].replace('_', '-')} does not apply to {what}\n")
        return Exit.USAGE
    try:
        given = parameters(given)
    except BadFilter as error:
        sys.stderr.write(f"trunkline get {what}: {error}\n")
        return Exit.USAGE
    try:
        with client_of(server) as client:
            if what == "manifests":
                tree = _manifests(client, given.get("revision"))
                if output is Output.JSON:
                    sys.stdout.write(saved_text(tree))
                    return Exit.FINE
            status = ask(client, "/v1/status", {}) if what in {"status", "resources"} else {}
            if what == "status":
                sys.stdout.write(_json(status) if output is Output.JSON else status_text(status))
                return Exit.FINE
            if what == "manifests":
                items: Sequence[Json] = [{"file": one.path, "text": one.content.decode()} for one in tree.files]
                following: object = None
            else:
                items, following = items_of(client, f"/v1/{what}", given, limit)
            people = _people(client, given) if what == "resources" and given.get("kind") == "Extension" else None
    except ClientError as error:
        sys.stderr.write(f"trunkline get {what}: {error}\n")
        return Exit.PROBLEMS
    if output is Output.JSON:
        sys.stdout.write(_json({"items": items, "next": following}))
        return Exit.FINE
    columns = LISTINGS[what].columns
    if people is not None:
        columns = {**columns, "SET BY ITS PERSON": lambda item: people.get((item.get("tenant"), item.get("name")), "-")}
    sys.stdout.write(table(tuple(columns), [[shown(item) for shown in columns.values()] for item in items]))
    if what == "resources":
        sys.stdout.write(troubles_text(status))
    if following is not None:
        sys.stderr.write(f"there are more; --limit {limit} cut them off\n")
    return Exit.FINE


def _people(client: httpx.Client, given: Mapping[str, str]) -> Mapping[tuple[object, object], str]:
    """What people have set, by tenant and name of their Extension."""
    wanted = {name: value for name, value in given.items() if name == "tenant"}
    items, _ = items_of(client, "/v1/preferences", wanted, MOST_PEOPLE)
    return {(item.get("tenant"), item.get("extension")): set_words(item) for item in items}


def _manifests(client: httpx.Client, number: str | None) -> SourceTree:
    """The files of what runs, or of the revision with that number."""
    if number is not None and not number.isdecimal():
        raise ClientError(f"--revision {shown(number)} is no number; trunkline get revisions lists them")
    answer = ask(client, "/v1/manifests" if number is None else f"/v1/revisions/{int(number)}/manifests", {})
    return running_tree(answer)


def _json(shape: Json) -> str:
    return json.dumps(shape, indent=2, ensure_ascii=False) + "\n"
