"""The phone's end of the conversation with the test: JSON lines, commands on stdin, replies and events on stdout.

    {"id": 7, "do": "call", "with": {"uri": "sip:102@office.example"}}
    {"reply": 7, "result": 1}   or   {"reply": 7, "refused": "no such call: 3"}
    {"event": "call", "call": 1, "state": "ringing", "status": 180, "reason": "Ringing"}

Native libraries print to file descriptor 1 as they please: it is pointed at stderr, and the conversation keeps a copy. The end
of stdin ends the phone, so none outlives its test.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from typing import NamedTuple

Value = str | int | float | bool | None


class Command(NamedTuple):
    id: int
    do: str
    arguments: dict[str, Value]


class Wire:
    def __init__(self) -> None:
        self._output = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
        os.dup2(2, 1)

    def commands(self) -> Iterator[Command]:
        """Blocks for the next one; ends with stdin."""
        for line in sys.stdin:
            message = json.loads(line)
            yield Command(message["id"], message["do"], message["with"])

    def emit(self, event: str, **fields: Value) -> None:
        self._write({"event": event, **fields})

    def reply(self, command: Command, result: Value = None) -> None:
        self._write({"reply": command.id, "result": result})

    def refuse(self, command: Command, why: str) -> None:
        self._write({"reply": command.id, "refused": why})

    def _write(self, message: dict[str, Value]) -> None:
        self._output.write(json.dumps(message) + "\n")
