"""What the `type` of a problem body means."""

from __future__ import annotations

from fastapi import APIRouter

from api.bodies.problem_type import ProblemTypeBody
from api.caller import CallerOf
from api.problem_type import ProblemType
from engine.errors import NotFound

router = APIRouter(tags=["problems"])


@router.get("/problems")
async def problems(caller: CallerOf) -> list[ProblemTypeBody]:
    """All sorts of refusals."""
    return [ProblemTypeBody.of(sort) for sort in ProblemType]


@router.get("/problems/{name}")
async def problem(caller: CallerOf, name: str) -> ProblemTypeBody:
    """One sort of refusals: what `type` of a problem names."""
    for sort in ProblemType:
        if sort.value.name == name:
            return ProblemTypeBody.of(sort)
    raise NotFound(f'there is no sort of problems named "{name}"; GET /v1/problems lists all')
