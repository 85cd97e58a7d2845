"""The plan of manifests that are posted. They are looked at and forgotten: configuration is never written here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from fastapi import APIRouter, HTTPException, Request, Response

from api.bodies.plan import PostedPlanAnswerBody
from api.bodies.posted import PostedBesidesBody, PostedSetBody
from api.body_limit import limit_of
from api.caller import CallerOf
from api.doors import DoorsOf
from api.routes.live import live_body
from reconciler.ports import PostedForm

BODY_S: Final = 30.0
EXAMPLE: Final = "apiVersion: trunkline/v1\nkind: Tenant\nmetadata: {name: acme}\nspec: {domain: acme.example}\n"
REQUEST_BODY: Final = {
    "required": True,
    "description": "All manifests: what each file holds by its path, or a tar archive, not compressed. At most 16 MiB.",
    "content": {
        PostedForm.JSON.value: {
            "schema": PostedSetBody.model_json_schema(),
            "example": {"files": {"acme.yaml": EXAMPLE}},
        },
        PostedForm.TAR.value: {"schema": {"type": "string", "format": "binary"}},
    },
}

router = APIRouter(tags=["plan"])


@router.post("/plan", response_model=PostedPlanAnswerBody, openapi_extra={"requestBody": REQUEST_BODY})
async def plan_posted(request: Request, doors: DoorsOf, caller: CallerOf) -> Response:
    """What these manifests would change, as `trunkline plan` says it: the same plan, the same digest. Nothing of it is applied or kept.

    The answer has the form of `GET /v1/plan`, with `warnings` of the manifests and a `note`. Manifests with problems have no plan: they are
    told with file, line, column and rule (422). Secrets are not looked at.
    """
    planned = await doors.trials.plan_posted(_pieces(request), _form(request), caller.tenant)
    beside = PostedBesidesBody(live=await live_body(doors, planned.refs), mode=planned.mode, note=planned.note)
    content = (
        b'{"plan":' + planned.plan + b',"warnings":' + planned.warnings + b"," + beside.model_dump_json().encode()[1:]
    )
    return Response(content, media_type="application/json")


def _form(request: Request) -> PostedForm:
    said = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        return PostedForm(said)
    except ValueError:
        known = " or ".join(form.value for form in PostedForm)
        raise HTTPException(415, f'manifests are posted as {known}, not as "{said}"') from None


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced[:20]) > limit_of(request.method, request.url.path):
        raise HTTPException(413, f"posted manifests have at most {limit_of(request.method, request.url.path):,} bytes")
    try:
        async with asyncio.timeout(BODY_S):
            async for piece in request.stream():
                yield piece
    except TimeoutError:
        raise HTTPException(408, f"the manifests did not come within {BODY_S:g} s") from None
