"""Where a forge says that something was pushed."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request, Response

from api.doors import DoorsOf

router = APIRouter(tags=["control"])


@router.post("/source/hook", status_code=202)
async def hook(request: Request, doors: DoorsOf) -> Response:
    """Fetch soon, if this is signed with the secret of `serve --git-hook`. No token is needed, and no body is read but for that."""
    if doors.hook is None:
        raise HTTPException(404, "this server takes no webhooks of a git server: it follows none, or has no --git-hook")
    if not doors.hook.receive({name.lower(): value for name, value in request.headers.items()}, await request.body()):
        raise HTTPException(401, "the webhook is not signed with the secret that is expected")
    return Response(status_code=202)


@router.post("/tenants/{tenant}/source/hook", status_code=202)
async def tenant_hook(tenant: str, request: Request, doors: DoorsOf) -> Response:
    """Fetch a tenant's own source soon, if this is signed with the secret that its TenantSource names. No token is needed."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    body = await request.body()
    if doors.tenant_hooks is None or not doors.tenant_hooks.receive(tenant, headers, body):
        # Nobody is told which tenants there are.
        raise HTTPException(
            401, "the webhook is not signed with the secret that is expected, or that tenant's source takes none"
        )
    return Response(status_code=202)
