"""What would become of a call."""

from __future__ import annotations

from datetime import datetime

from pydantic import TypeAdapter

from api.bodies.body import Body
from api.bodies.cause import CauseBody
from api.bodies.step import StepBody
from reconciler.simulate import Simulation


class FactBody(Body):
    """`known`: `live`, or `stated` in the request; `text`: the answer where it is no number, "" = it is one."""

    name: str
    subject: str
    value: int
    known: str
    text: str = ""


class HoursBody(Body):
    is_open: bool
    rule: str
    origin: str | None
    why: str


class ForeseenBody(Body):
    at_s: float | None
    what: str


class SimulationBody(Body):
    """What would become of a call. `cause`: why it would be refused, null if it is put through."""

    source: str
    revision: str
    tenant: str
    caller: str
    dialled: str
    number_kind: str
    number: str
    listener: str
    at: datetime
    put_through: bool
    sentence: str
    steps: list[StepBody]
    facts: list[FactBody]
    hours: HoursBody | None
    assumptions: list[str]
    cause: CauseBody | None
    foreseen: list[ForeseenBody]
    trunk: str


def simulation_of(answer: object) -> Simulation:
    """What a server answered, as the value that it showed; for clients. ValueError if it is none."""
    return TypeAdapter(Simulation).validate_python(answer)
