"""What happens to call records once they are stored: columns of old rows are completed, and records older than their tenant keeps go.

In small steps with pauses, beside the loop; a step that fails is logged and tried again at the next look.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from engine.errors import EngineError

if TYPE_CHECKING:
    from engine.runtime.database.database import Database

_log: Final = logging.getLogger("trunkline.storage")
_PAUSE_S: Final = 0.02
_FIRST_LOOK_S: Final = 30.0
_EVERY_S: Final = 3600.0
_RETRY_S: Final = 60.0


class Upkeep:
    """Run `run` as a task, and cancel it at the end. `retention`: days by tenant, 0 = for ever; `wall`: UNIX seconds.

    `counters`: deleted records, by tenant; `steps`: how often rows were changed or deleted.
    """

    def __init__(
        self, database: Database, retention: Callable[[], Mapping[str, int]], wall: Callable[[], float]
    ) -> None:
        self._database = database
        self._retention = retention
        self._wall = wall
        self.counters: Counter[str] = Counter()
        self.steps = 0

    async def run(self) -> None:
        """Until cancelled."""
        await asyncio.sleep(_FIRST_LOOK_S)
        while True:
            pause_s = _EVERY_S
            try:
                await self.correct()
                await self.clear()
            except EngineError as error:
                pause_s = _RETRY_S
                _log.error("old call records can't be looked after: %s; tried again in %.0f s", error, pause_s)
            await asyncio.sleep(pause_s)

    async def correct(self) -> None:
        """All columns of old rows."""
        from engine.runtime.database.upkeep import correct_directions

        while await self._database.run(correct_directions):
            self.steps += 1
            await asyncio.sleep(_PAUSE_S)

    async def clear(self) -> None:
        """Delete what is older than its tenant keeps."""
        from engine.runtime.database.upkeep import delete_old, heed_retention

        said, now = self._retention(), datetime.fromtimestamp(self._wall(), UTC)
        for due in await self._database.run(lambda connection: heed_retention(connection, said, now)):
            count = 0
            while gone := await self._database.run(lambda connection, due=due: delete_old(connection, due)):  # type: ignore[misc]  # a default binds it
                count += gone
                self.steps += 1
                await asyncio.sleep(_PAUSE_S)
            if count:
                self.counters[due.tenant] += count
                _log.info(
                    "call records deleted: tenant=%s count=%d began before %s",
                    due.tenant,
                    count,
                    due.before.isoformat(),
                )
