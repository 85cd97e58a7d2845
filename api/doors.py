"""The ports that the routes ask, and how a route gets at them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from engine.ports import (
    BalanceControl,
    BanControl,
    CallControl,
    EngineQuery,
    EventFeed,
    KeptCdrs,
    PreferenceControl,
    RoutingQuery,
    WebhookQuery,
)
from reconciler.ports import PlanQuery, PlanTrial, ReconcileControl, ReconcileQuery, SourceHook, TenantHooks


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """What `cli serve` hands in. `hook`: None = no git server is followed, or none may tell us anything; `tenant_hooks`: of tenants' own
    sources.
    """

    engine: EngineQuery
    feed: EventFeed
    routing: RoutingQuery
    calls: CallControl
    bans: BanControl
    balances: BalanceControl
    preferences: PreferenceControl
    records: KeptCdrs
    webhooks: WebhookQuery
    reconcile: ReconcileQuery
    plans: PlanQuery
    trials: PlanTrial
    control: ReconcileControl
    hook: SourceHook | None = None
    tenant_hooks: TenantHooks | None = None


def _doors(request: Request) -> Doors:
    doors = request.app.state.doors
    assert isinstance(doors, Doors)  # noqa: S101  # create_app puts it there
    return doors


DoorsOf = Annotated[Doors, Depends(_doors)]
