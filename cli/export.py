"""`trunkline export cdrs`: call records as CSV or JSON Lines, all that match, in a file or on standard output.

A stream from end to end: neither the server nor this holds more than some hundred records, however many there are.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

from cli.call_filters import BadFilter, parameters
from cli.call_options import CallFilters
from cli.client import ClientError
from cli.exit_code import Exit
from cli.output_file import OutputRefused, whole_file
from cli.progress import Progress
from cli.record_format import Format
from cli.record_lines import BadRecords, decoded, served_lines
from reconciler.render.records_csv import header, lines

EVERY: Final = 500
SERVER: Final = "the server's answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """`format`: None = as the file's name ends, CSV if that says nothing; `file`: None = standard output."""

    filters: CallFilters
    order: str
    format: Format | None
    file: Path | None
    data: Path


def export(request: Request) -> Exit:
    try:
        query = parameters({**request.filters.given(), "order": request.order})
    except BadFilter as error:
        sys.stderr.write(f"trunkline export cdrs: {error}\n")
        return Exit.USAGE
    try:
        with (
            Progress(sys.stderr, os.environ) as progress,
            served_lines(request.data, query) as found,
            whole_file(request.file) as file,
        ):
            told = _told(found, progress)
            count = _write_csv(told, file) if _format(request) is Format.CSV else _write_lines(told, file)
    except (ClientError, OutputRefused, BadRecords) as error:
        sys.stderr.write(f"trunkline export cdrs: {error}; {_left(request.file)}\n")
        return Exit.PROBLEMS
    if request.file is not None:
        sys.stderr.write(f"{count:,} records written to {request.file}\n")
    return Exit.FINE


def _left(file: Path | None) -> str:
    return "what was printed is not all" if file is None else f"{file} is as it was before"


def _format(request: Request) -> Format:
    if request.format is not None:
        return request.format
    is_lines = request.file is not None and request.file.suffix.lower() in {".jsonl", ".ndjson", ".json"}
    return Format.JSONL if is_lines else Format.CSV


def _told(found: Iterator[bytes], progress: Progress) -> Iterator[bytes]:
    for count, line in enumerate(found, start=1):
        if count % EVERY == 0:
            progress.says(f"{count:,} records")
        yield line


def _write_lines(told: Iterator[bytes], file: BinaryIO) -> int:
    count = 0
    for line in told:
        file.write(line + b"\n")
        count += 1
    return count


def _write_csv(told: Iterator[bytes], file: BinaryIO) -> int:
    file.write(header())
    count = 0
    records = decoded(told, SERVER)
    while some := list(islice(records, EVERY)):
        file.write(lines(some))
        count += len(some)
    return count
