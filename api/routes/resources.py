"""What the manifests declare: what runs, and what waits."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.bodies.body import Page, cursor_of
from api.bodies.condition import ConditionBody
from api.bodies.preferences import PreferencesBody
from api.bodies.resource import ResourceAnswerBody, ResourceBesidesBody, ResourceBody
from api.bodies.tenant_eyes import TenantEyes
from api.caller import CallerOf
from api.doors import Doors, DoorsOf
from api.paging import BadCursor, Cursor, Limit, TenantName
from api.routes.live import live_body
from engine.config.ref import ConfigRef
from engine.errors import NotFound
from reconciler.errors import Unknown
from reconciler.ports import ResourceFilter
from reconciler.source.commit import GitCommit

router = APIRouter(tags=["resources"])

Kind = Annotated[str | None, Query(max_length=64, description="Only of this kind, as `Extension`.")]


@router.get("/resources")
async def resources(
    doors: DoorsOf,
    caller: CallerOf,
    tenant: TenantName = None,
    kind: Kind = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[ResourceBody]:
    """All resources by tenant, kind, name; `tenant=` (empty) for the system's own."""
    wanted = ResourceFilter(tenant=caller.within(tenant), kind=kind, after=_after(cursor), limit=limit)
    found = doors.reconcile.resources(wanted)
    following = cursor_of(found[-1].ref) if len(found) == limit else None
    if caller.tenant is not None:
        eyes = TenantEyes(doors.reconcile.status(), caller.tenant)
        found = [replace(view, message=eyes.message(view.reason, view.message)) for view in found]
    return Page(items=[ResourceBody.of(view) for view in found], next=following)


def _after(cursor: str | None) -> ConfigRef | None:
    if cursor is None:
        return None
    parts = cursor.split("/")
    if len(parts) != 3:
        raise BadCursor(f'cursor "{cursor}" is none of ours; use `next` of the page before')
    return ConfigRef(*parts)


@router.get("/resources/{tenant}/{kind}/{name}", response_model=ResourceAnswerBody)
async def resource(doors: DoorsOf, caller: CallerOf, tenant: str, kind: str, name: str) -> Response:
    """One resource: as it is written, with its defaults, how it stands, what uses it. `-` is the tenant of the system's own."""
    ref = ConfigRef("" if tenant == "-" else tenant, kind, name)
    if not caller.sees(ref.tenant):
        raise Unknown(f"no manifest declares {ref}; `trunkline get resources` lists all")
    told = await doors.plans.resource(ref)
    conditions = doors.reconcile.conditions(ref)
    if caller.tenant is not None:
        conditions = TenantEyes(doors.reconcile.status(), caller.tenant).conditions(conditions)
        told = _seen_by(told, caller.tenant)
    beside = ResourceBesidesBody(
        conditions=[ConditionBody.model_validate(condition) for condition in conditions],
        live=await live_body(doors, [ref]),
        preferences=_preferences(doors, ref),
    )
    return Response(told[:-1] + b"," + beside.model_dump_json().encode()[1:], media_type="application/json")


def _preferences(doors: Doors, ref: ConfigRef) -> PreferencesBody | None:
    """None for what is no Extension, or does not run yet."""
    if ref.kind != "Extension":
        return None
    with suppress(NotFound):
        return PreferencesBody.of(doors.preferences.preferences(ref.tenant, ref.name))
    return None


def _seen_by(told: bytes, tenant: str) -> bytes:
    """The resource, with what a person of that tenant may see of its commit."""
    shape = json.loads(told)
    commit = GitCommit.from_json(shape["commit"])
    shape["commit"] = None if commit is None else commit.seen_by(tenant).to_json()
    return json.dumps(shape, ensure_ascii=False).encode()
