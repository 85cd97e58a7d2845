"""Notices that something below a folder changed, and keeps noticing when the folder goes away and comes back.

inotify watches an inode: after `mv manifests old; mv new manifests` it would look at the old one for ever. So the folder's identity
is compared every second, and the watch is renewed when it differs.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

log = logging.getLogger("trunkline.reconciler")

DEBOUNCE_MS: Final = 1600
STEP_MS: Final = 100
LOOK_MS: Final = 1000


def _identity(root: Path) -> tuple[int, int] | None:
    try:
        status = root.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


async def changes(root: Path, *, look_ms: int = LOOK_MS) -> AsyncIterator[None]:
    """Yield once for every burst of changes, `STEP_MS` after its last and `DEBOUNCE_MS` after its first event at most.

    Also yields when the folder has gone, has come back or was replaced. Ends only by cancellation.
    """
    from watchfiles import awatch

    while True:
        watched = _identity(root)
        if watched is None:
            await asyncio.sleep(look_ms / 1000)
            if _identity(root) is not None:
                yield None
            continue
        try:
            async for events in awatch(
                root,
                watch_filter=None,
                debounce=DEBOUNCE_MS,
                step=STEP_MS,
                rust_timeout=look_ms,
                yield_on_timeout=True,
                ignore_permission_denied=True,
            ):
                if events:
                    yield None
                if _identity(root) != watched:
                    break
        except (OSError, RuntimeError) as error:
            # The folder went while the watch was set up, or the machine has no inotify watch left (which arrives as either):
            # the reconciler's own interval still looks, and this tries again.
            log.debug("watch: %s", error)
            await asyncio.sleep(look_ms / 1000)
        yield None
