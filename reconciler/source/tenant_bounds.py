"""How much of a tenant's own source is taken: so that whoever may push there can't starve the others, or the process that reads all.

A new tip is read, parsed and weighed by itself in the process that fetches it, whose memory and time are bounded, before anybody else
looks at it. What takes too much there is not followed; the tip before stays.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

from reconciler.errors import SourceUnavailable
from reconciler.source.git import GitRevision
from reconciler.source.selection import Limits
from reconciler.source.tree import SourceTree

FETCHED_BYTES: Final = 512 * 1024**2
"""Memory of the process that fetches, and the largest file that it writes."""
KEPT_BYTES: Final = 512 * 1024**2
"""What is kept of it on disk, before all of it is fetched anew."""
OBJECT_BYTES: Final = 32 * 1024**2
FETCH_S: Final = 60.0
WEIGHED_S: Final = 15.0
"""Processor time that looking at a new tip may take; 10,000 extensions take about 4 s."""
MOST_RESOURCES: Final = 10_000
LIMITS: Final = Limits(files=2_000, file_bytes=1024 * 1024, total_bytes=8 * 1024 * 1024, depth=32, entries=20_000)


class TooMuch(Exception):
    """Why a tip is not followed; the message says what to do."""


def revision_of(mirror: Path, commit: str, folder: str | None) -> GitRevision:
    """The manifests of a commit, within bounds."""
    return GitRevision(mirror, commit, folder, limits=LIMITS)


def weigh(tenant: str, mirror: Path, tip: str, folder: str | None) -> None:
    """Look at all of a tip, as if it were followed. TooMuch; that its manifests have faults is none."""
    try:
        tree = revision_of(mirror, tip, folder).read()
    except SourceUnavailable as error:
        raise TooMuch(str(error)) from None
    with _time():
        _count(tree, tenant)


def _count(tree: SourceTree, tenant: str) -> None:
    from reconciler.fragment import alone, parsed_files, placed_below  # half a second, when there is something new only

    placed = placed_below(tree, tenant)
    parsed = list(parsed_files(placed))
    resources = sum(len(file.resources) for file in parsed)
    if resources <= MOST_RESOURCES:
        alone(placed, parsed, tenant)
    else:
        raise TooMuch(f"its manifests declare {resources:,} resources, more than the {MOST_RESOURCES:,} allowed")


@contextmanager
def _time() -> Iterator[None]:
    """TooMuch when it takes longer than a source may."""

    def too_long(_number: int, _frame: FrameType | None) -> None:
        raise TooMuch(
            f"looking at its manifests takes more than {WEIGHED_S:.0f} s of processor time; have fewer of them, and fewer aliases"
        )

    before = signal.signal(signal.SIGVTALRM, too_long)
    signal.setitimer(signal.ITIMER_VIRTUAL, WEIGHED_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
