"""From which level on modules log."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Request

from api.access import AccessOf
from api.bodies.log_level import LogLevelBody, LogLevelsBody, SetLogLevelBody
from api.caller import SystemCallerOf, SystemOperatorOf
from api.log_levels import MODULES, LogLevels, ModuleLevel
from engine.errors import NotFound

router = APIRouter(tags=["logs"])


@router.get("/log-levels")
async def log_levels(request: Request, caller: SystemCallerOf) -> LogLevelsBody:
    """Of all modules, by name."""
    return _body(_levels(request).all())


@router.put("/log-levels")
async def set_log_level(
    request: Request, access: AccessOf, caller: SystemOperatorOf, asked: SetLogLevelBody
) -> LogLevelsBody:
    """For one module or all, for good or for a while; those that were changed."""
    target = f"{asked.module or 'all'}: {asked.level}"
    async with access.audit.order(caller, "log level", target, author=asked.author):
        if asked.module is not None and asked.module not in MODULES:
            raise NotFound(f'no module "{asked.module}" logs; there are {", ".join(MODULES)}')
        return _body(_levels(request).set(asked.module, asked.level, asked.for_s, caller.author(asked.author)))


def _levels(request: Request) -> LogLevels:
    levels = request.app.state.log_levels
    assert isinstance(levels, LogLevels)  # noqa: S101  # create_app puts it there
    return levels


def _body(levels: Sequence[ModuleLevel]) -> LogLevelsBody:
    return LogLevelsBody(
        items=[
            LogLevelBody(module=one.module, level=one.level, until=one.until, about=MODULES[one.module])
            for one in levels
        ]
    )
