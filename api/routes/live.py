"""What live things use what is about to change."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from fastapi import APIRouter

from api.bodies.live import LiveBody, RefsBody, TouchedBody
from api.caller import CallerOf
from api.doors import Doors, DoorsOf
from engine.config.ref import ConfigRef
from engine.config.snapshot import Snapshot
from engine.views import CallView
from reconciler.live_use import live_use

MUCH: Final = 1000

router = APIRouter(tags=["plan"])


@router.post("/live")
async def live(doors: DoorsOf, caller: CallerOf, asked: RefsBody) -> LiveBody:
    """Of these resources, for a plan that was made elsewhere."""
    return await live_body(doors, [one.ref for one in asked.changes if caller.sees(one.ref.tenant)])


async def live_body(doors: Doors, refs: Sequence[ConfigRef]) -> LiveBody:
    """Counted at this moment; where there is much to look through, beside the loop."""
    engine = doors.engine
    snapshot, registrations, calls = engine.snapshot, engine.registration_counts(), engine.calls()
    if len(refs) + len(registrations) + len(calls) < MUCH:
        return _counted(refs, snapshot, registrations, calls)
    # 5,000 changes among 10,000 registrations take 30-60 ms, in which no phone would be answered.
    return await asyncio.to_thread(_counted, refs, snapshot, registrations, calls)


def _counted(
    refs: Sequence[ConfigRef],
    snapshot: Snapshot,
    registrations: Mapping[tuple[str, str, str], int],
    calls: Sequence[CallView],
) -> LiveBody:
    use = live_use(refs, snapshot, registrations, calls)
    return LiveBody(
        registrations=use.registrations,
        calls=use.calls,
        drain_s=snapshot.system.drain_s,
        touched=[
            TouchedBody(
                tenant=one.ref.tenant or None,
                kind=one.ref.kind,
                name=one.ref.name,
                registrations=one.registrations,
                calls=one.calls,
            )
            for one in use.touched
        ],
    )
