"""Where a resource is written."""

from __future__ import annotations

from api.bodies.body import Body
from engine.config.ref import Origin


class OriginBody(Body):
    file: str
    line: int

    @classmethod
    def of(cls, origin: Origin | None) -> OriginBody | None:
        return None if origin is None else cls(file=origin.file, line=origin.line)
