"""Log lines: one an event, whatever is in the message; written by a thread that holds up nobody."""

from __future__ import annotations

import io
import json
import logging
import threading

import pytest

from cli.log import JsonFormatter, LineFormatter, QueueHandler, set_up

ESCAPE = "x\n2026 ERROR \x1b[2J"


def record(message: str, *arguments: object, error: BaseException | None = None, **fields: object) -> logging.LogRecord:
    info = None if error is None else (type(error), error, error.__traceback__)
    made = logging.LogRecord("trunkline.engine", logging.INFO, "x.py", 1, message, arguments, info)
    made.created = 1795165200.25
    made.__dict__.update(fields)
    return made


def line(message: str, *arguments: object, error: BaseException | None = None, **fields: object) -> str:
    return LineFormatter().format(record(message, *arguments, error=error, **fields))


def bug() -> BaseException:
    try:
        raise ZeroDivisionError(ESCAPE)
    except ZeroDivisionError as error:
        return error


def test_an_event_is_a_line() -> None:
    assert line("applied: revision=%s", "abc") == "2026-11-20T09:00:00.250Z INFO engine: applied: revision=abc"


def test_what_an_event_has_follows_its_words() -> None:
    told = line("ended", tenant="acme", call="0199", reason="caller hung up", status=200, talk_s=None)
    assert told.endswith('engine: ended call=0199 tenant=acme status=200 reason="caller hung up"')


def test_nobody_forges_a_line() -> None:
    assert line("from %s", ESCAPE).endswith("from x\\n2026 ERROR \\x1b[2J")
    assert line("begun", caller='1" tenant="b', callee=ESCAPE).endswith(
        'begun caller="1\\" tenant=\\"b" callee="x\\\\n2026 ERROR \\\\x1b[2J"'
    )


def test_a_bug_has_its_traceback_indented() -> None:
    lines = line("round failed", error=bug()).splitlines()
    assert lines[0].endswith("round failed")
    assert all(following.startswith("    ") for following in lines[1:])
    assert lines[-2].strip() == "ZeroDivisionError: x"
    assert lines[-1].strip() == "2026 ERROR \\x1b[2J"


def test_json_has_an_object_a_line_with_stable_keys() -> None:
    text = JsonFormatter().format(record("from %s", ESCAPE, error=bug(), tenant="acme", call="0199", talk_s=1.5))
    assert text.isprintable()
    found = json.loads(text)
    assert "ZeroDivisionError" in found.pop("traceback")
    assert found == {
        "at": "2026-11-20T09:00:00.250Z",
        "level": "info",
        "module": "engine",
        "message": f"from {ESCAPE}",
        "call": "0199",
        "tenant": "acme",
        "talk_s": 1.5,
    }
    assert list(found) == ["at", "level", "module", "message", "call", "tenant", "talk_s"]


SECRETS = [
    ("token tl_a1b2c3_0123456789abcdefghij refused", "token [redacted] refused"),
    ('Digest username="101", response="abcdef0123"', 'Digest username="101", response=[redacted]'),
    ("password=open-sesame for 101", "password=[redacted] for 101"),
    ("Authorization: Bearer", "Authorization: [redacted]"),
    ("response not sent; stray=1", "response not sent; stray=1"),
]


@pytest.mark.parametrize(("message", "shown"), SECRETS, ids=[shown for _, shown in SECRETS])
def test_what_nobody_is_to_log_is_not_seen(message: str, shown: str) -> None:
    assert line("%s", message).endswith(f"engine: {shown}")
    assert json.loads(JsonFormatter().format(record("%s", message)))["message"] == shown


def written(handler: QueueHandler, *messages: logging.LogRecord) -> None:
    handler.setFormatter(LineFormatter())
    handler.start()
    for message in messages:
        handler.handle(message)
    handler.stop()


def test_lines_are_written_in_order_by_another_thread() -> None:
    stream = io.StringIO()
    written(QueueHandler(stream), *[record("event %d", number) for number in range(100)])
    assert [one.rpartition(" ")[2] for one in stream.getvalue().splitlines()] == [str(number) for number in range(100)]


def test_a_message_that_does_not_fit_its_values_does_not_end_the_log() -> None:
    stream = io.StringIO()
    written(QueueHandler(stream), record("%d", "x"), record("after"))
    assert "could not be written: TypeError" in stream.getvalue()
    assert stream.getvalue().endswith("engine: after\n")


class Blocked(io.StringIO):
    """Takes nothing until `open`."""

    def __init__(self) -> None:
        super().__init__()
        self.open = threading.Event()

    def write(self, text: str) -> int:
        self.open.wait(5)
        return super().write(text)


def test_a_reader_that_takes_nothing_holds_up_nobody_and_what_is_lost_is_said() -> None:
    stream = Blocked()
    handler = QueueHandler(stream, most=3)
    handler.setFormatter(LineFormatter())
    for number in range(10):
        handler.handle(record("event %d", number))
    handler.start()
    stream.open.set()
    handler.stop()
    lines = stream.getvalue().splitlines()
    assert lines[0].endswith("WARNING log: 7 log lines were dropped: they are not read as fast as they are written")
    assert [one.rpartition(" ")[2] for one in lines[1:]] == ["0", "1", "2"]


def test_a_level_that_does_not_exist() -> None:
    with pytest.raises(ValueError, match="use one of debug, info, warning, error"):
        set_up("loud")
