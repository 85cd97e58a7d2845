"""What was applied last, loaded at start without the child: so that SIP answers before anything is parsed.

Blocks on the disk and on the secrets' files; called before the loop has anything to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.config.secret import NO_SECRETS, Secrets
from engine.config.snapshot import Snapshot
from reconciler.secrets.need import secrets_of
from reconciler.secrets.resolver import Resolver, is_sealed
from reconciler.state import Held, HeldUnit, evolved
from reconciler.worker.store import StateStore


@dataclass(frozen=True, slots=True)
class Restored:
    """What to start the engine with, and what the reconciler then holds."""

    snapshot: Snapshot
    secrets: Secrets
    held: Held


def restore(state: Path, resolver: Resolver) -> Restored | None:
    """What ran last; None if nothing did, or if it has to be compiled anew (another version, a damaged file)."""
    store = StateStore(state)
    changes = store.compiled()
    if changes is None:
        return None
    try:
        snapshot = evolved(Snapshot.empty(), changes, ())
    except ValueError:
        return None
    refs = {ref for change in changes for item in change.upserts for ref in secrets_of(item)}
    if any(map(is_sealed, refs)):
        resolver.keep(store.sealed())
    secrets = resolver.secrets(refs)
    units = {change.unit: HeldUnit(change.revision, change.origins_revision) for change in changes}
    return Restored(snapshot, secrets, Held(units, secrets.version))


def nothing() -> Restored:
    """What a server holds that has never applied anything: it refuses everything."""
    return Restored(Snapshot.empty(), NO_SECRETS, Held())
