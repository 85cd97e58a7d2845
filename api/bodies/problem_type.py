"""A sort of refusals."""

from __future__ import annotations

from api.bodies.body import Body
from api.problem_type import ProblemType


class ProblemTypeBody(Body):
    """`type`: as it stands in a problem; `todo`: what a client does about it."""

    type: str
    status: int
    title: str
    todo: str

    @classmethod
    def of(cls, sort: ProblemType) -> ProblemTypeBody:
        kind = sort.value
        return cls(type=sort.uri, status=kind.status, title=kind.title, todo=kind.todo)
