"""Server-sent events as a client reads them (WHATWG HTML §9.2.6): lines in, events out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    name: str
    data: dict[str, object]
    text: str


class SseReader:
    """`last_id`: where to go on after a break, None = nowhere yet."""

    def __init__(self, last_id: str | None = None) -> None:
        self.last_id = last_id

    def events(self, lines: Iterable[str]) -> Iterator[Event | None]:
        """None for a heartbeat: nothing happened, and the server is there."""
        name, data, identity = "message", "", self.last_id
        for line in lines:
            if line:
                field, _, value = line.partition(":")
                value = value.removeprefix(" ")
                match field:
                    case "event":
                        name = value
                    case "data":
                        data += value
                    case "id":
                        identity = value
                    case "":
                        yield None
                    case _:
                        pass
                continue
            # An event that was cut short is none: its blank line is missing.
            self.last_id = identity
            if data:
                found = json.loads(data)
                if isinstance(found, dict):
                    yield Event(name, found, data)
            name, data = "message", ""


def lines_of(chunks: Iterable[bytes]) -> Iterator[str]:
    """The lines of a stream. Ended by LF alone: what else Python takes for the end of a line may stand inside of JSON."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line.decode("utf-8", "replace")
