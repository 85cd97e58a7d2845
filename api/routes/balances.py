"""What extensions may still spend: the list, one with its ledger, and changing it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from api.access import AccessOf
from api.bodies.balance import BalanceBody, ChangeBalanceBody, LedgerBody
from api.bodies.body import Page
from api.caller import Caller, CallerOf, OperatorOf
from api.doors import DoorsOf
from api.paging import Cursor, Limit, TenantName, counted, cut
from engine.config.money import millionths
from engine.errors import NotFound
from engine.ports import BalanceOrder

router = APIRouter(tags=["balances"])

Tenant = Annotated[str, Path(max_length=255, description="Whose extension it is.")]
Extension = Annotated[str, Path(max_length=255, description="Its number, or its name.")]


@router.get("/balances")
async def balances(
    doors: DoorsOf, caller: CallerOf, tenant: TenantName = None, cursor: Cursor = None, limit: Limit = 100
) -> Page[BalanceBody]:
    """Of all extensions that have one, by tenant and name."""
    found = doors.balances.balances(caller.within(tenant))
    page, following = cut(found, lambda view: f"{view.tenant}/{view.name}", cursor, limit)
    return Page(items=[BalanceBody.of(view) for view in page], next=following)


@router.get("/balances/{tenant}/{extension}")
async def balance(doors: DoorsOf, caller: CallerOf, tenant: Tenant, extension: Extension) -> BalanceBody:
    """Of one extension."""
    _check(caller, tenant)
    return BalanceBody.of(doors.balances.balance(tenant, extension))


@router.get("/balances/{tenant}/{extension}/ledger")
async def ledger(
    doors: DoorsOf,
    caller: CallerOf,
    tenant: Tenant,
    extension: Extension,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[LedgerBody]:
    """All that was added to it and taken from it, newest first; the sum is the balance."""
    _check(caller, tenant)
    lines = await doors.balances.ledger(tenant, extension, counted(cursor), limit)
    return Page(items=[LedgerBody.of(line) for line in lines], next=str(lines[-1].seq) if len(lines) == limit else None)


@router.post("/balances/{tenant}/{extension}")
async def change_balance(
    doors: DoorsOf, access: AccessOf, caller: OperatorOf, tenant: Tenant, extension: Extension, asked: ChangeBalanceBody
) -> BalanceBody:
    """Add to the balance, or set it; what it is then. It is stored when this is answered."""
    _check(caller, tenant)
    what = f"{tenant}/{extension} {asked.how} {asked.amount}"
    order = BalanceOrder(millionths(asked.amount), asked.how == "set", caller.author(asked.author), asked.note)
    async with access.audit.order(caller, "balance", what, tenant=tenant, author=asked.author):
        return BalanceBody.of(await doors.balances.change_balance(tenant, extension, order))


def _check(caller: Caller, tenant: str) -> None:
    if not caller.sees(tenant):
        raise NotFound(f'there is no tenant "{tenant}"')
