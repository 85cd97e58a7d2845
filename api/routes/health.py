"""Whether the process lives, and whether it serves: for supervisors and load balancers, without a token, and telling nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter, Response

from api.access import Access, AccessOf
from api.bodies.health import HealthBody
from api.doors import Doors, DoorsOf

router = APIRouter(tags=["health"])


@router.get("/healthz", include_in_schema=False)
async def healthz() -> HealthBody:
    """That the loop turns."""
    return HealthBody(ok=True, reasons=[])


@router.get("/readyz", include_in_schema=False)  # its 503 is no problem body
async def readyz(response: Response, doors: DoorsOf, access: AccessOf) -> HealthBody:
    """A revision is served, every socket for phones is open, the database takes what is to be stored."""
    reasons = list(_reasons(doors, access))
    if reasons:
        response.status_code = 503
    response.headers["Cache-Control"] = "no-store"
    return HealthBody(ok=not reasons, reasons=reasons)


def _reasons(doors: Doors, access: Access) -> Iterator[str]:
    """In general words: who has no token learns no names."""
    listeners = doors.engine.listeners()
    if not listeners:
        yield "no revision with a listener is served"
    closed = sum(view.problem is not None for view in listeners)
    if closed:
        yield f"{closed} of {len(listeners)} listeners are not open"
    if access.store.problem is not None:
        yield "the database does not take what is to be stored"
