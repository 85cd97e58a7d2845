"""`Destination` to `DestinationConfig`."""

from __future__ import annotations

from engine.config.destination import DestinationConfig
from schema.destination import To


def destination(to: To) -> DestinationConfig:
    return DestinationConfig(kind=to.kind, value=to.value)


def destination_or_none(to: To | None) -> DestinationConfig | None:
    return None if to is None else destination(to)
