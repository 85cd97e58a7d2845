"""From which level on modules log."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from api.bodies.body import Body


class LogLevelBody(Body):
    """`until`: when a level that was set for a while ends; `about`: what the module says."""

    module: str
    level: str
    until: datetime | None
    about: str


class LogLevelsBody(Body):
    items: list[LogLevelBody]


class SetLogLevelBody(Body):
    """`module`: null for all of them; `for_s`: null for good, that is until the next start."""

    module: Annotated[str | None, Field(max_length=40)] = None
    level: Literal["debug", "info", "warning", "error"]
    for_s: Annotated[float | None, Field(gt=0, le=86_400)] = None
    author: Annotated[str, Field(max_length=200)] = ""
