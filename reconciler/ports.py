"""The reconciler's doors: what the API and the command line may ask of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from reconciler.views import ReconcileView, ResourceView


class ReconcileTrigger(Protocol):
    """Asking for a round."""

    def request(self) -> None:
        """Look at the source again soon. Several requests before the next round are one."""


class ReconcileQuery(Protocol):
    """How following the manifests stands. Called on the engine's loop; returns at once."""

    def status(self) -> ReconcileView: ...

    def resources(self) -> Sequence[ResourceView]:
        """All resources that run, and those that are written but don't, by tenant, kind, name."""
