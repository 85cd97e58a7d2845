"""Call records in lines of JSON: from the running server, all that match, or from a file that was exported; never all at once in memory."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx

from cli.client import ClientError, control_client, refusal_of
from engine.cdr import CallDetailRecord
from engine.cdr_json import decode_record
from engine.errors import JournalError

LONGEST_LINE: Final = 4 * 1024 * 1024


class BadRecords(Exception):
    """A file of records that can't be read; the message says what is wrong, and where."""


@contextmanager
def served_lines(data: Path, query: Mapping[str, str]) -> Iterator[Iterator[bytes]]:
    """Lines as the server sends them. ClientError if it refuses, or breaks off before the end."""
    with control_client(data) as client, client.stream("GET", "/v1/cdrs/export", params=dict(query)) as response:
        if response.is_error:
            response.read()
            raise refusal_of(response)
        yield _lines(response)


def _lines(response: httpx.Response) -> Iterator[bytes]:
    rest = b""
    for chunk in response.iter_bytes():
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines
    if rest:
        raise ClientError("the server broke off in the middle of a record")


def file_lines(path: Path) -> Iterator[bytes]:
    """Lines of a file; `-` = standard input. BadRecords if it can't be read."""
    try:
        stream = sys.stdin.buffer if str(path) == "-" else path.open("rb")
        with stream:
            while line := stream.readline(LONGEST_LINE):
                if len(line) == LONGEST_LINE:
                    raise BadRecords(
                        f"{path} has a line of more than {LONGEST_LINE:,} bytes; it is no export of call records"
                    )
                yield line.rstrip(b"\r\n")
    except OSError as error:
        raise BadRecords(f"{path} can't be read: {(error.strerror or str(error)).lower()}") from None


def decoded(lines: Iterator[bytes], where: str) -> Iterator[CallDetailRecord]:
    """The records. BadRecords for a line that is none; empty lines are passed over."""
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                yield decode_record(line)
            except JournalError as error:
                hint = "; JSON Lines are made with: trunkline export cdrs --format jsonl" if number == 1 else ""
                raise BadRecords(f"{where}:{number}: {error}{hint}") from None
