"""How the server stands: the engine's figures and where following the manifests is."""

from __future__ import annotations

from fastapi import APIRouter, Request

from api.bodies.status import EngineBody, ReconcileBody, StatusBody
from api.caller import CallerOf
from api.doors import Doors, DoorsOf

router = APIRouter(tags=["status"])


@router.get("/status")
async def status(request: Request, doors: DoorsOf, caller: CallerOf) -> StatusBody:
    """Figures of the engine, and where following the manifests is: per tenant, with problems and what waits."""
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
    """What of it concerns one tenant."""
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
    reconcile = ReconcileBody.of_tenant(following, tenant)
    return StatusBody(version=version, engine=engine, reconcile=reconcile)
