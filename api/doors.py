"""The ports that the routes ask, and how a route gets at them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from engine.ports import CallControl, CdrQuery, EngineQuery
from reconciler.ports import ReconcileQuery


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """`records`: None while the database is not open; what asks for it is answered 503."""

    engine: EngineQuery
    calls: CallControl
    records: CdrQuery | None
    reconcile: ReconcileQuery


class NotReady(Exception):
    """What was asked for is not there yet; the same question later will do."""


def _doors(request: Request) -> Doors:
    doors = request.app.state.doors
    assert isinstance(doors, Doors)  # noqa: S101  # create_app puts it there
    return doors


DoorsOf = Annotated[Doors, Depends(_doors)]


def records_of(doors: Doors) -> CdrQuery:
    """NotReady before the database is open."""
    if doors.records is None:
        raise NotReady("the database of call records is not open; see the server's log")
    return doors.records
