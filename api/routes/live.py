"""What live things use what is about to change."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter

from api.bodies import LiveBody, RefsBody, TouchedBody
from api.doors import Doors, DoorsOf
from engine.config.ref import ConfigRef
from reconciler.live_use import live_use

router = APIRouter(tags=["plan"])


@router.post("/live")
async def live(doors: DoorsOf, asked: RefsBody) -> LiveBody:
    """Of these resources, for a plan that was made elsewhere."""
    return live_body(doors, [one.ref for one in asked.changes])


def live_body(doors: Doors, refs: Iterable[ConfigRef]) -> LiveBody:
    engine = doors.engine
    snapshot = engine.snapshot
    use = live_use(refs, snapshot, engine.registration_counts(), engine.calls())
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
