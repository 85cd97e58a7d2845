"""What live things use what is about to change."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.bodies.body import Body
from engine.config.ref import ConfigRef


class TouchedBody(Body):
    tenant: str | None
    kind: str
    name: str
    registrations: int
    calls: int


class LiveBody(Body):
    """`registrations` would be dropped, or can't be refreshed where they are; `calls` use it now and go on, at most `drain_s` seconds."""

    registrations: int
    calls: int
    drain_s: float
    touched: list[TouchedBody]


class RefBody(Body):
    tenant: Annotated[str | None, Field(max_length=200)] = None
    kind: Annotated[str, Field(max_length=64)]
    name: Annotated[str, Field(max_length=200)]

    @property
    def ref(self) -> ConfigRef:
        return ConfigRef(self.name if self.kind == "Tenant" else self.tenant or "", self.kind, self.name)


class RefsBody(Body):
    changes: Annotated[list[RefBody], Field(max_length=1000)]
