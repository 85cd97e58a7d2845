"""A revision that ran or runs, and the manifests of one. Both come ready from the child (`reconciler.worker.answers`)."""

from __future__ import annotations

from datetime import datetime

from api.bodies.body import Body
from api.bodies.commit import CommitBody
from api.bodies.plan import CountsBody


class RevisionBody(Body):
    """`result`: running or superseded. Null is what was not kept of old ones, or is not known."""

    sequence: int
    revision: str
    at: datetime
    trigger: str | None
    author: str | None
    digest: str | None
    changes: CountsBody | None
    disruption: str | None
    duration_s: float | None
    source: str | None
    result: str
    note: str
    commit: CommitBody | None


class ManifestsBody(Body):
    """`files`: what each holds, by its path. Can be posted as it is to be planned."""

    format: int
    revision: str
    files: dict[str, str]
