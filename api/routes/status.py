"""How the server stands: the engine's figures and where following the manifests is."""

from __future__ import annotations

from fastapi import APIRouter, Request

from api.bodies.hold import HoldBody
from api.bodies.status import EngineBody, ReconcileBody, StatusBody, UnitBody
from api.caller import CallerOf
from api.doors import Doors, DoorsOf

router = APIRouter(tags=["status"])


@router.get("/status")
async def status(request: Request, doors: DoorsOf, caller: CallerOf) -> StatusBody:
    if caller.tenant is not None:
        return _of_tenant(request.app.version, doors, caller.tenant)
    view = doors.engine.engine()
    engine = EngineBody(
        started_at=view.started_at,
        revision=view.revision,
        secrets_version=view.secrets_version,
        media=view.media,
        calls=view.calls,
        registrations=view.registrations,
        counters=dict(view.counters),
    )
    reconcile = ReconcileBody.model_validate(doors.reconcile.status())
    return StatusBody(version=request.app.version, engine=engine, reconcile=reconcile)


def _of_tenant(version: str, doors: Doors, tenant: str) -> StatusBody:
    """What of it concerns one tenant. Where following stands as a whole, and why, may tell of others, so only its own part is told."""
    view, following = doors.engine.engine(), doors.reconcile.status()
    found = doors.engine.snapshot.tenants.get(tenant)
    revision = "" if found is None else found.revision
    engine = EngineBody(
        started_at=view.started_at,
        revision=revision,
        secrets_version="",
        media=view.media,
        calls=sum(call.tenant == tenant for call in doors.engine.calls()),
        registrations=sum(n for key, n in doors.engine.registration_counts().items() if key[0] == tenant),
        counters={},
    )
    reconcile = ReconcileBody(
        revision=revision,
        source=None,
        source_problem=None if following.source_problem is None else "the manifests can't be read now",
        last_round_at=following.last_round_at,
        last_applied_at=following.last_applied_at,
        state_problem=None,
        units=[UnitBody.of(unit) for unit in following.units if unit.unit == tenant],
        warnings=[],
        history=[],
        sequence=0,
        proposal=None,
        hold=None if following.hold is None else HoldBody.model_validate(following.hold),
    )
    return StatusBody(version=version, engine=engine, reconcile=reconcile)
