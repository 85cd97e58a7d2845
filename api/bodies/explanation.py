"""What decided a call."""

from __future__ import annotations

from datetime import datetime

from pydantic import TypeAdapter

from api.bodies.body import Body
from api.bodies.cause import CauseBody
from api.bodies.commit import CommitBody
from api.bodies.step import StepBody
from reconciler.explanation import Explanation


class AskedBody(Body):
    """`text`: the answer where it is no number, "" = it is one."""

    name: str
    subject: str
    value: int
    text: str = ""


class TriedBody(Body):
    number: str
    trunk: str
    contact: str
    sip_call_id: str
    added_at: datetime
    ringing_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime
    cause: CauseBody


class BilledBody(Body):
    """What one leg costs: `units` of `unit_s` seconds at `rate` each; decimals as text."""

    direction: str
    prefix: str
    rate: str
    unit_s: int
    units: int
    currency: str
    cost: str
    payer: str
    account: str


class WentOnBody(Body):
    at: datetime
    to: str
    steps: list[StepBody]
    facts: list[AskedBody]


class DeclarationBody(Body):
    """How a rule was written under the revision that decided; `origin`: where, as `file:line`."""

    rule: str
    origin: str
    manifest: str


class ExplanationBody(Body):
    """What decided a call. `kept`: number of the revision whose manifests are shown, null if it is kept no more.

    `commit`: with which the revision that decided came to be, null if that is kept no more, or git does not know.
    """

    version: int
    call_id: str
    is_live: bool
    sentence: str
    tenant: str
    revision: str
    kept: int | None
    direction: str
    trunk: str
    caller: str
    caller_display: str
    dialled: str
    number_kind: str
    number: str
    listener: str
    source: str
    answered_by: str | None
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    talk_s: float
    cause: CauseBody | None
    decided_by: str
    steps: list[StepBody]
    facts: list[AskedBody]
    onward: list[WentOnBody]
    targets: list[TriedBody]
    declarations: list[DeclarationBody]
    notes: list[str]
    commit: CommitBody | None
    bills: list[BilledBody]


def explanation_of(answer: object) -> Explanation:
    """What a server answered, as the value that it showed; for clients. ValueError if it is none."""
    return TypeAdapter(Explanation).validate_python(answer)
