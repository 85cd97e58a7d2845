"""The application: all routes under `/v1`, all refusals as problem bodies. Importing this costs some tenths of a second."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from fastapi import Depends, FastAPI

from api import live_page, problems
from api.access import Access, NoStore
from api.body_limit import BodyLimit
from api.doors import Doors
from api.etag import ETags
from api.events.bookmark import KEY_BYTES
from api.events.hub import Hub
from api.known_query import known_query
from api.log_levels import LogLevels
from api.media_type import JsonBodies
from api.metrics.requests import CountRequests, Requests
from api.request_id import RequestId
from api.routes import health, metrics
from api.routes.registry import ROUTERS


def create_app(doors: Doors, version: str, access: Access | None = None) -> FastAPI:
    """The app over these ports. It answers nobody by itself: what it is served through says who asks (`api.caller`).

    Without `access` no token is known.
    """
    app = routed(version)
    app.state.doors = doors
    app.state.access = Access(NoStore()) if access is None else access
    app.state.requests = Requests()
    app.state.log_levels = LogLevels()
    app.state.hub = Hub(
        doors.feed,
        doors.reconcile,
        version,
        epoch=lambda: secrets.token_hex(6),
        key=lambda: secrets.token_bytes(KEY_BYTES),
        utc_now=lambda: datetime.now(UTC),
    )
    app.add_middleware(BodyLimit)
    app.add_middleware(JsonBodies)
    app.add_middleware(CountRequests, requests=app.state.requests)
    app.add_middleware(ETags)
    app.add_middleware(RequestId)
    problems.install(app)
    return app


def routed(version: str) -> FastAPI:
    """All routes, without anything behind them."""
    app = FastAPI(title="Trunkline", version=version, docs_url=None, redoc_url=None, openapi_url=None)
    for router in ROUTERS:
        app.include_router(router, prefix="/v1", dependencies=[Depends(known_query)])
    app.include_router(metrics.router)
    app.include_router(health.router)
    live_page.install(app)
    return app
