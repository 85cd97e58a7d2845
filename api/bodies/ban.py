"""Who is banned, and lifting it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from api.bodies.body import Body
from api.bodies.word import Word


class BanBody(Body):
    """`source`: an address, or an IPv6 network of 64 bits; `count`: what was counted; `dropped`: datagrams since then."""

    source: str
    reason: str
    since: datetime
    until: datetime
    count: int
    dropped: int


class UnbanBody(Body):
    address: Annotated[str, Field(min_length=1, max_length=64)]
    author: Word = ""
