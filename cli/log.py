"""Log lines on stderr: one line an event, as text or as JSON; never a secret.

What phones and files send is part of some messages, so control characters are written as escapes: nobody forges a line. The surprising
thing: whoever logs only puts the event into a queue; a thread writes it. A terminal or pipe that is read too slowly holds up no
phone: what the queue has no room for is dropped, and the next line says how many those were.
"""

from __future__ import annotations

import json
import logging
import queue
import re
import sys
import threading
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, TextIO

LEVELS: Final = ("debug", "info", "warning", "error")
MOST_WAITING: Final = 20_000
FIELDS: Final = (
    "call", "tenant", "revision", "caller", "callee", "rule", "extension", "source", "answered_by", "outcome", "status", "party",
    "reason", "talk_s", "event",
)  # fmt: skip
"""What an event may have beside its words, in this order: keys of JSON lines, `key=value` behind the words in text."""
_SECRET: Final = re.compile(
    r"\btl_[A-Za-z0-9]+_[A-Za-z0-9_-]{16,}|((?:\bresponse|\bnonce|\bcnonce|\bpassword|\bAuthorization)\b\s*[=:]\s*)(\"[^\"]*\"|\S+)",
    re.IGNORECASE,
)


class LogFormat(StrEnum):
    """How lines are written."""

    TEXT = "text"
    JSON = "json"


class LineFormatter(logging.Formatter):
    """Time in UTC with milliseconds. A traceback, which only a bug has, follows in indented lines."""

    def format(self, record: logging.LogRecord) -> str:
        line = f"{_at(record)} {record.levelname} {_module(record)}: {_one_line(_redacted(record.getMessage()))}"
        line += "".join([f" {key}={_value(value)}" for key, value in _fields(record)])
        if record.exc_info:
            trace = _redacted(self.formatException(record.exc_info))
            line += "\n    " + "\n    ".join([_one_line(part) for part in trace.split("\n")])
        return line


class JsonFormatter(logging.Formatter):
    """An object a line: `at`, `level`, `module`, `message`, then what the event has of `FIELDS`, `traceback` last."""

    def format(self, record: logging.LogRecord) -> str:
        found: dict[str, object] = {
            "at": _at(record),
            "level": record.levelname.lower(),
            "module": _module(record),
            "message": _redacted(record.getMessage()),
            **dict(_fields(record)),
        }
        if record.exc_info:
            found["traceback"] = _redacted(self.formatException(record.exc_info))
        return json.dumps(found, ensure_ascii=True, separators=(",", ":"))


class QueueHandler(logging.Handler):
    """Puts records into a queue; `start` has a thread write them to `stream`, `stop` has it end when it is empty."""

    def __init__(self, stream: TextIO, most: int = MOST_WAITING) -> None:
        super().__init__()
        self._stream = stream
        self._waiting: queue.SimpleQueue[logging.LogRecord | None] = queue.SimpleQueue()
        self._most = most
        self._dropped = 0
        self._thread = threading.Thread(target=self._write, name="log", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_s: float = 2.0) -> None:
        """A reader that takes nothing is waited for no longer than that."""
        self._waiting.put(None)
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    # `createLock` and `handle` of logging would take a lock for each record; a SimpleQueue needs none.
    def handle(self, record: logging.LogRecord) -> bool:
        self.emit(record)
        return True

    def emit(self, record: logging.LogRecord) -> None:
        if self._waiting.qsize() >= self._most:
            self._dropped += 1
            return
        self._waiting.put(record)

    def _write(self) -> None:
        while (record := self._waiting.get()) is not None:
            try:
                dropped, self._dropped = self._dropped, 0
                if dropped:
                    self._stream.write(self.format(_lost(dropped)) + "\n")
                self._stream.write(self.format(record) + "\n")
                if self._waiting.empty():
                    self._stream.flush()
            except (OSError, ValueError):
                continue  # whoever reads the log went away; phones are served all the same
            except Exception as error:  # noqa: BLE001  # a message that does not fit its values must not end the log
                self._stream.write(f"a log line of {record.name} could not be written: {type(error).__name__}\n")


def set_up(level: str, form: LogFormat = LogFormat.TEXT) -> QueueHandler:
    """Log to stderr from this level on; `stop` what is returned at the end. ValueError for a level that does not exist."""
    if level.lower() not in LEVELS:
        raise ValueError(f'"{level}" is no log level; use one of {", ".join(LEVELS)}')
    handler = QueueHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if form is LogFormat.JSON else LineFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("trunkline").setLevel(level.upper())
    # Nobody shows these of a record, and finding them out costs as much as the rest of it.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler.start()
    return handler


def _lost(count: int) -> logging.LogRecord:
    words = "%d log lines were dropped: they are not read as fast as they are written"
    return logging.LogRecord("trunkline.log", logging.WARNING, "", 0, words, (count,), None)


def _at(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _module(record: logging.LogRecord) -> str:
    return record.name.removeprefix("trunkline.")


def _fields(record: logging.LogRecord) -> list[tuple[str, object]]:
    found = record.__dict__
    return [(key, found[key]) for key in FIELDS if found.get(key) is not None]


def _value(value: object) -> str:
    text = _one_line(str(value))
    return json.dumps(text, ensure_ascii=False) if not text or " " in text or '"' in text or "=" in text else text


def _redacted(text: str) -> str:
    """The last line of defence: nothing is to log these, and if something does, it is not seen."""
    return _SECRET.sub(lambda found: f"{found[1] or ''}[redacted]", text) if _may_hold_secret(text) else text


def _may_hold_secret(text: str) -> bool:
    return "=" in text or ":" in text or "tl_" in text


def _one_line(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
