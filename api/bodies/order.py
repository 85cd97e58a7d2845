"""Commands on following, and what came of them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.bodies.body import Body
from api.bodies.hold import HoldBody
from api.bodies.word import Word


class ApplyBody(Body):
    """`confirm`: names of the limits that this plan breaks and that are meant; `revision`: that it is to lead to, "" = any."""

    digest: Word
    revision: Word = ""
    confirm: Annotated[list[Word], Field(max_length=1000, default_factory=list)]
    author: Word = ""


class RollbackBody(ApplyBody):
    sequence: int


class SuspendBody(Body):
    reason: Annotated[str, Field(max_length=1000)] = ""
    author: Word = ""


class ResumeBody(Body):
    author: Word = ""


class AppliedBody(Body):
    applied: bool = True
    revision: str
    sequence: int
    message: str


class ReconciledBody(Body):
    result: str
    revision: str
    sequence: int
    message: str


class FollowingBody(Body):
    """Whether following rests."""

    suspended: HoldBody | None
