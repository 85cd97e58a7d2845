"""What ran before: revisions, and the manifests that they were made of."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.bodies.body import Page
from api.bodies.revision import ManifestsBody, RevisionBody
from api.caller import SystemCallerOf
from api.doors import DoorsOf
from api.etag import versioned
from api.paging import Cursor, Limit, counted

router = APIRouter(tags=["revisions"])


@router.get("/revisions", response_model=Page[RevisionBody])
async def revisions(doors: DoorsOf, caller: SystemCallerOf, cursor: Cursor = None, limit: Limit = 100) -> Response:
    """Those that are kept, newest first."""
    return _json(await doors.plans.revisions(counted(cursor), limit))


@router.get("/manifests", response_model=ManifestsBody)
async def manifests(request: Request, doors: DoorsOf, caller: SystemCallerOf) -> Response:
    """The manifests that run now."""
    runs = doors.reconcile.status()

    async def answer() -> Response:
        return _json(await doors.plans.manifests())

    version = f"{runs.sequence} {runs.revision} {runs.source}" if runs.sequence else None
    return await versioned(request, version, None, answer)


@router.get("/revisions/{sequence}/manifests", response_model=ManifestsBody)
async def manifests_of(doors: DoorsOf, caller: SystemCallerOf, sequence: int) -> Response:
    """The manifests that a revision was made of."""
    return _json(await doors.plans.manifests(sequence))


def _json(content: bytes) -> Response:
    return Response(content, media_type="application/json")
