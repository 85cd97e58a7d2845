"""A trunk and its servers."""

from __future__ import annotations

from datetime import datetime

from api.bodies.body import Body
from engine.views import TrunkView


class TrunkServerBody(Body):
    """`address`: host:port; `name`: what it was found by; `state`: up, suspect, down or unknown."""

    address: str
    name: str
    state: str
    reason: str
    since: datetime


class TrunkBody(Body):
    """`tenant`: None = shared; `state`: up, registered, trying, unreachable, refused or disabled; `reason`: why, since `since`."""

    tenant: str | None
    name: str
    state: str
    reason: str
    since: datetime
    registers: bool
    registered_until: datetime | None
    servers: list[TrunkServerBody]
    channels: int
    max_channels: int

    @classmethod
    def of(cls, view: TrunkView) -> TrunkBody:
        return cls(
            tenant=view.ref.tenant or None,
            name=view.ref.name,
            state=view.state.value,
            reason=view.reason,
            since=view.since,
            registers=view.registers,
            registered_until=view.registered_until,
            servers=[TrunkServerBody.model_validate(server) for server in view.servers],
            channels=view.channels,
            max_channels=view.max_channels,
        )
