"""How the server stands: the engine's figures and where following the manifests is."""

from __future__ import annotations

from fastapi import APIRouter, Request

from api.bodies.status import EngineBody, ReconcileBody, StatusBody
from api.doors import DoorsOf

router = APIRouter(tags=["status"])


@router.get("/status")
async def status(request: Request, doors: DoorsOf) -> StatusBody:
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
