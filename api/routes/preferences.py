"""What people set for themselves, where the manifests let them: their status, where their calls go (law 8).

Whoever may operate the tenant sets it for its people, and so does the person, by what is given such a token. A change is made to what is
there (PATCH), or says all of it (PUT); `If-Match` with the `ETag` of what was read keeps two from undoing each other's.
"""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Response

from api.access import AccessOf
from api.bodies.body import Page
from api.bodies.preferences import PreferencesBody, PreferencesChangeBody
from api.caller import Caller, CallerOf, OperatorOf
from api.doors import Doors, DoorsOf
from api.etag import REVALIDATED, IfMatch, check_match, tag_of
from api.page_answer import page_answer
from api.paging import Cursor, Limit, TenantName, cut
from engine.errors import NotFound
from engine.preferences import ALLOWANCES, PreferenceChange

ALL: Final = frozenset(ALLOWANCES)

router = APIRouter(tags=["preferences"])


@router.get("/preferences", response_model=Page[PreferencesBody])
async def preferences(
    doors: DoorsOf, caller: CallerOf, tenant: TenantName = None, cursor: Cursor = None, limit: Limit = 100
) -> Response:
    """Of those who have set anything, by tenant and name of the Extension."""
    keys = doors.preferences.preference_keys(caller.within(tenant))
    page, following = cut(keys, "/".join, cursor, limit)
    return await page_answer(page, lambda key: PreferencesBody.of(doors.preferences.live_preferences(key)), following)


@router.get("/preferences/{tenant}/{extension}", response_model=PreferencesBody)
async def preferences_of(doors: DoorsOf, caller: CallerOf, tenant: str, extension: str) -> Response:
    """Of one Extension, by its name; also where nothing is set."""
    _see(caller, tenant, extension)
    return _answer(PreferencesBody.of(doors.preferences.preferences(tenant, extension)))


@router.patch("/preferences/{tenant}/{extension}", response_model=PreferencesBody)
async def change_preferences(
    doors: DoorsOf,
    access: AccessOf,
    caller: OperatorOf,
    tenant: str,
    extension: str,
    asked: PreferencesChangeBody,
    match: IfMatch = None,
) -> Response:
    """Set what the body names, and leave the rest as it is. 409: the manifests do not let it be set; 422: it can't be."""
    return await _set(doors, access, caller, (tenant, extension), match, asked, ALL & asked.model_fields_set)


@router.put("/preferences/{tenant}/{extension}", response_model=PreferencesBody)
async def replace_preferences(
    doors: DoorsOf,
    access: AccessOf,
    caller: OperatorOf,
    tenant: str,
    extension: str,
    asked: PreferencesChangeBody,
    match: IfMatch = None,
) -> Response:
    """Set all of it; what the body does not name is as the manifests have it."""
    return await _set(doors, access, caller, (tenant, extension), match, asked, ALL)


@router.delete("/preferences/{tenant}/{extension}", status_code=204)
async def clear_preferences(
    doors: DoorsOf,
    access: AccessOf,
    caller: OperatorOf,
    tenant: str,
    extension: str,
    match: IfMatch = None,
) -> Response:
    """All is as the manifests have it."""
    await _set(doors, access, caller, (tenant, extension), match, PreferencesChangeBody(), ALL)
    return Response(status_code=204)


async def _set(
    doors: Doors,
    access: AccessOf,
    caller: Caller,
    whose: tuple[str, str],
    match: str | None,
    asked: PreferencesChangeBody,
    fields: frozenset[str],
) -> Response:
    tenant, extension = whose
    _see(caller, tenant, extension)

    def agreed() -> None:
        check_match(match, lambda: _content(PreferencesBody.of(doors.preferences.preferences(tenant, extension))))

    agreed()
    change: PreferenceChange = asked.change(fields)
    target = f"{tenant}/{extension} {asked.words(fields)}"
    async with access.audit.order(caller, "set preferences", target, tenant=tenant, author=asked.author):
        # Asked once more when it is this change's turn: another one may be on its way to the disk just now.
        by = caller.author(asked.author) or caller.name
        view = await doors.preferences.prefer(tenant, extension, change, by, agreed)
    return _answer(PreferencesBody.of(view))


def _see(caller: Caller, tenant: str, extension: str) -> None:
    """One that is of another tenant is told of like one that is nowhere."""
    if not caller.sees(tenant):
        raise NotFound(
            f"no manifest that runs declares Extension {tenant}/{extension}; `trunkline get resources --kind Extension` lists them"
        )


def _content(body: PreferencesBody) -> bytes:
    return body.model_dump_json().encode()


def _answer(body: PreferencesBody) -> Response:
    content = _content(body)
    # Set here also for GET, so that what a change answers has the tag that is then asked for.
    return Response(
        content, media_type="application/json", headers={"ETag": tag_of(content), "Cache-Control": REVALIDATED}
    )
