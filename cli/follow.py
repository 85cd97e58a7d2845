"""Following the event stream of a running server: comes again by itself, goes on where it was, and takes the lists anew where told to."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import httpx

from cli.client import ClientError, Misasked, NotLetIn, ask, refusal_of
from cli.sse import Event, SseReader, lines_of
from cli.whom import Whom, client_of

AGAIN_S: Final = 1.0
PAGE: Final = 1000

Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Broken:
    """The stream ended; it is tried again."""

    why: str


@dataclass(frozen=True, slots=True)
class Lists:
    """How things stand now, by list: after a `hello` that says that nothing is resumed. `status`: GET /v1/status; `rates`: of the last
    minutes, second by second."""

    items: Mapping[str, Sequence[Json]]
    status: Json
    rates: Sequence[Json] = ()


def follow(
    server: Whom,
    query: Mapping[str, str],
    *,
    lists: Sequence[str] = (),
    pause: Callable[[float], None] = time.sleep,
) -> Iterator[Event | Broken | Lists]:
    """Without end. `lists`: what to take anew. ClientError if there is no server at first; Misasked and NotLetIn
    whenever the question, or who asks, is at fault."""
    sse = SseReader()
    was_there = False
    while True:
        try:
            with client_of(server) as client:
                for event in _stream(client, query, sse):
                    yield event
                    if event.name == "hello" and lists and not event.data.get("resumed"):
                        yield _lists(server, lists, query)
                    was_there = True
            yield Broken("the server has ended the stream")
        except (Misasked, NotLetIn):
            raise
        except ClientError as error:
            if not was_there:
                raise
            yield Broken(str(error))
        pause(AGAIN_S)


def _stream(client: httpx.Client, query: Mapping[str, str], sse: SseReader) -> Iterator[Event]:
    headers = {} if sse.last_id is None else {"Last-Event-ID": sse.last_id}
    with client.stream("GET", "/v1/events", params=dict(query), headers=headers) as response:
        if response.is_error:
            response.read()
            raise refusal_of(response)
        for event in sse.events(lines_of(response.iter_bytes())):
            if event is not None:
                yield event


def _lists(server: Whom, names: Sequence[str], query: Mapping[str, str]) -> Lists:
    """Over a connection of its own: the stream's is busy."""
    tenant = {"tenant": query["tenant"]} if "tenant" in query else {}
    with client_of(server) as client:
        items = {
            name: _items(client, name, tenant if name in {"calls", "registrations", "trunks"} else {}) for name in names
        }
        return Lists(items, ask(client, "/v1/status", {}), _rates(client, tenant))


def _rates(client: httpx.Client, query: Mapping[str, str]) -> list[Json]:
    try:
        columns = ask(client, "/v1/rates", query)
    except ClientError:
        return []  # of a server that is older than this
    found = {name: values for name, values in columns.items() if isinstance(values, list)}
    return [dict(zip(found, row, strict=True)) for row in zip(*found.values(), strict=True)]


def _items(client: httpx.Client, name: str, query: Mapping[str, str]) -> list[Json]:
    found: list[Json] = []
    page = {"limit": str(PAGE)}
    while True:
        answer = ask(client, f"/v1/{name}", {**query, **page})
        items = answer.get("items")
        found += items if isinstance(items, list) else []
        following = answer.get("next")
        if not following:
            return found
        page["cursor"] = str(following)
