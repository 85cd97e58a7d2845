"""The reconciler's doors: what the API and the command line may ask of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from engine.config.ref import ConfigRef
from reconciler.views import ReconcileView, ResourceView


class ReconcileTrigger(Protocol):
    """Asking for a round."""

    def request(self) -> None:
        """Look at the source again soon. Several requests before the next round are one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceFilter:
    """All conditions are ANDed; None = any; `tenant` "" = the system's own. `after`: a cursor, the key of the last one seen."""

    tenant: str | None = None
    kind: str | None = None
    after: ConfigRef | None = None
    limit: int = 100


class ReconcileQuery(Protocol):
    """How following the manifests stands. Called on the engine's loop; returns at once."""

    def status(self) -> ReconcileView: ...

    def resources(self, wanted: ResourceFilter) -> Sequence[ResourceView]:
        """Resources that run, and those that are written but don't, by tenant, kind, name; at most `wanted.limit`."""
