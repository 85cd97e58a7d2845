"""A call that is only imagined, decided as a real one would be now."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Final

from fastapi import APIRouter, Query

from api.bodies.simulation import SimulationBody
from api.caller import CallerOf
from api.doors import DoorsOf
from engine.config.snapshot import Snapshot
from reconciler.question import MOST_CALLS, Question
from reconciler.simulate import Basis, simulate

SOURCE: Final = "the running server"

router = APIRouter(tags=["simulate"])


@router.get("/simulate")
async def simulated(
    doors: DoorsOf,
    who: CallerOf,
    caller: Annotated[
        str, Query(alias="from", max_length=255, description="The extension that calls; with a trunk, the number.")
    ],
    to: Annotated[str, Query(max_length=4096, description="What it dials.")],
    tenant: Annotated[
        str | None, Query(max_length=255, description="The caller's; needed if there are several.")
    ] = None,
    listener: Annotated[str | None, Query(max_length=255, description="By which the call comes in.")] = None,
    at: Annotated[str | None, Query(max_length=64, description="An instant; UTC if it has no zone.")] = None,
    registered: Annotated[
        list[str] | None, Query(max_length=1000, description="NUMBER or NUMBER=PHONES, instead of what is registered.")
    ] = None,
    calls: Annotated[
        int | None, Query(ge=0, le=MOST_CALLS, description="Live calls of the tenant, instead of those there are.")
    ] = None,
    trunk: Annotated[str | None, Query(max_length=255, description="By which the call comes from outside.")] = None,
    status: Annotated[
        list[str] | None,
        Query(
            max_length=1000,
            description="NUMBER=STATUS, instead of what its person has set: available, away, doNotDisturb.",
        ),
    ] = None,
) -> SimulationBody:
    """Nothing is called, nothing is recorded."""
    moment = doors.routing.moment()
    question = Question(
        caller=caller,
        to=to,
        tenant=tenant or who.tenant,
        listener=listener,
        at=at,
        registered=registered or (),
        calls=calls,
        trunk=trunk,
        statuses=status or (),
    )
    basis = Basis(source=SOURCE, snapshot=_seen(moment.snapshot, who.tenant), now=moment.at, live=moment.facts)
    return SimulationBody.model_validate(simulate(basis, question))


def _seen(snapshot: Snapshot, tenant: str | None) -> Snapshot:
    """Without what belongs to other tenants, so that neither the decision nor a hint at what was perhaps meant names any of it."""
    if tenant is None:
        return snapshot
    return replace(
        snapshot,
        listeners={name: each for name, each in snapshot.listeners.items() if each.tenant in (None, tenant)},
        trunks={name: each for name, each in snapshot.trunks.items() if each.serves(tenant)},
        tenants={name: each for name, each in snapshot.tenants.items() if name == tenant},
        by_domain={domain: name for domain, name in snapshot.by_domain.items() if name == tenant},
    )
