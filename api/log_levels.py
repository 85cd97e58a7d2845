"""From which level on each module logs, changed while the server runs, for good or for a while."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Final, Literal

Level = Literal["debug", "info", "warning", "error"]
ROOT: Final = "trunkline"
MODULES: Final = MappingProxyType(
    {
        "api": "requests that fail by a bug",
        "audit": "commands: who gave them, and what came of them",
        "calls": "calls: begun, answered, ended (debug)",
        "engine": "the engine: what was brought back at the start, overload, bugs",
        "guard": "bans",
        "media": "the media backend",
        "reconciler": "following the manifests: rounds, problems, orders",
        "refused": "who was refused, for people and fail2ban",
        "registrations": "phones that come and go (debug)",
        "resolver": "DNS of trunks",
        "serve": "start and end",
        "source": "fetching manifests from a git server",
        "storage": "journal, database, what waits for them",
        "webhooks": "what is posted to tenants' own servers",
    }
)

log = logging.getLogger("trunkline.api")


@dataclass(frozen=True, slots=True)
class ModuleLevel:
    """`until`: when a level that was set for a while ends, None for no such."""

    module: str
    level: str
    until: datetime | None


class LogLevels:
    """On the server's loop. `set` for all modules where none is named."""

    def __init__(self) -> None:
        self._ends: dict[str, tuple[asyncio.TimerHandle, datetime, int]] = {}

    def all(self) -> list[ModuleLevel]:
        return [self._of(module) for module in MODULES]

    def set(self, module: str | None, level: Level, for_s: float | None, author: str) -> list[ModuleLevel]:
        """What was changed. With `for_s`, each has the level that it has now again after so many seconds."""
        changed = list(MODULES) if module is None else [module]
        for one in changed:
            logger = logging.getLogger(f"{ROOT}.{one}")
            before = self._forget(one)
            before = logger.level if before is None else before
            logger.setLevel(level.upper())
            if for_s is not None:
                until = datetime.now(UTC) + timedelta(seconds=for_s)
                handle = asyncio.get_running_loop().call_later(for_s, self._end, one)
                self._ends[one] = (handle, until, before)
        # To be seen whatever the level is.
        log.warning("log level: module=%s level=%s for_s=%s by=%s", module or "all", level, for_s, ascii(author))
        return [self._of(one) for one in changed]

    def _of(self, module: str) -> ModuleLevel:
        level = logging.getLevelName(logging.getLogger(f"{ROOT}.{module}").getEffectiveLevel()).lower()
        end = self._ends.get(module)
        return ModuleLevel(module, level, None if end is None else end[1])

    def _forget(self, module: str) -> int | None:
        """The level from before one that was set for a while, which ends now."""
        end = self._ends.pop(module, None)
        if end is None:
            return None
        end[0].cancel()
        return end[2]

    def _end(self, module: str) -> None:
        before = self._forget(module)
        if before is not None:
            logging.getLogger(f"{ROOT}.{module}").setLevel(before)
