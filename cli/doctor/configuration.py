"""The configuration that is looked at: MANIFESTS, if they are named, else what was applied last on the data folder."""

from __future__ import annotations

from pathlib import Path

from cli.source import source_of
from engine.config.snapshot import Snapshot
from reconciler.offline import offline
from reconciler.state import evolved
from reconciler.worker.store import StateStore


def configuration(manifests: str | None, data: Path) -> Snapshot | None:
    """None if there is none, or nothing of it would run. SourceUnavailable if MANIFESTS can't be read."""
    if manifests is not None:
        return offline(source_of(manifests).read()).snapshot
    if not (data / "state").is_dir():
        return None
    changes = StateStore(data / "state").compiled()
    if changes is None:
        return None
    try:
        return evolved(Snapshot.empty(), changes, ())
    except ValueError:
        return None
