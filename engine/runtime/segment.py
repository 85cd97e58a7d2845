"""The lines of the journal on disk, and reading them back whatever a crash has left of them.

A segment is a file of lines `length crc kind subject body`: length and CRC-32 in eight hex digits each, over what follows them;
`subject` a call id or `-`; the body JSON or nothing. No body holds a line break, so after damage the next line is readable again.

Surprising: a line that fails its check at the end of a file is normal (the process or the machine died while it was written);
in the middle it is damage to the disk. The first is cut, the second is set aside; both are counted and said.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Final, NamedTuple
from zlib import crc32

SUFFIX: Final = ".journal"
_HEADER_BYTES: Final = 18


class Kind(Enum):
    """What a line tells."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"
    STORED = "stored"
    ALIVE = "alive"


class Line(NamedTuple):
    """`kind` as written: one that a newer Trunkline wrote is unknown here and kept apart."""

    kind: str
    subject: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Segment:
    """What could be read of one file. `torn_at`: offset of a torn tail, None if it ends well; `damaged`: lines in its middle."""

    number: int
    path: Path
    lines: tuple[Line, ...]
    torn_at: int | None
    damaged: tuple[bytes, ...] = field(default=(), repr=False)


def line_bytes(kind: Kind, subject: str, body: str) -> bytes:
    """A line as on disk. `subject` without blanks, `body` without line breaks."""
    payload = f"{kind._value_} {subject} {body}".encode()
    return b"%08x %08x %b\n" % (len(payload), crc32(payload), payload)


def segment_path(folder: Path, number: int) -> Path:
    return folder / f"{number:012d}{SUFFIX}"


def segment_numbers(folder: Path) -> list[int]:
    """The segments there are, oldest first; other files are not ours."""
    return sorted(int(path.stem) for path in folder.glob(f"*{SUFFIX}") if path.stem.isascii() and path.stem.isdigit())


def read_segment(folder: Path, number: int) -> Segment:
    """All lines that pass their check, in order. OSError if the file can't be read."""
    path = segment_path(folder, number)
    data = path.read_bytes()
    lines: list[Line] = []
    bad: list[tuple[int, bytes]] = []
    good_end = 0
    for start, raw in _raw_lines(data):
        line = _parse(raw)
        if line is None:
            bad.append((start, raw))
        else:
            lines.append(line)
            good_end = start + len(raw)
    torn_at = good_end if good_end < len(data) else None
    return Segment(number, path, tuple(lines), torn_at, tuple([raw for start, raw in bad if start < good_end]))


def _raw_lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    start = 0
    while start < len(data):
        end = data.find(b"\n", start) + 1 or len(data)
        yield start, data[start:end]
        start = end


def _parse(raw: bytes) -> Line | None:
    if len(raw) < _HEADER_BYTES + 1 or raw[-1:] != b"\n":
        return None
    payload = raw[_HEADER_BYTES:-1]
    if raw[:_HEADER_BYTES] != b"%08x %08x " % (len(payload), crc32(payload)):
        return None
    kind, _, rest = payload.partition(b" ")
    subject, _, body = rest.partition(b" ")
    try:
        return Line(kind.decode("ascii"), subject.decode("ascii"), body)
    except UnicodeDecodeError:
        return None
