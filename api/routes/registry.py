"""All groups of routes, one line each."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from api.routes import (
    audit,
    balances,
    bans,
    calls,
    cdr_export,
    cdrs,
    control,
    drains,
    events,
    explain,
    listeners,
    live,
    log_levels,
    openapi,
    plan,
    posted_plan,
    preferences,
    problems,
    rates,
    registrations,
    resources,
    revisions,
    session,
    sessions,
    simulate,
    source,
    status,
    tokens,
    trunks,
    webhooks,
)

ROUTERS: Final[tuple[APIRouter, ...]] = (
    status.router,
    openapi.router,
    tokens.router,
    session.router,
    sessions.router,
    audit.router,
    calls.router,
    registrations.router,
    preferences.router,
    listeners.router,
    trunks.router,
    drains.router,
    bans.router,
    balances.router,
    events.router,
    rates.router,
    cdr_export.router,  # before the routes that take any word in its place
    cdrs.router,
    explain.router,
    resources.router,
    plan.router,
    posted_plan.router,
    live.router,
    log_levels.router,
    revisions.router,
    control.router,
    simulate.router,
    source.router,
    webhooks.router,
    problems.router,
)
