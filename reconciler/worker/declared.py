"""How resources were written under a revision of long ago, from the manifests that are kept. Runs in the child.

A tenant's revision is that of its values; the same values may have stood in other lines since. So a resource is looked up by its key in
the files of the newest record that has that revision.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from engine.config.ref import ConfigRef
from reconciler.compile.registry import config_ref
from reconciler.errors import StateCorrupt
from reconciler.source.commit import GitCommit
from reconciler.state import SYSTEM_UNIT
from reconciler.worker.export import as_written
from reconciler.worker.store import Applied, StateStore
from schema.manifest_set import parse_file


@dataclass(frozen=True, slots=True)
class Declaration:
    """`text`: the document, from its first line (`line`) on."""

    ref: ConfigRef
    file: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class KeptDeclarations:
    """`sequence`: number of the record that has the revision. What is damaged or declared nowhere is left out.

    `commit`: with which the tenant came to be at that revision, None where git does not know.
    """

    sequence: int
    declarations: tuple[Declaration, ...]
    commit: GitCommit | None = None


def declared(
    store: StateStore, tenant: str, revision: str, refs: Iterable[ConfigRef], at: str = ""
) -> KeptDeclarations | None:
    """None if no record that is kept has the tenant at that revision.

    `at`: when it was at that revision, ISO 8601 UTC, "" = last. A tenant that came back to what it had been did so with another commit.
    """
    newest: Applied | None = None
    commit: GitCommit | None = None
    for applied in store.revisions():
        for unit in applied.units:
            if unit.unit == tenant and unit.revision == revision:
                newest, commit = newest or applied, unit.commit
                break
        else:
            continue
        if not at or datetime.fromisoformat(applied.at) <= datetime.fromisoformat(at):
            break
    if newest is None:
        return None
    return KeptDeclarations(newest.sequence, tuple(_found(store, newest, tenant, set(refs))), commit)


def _found(store: StateStore, applied: Applied, tenant: str, refs: set[ConfigRef]) -> Iterator[Declaration]:
    for unit in applied.units:
        of_unit = {ref for ref in refs if (ref.tenant or SYSTEM_UNIT) == unit.unit}
        if unit.unit not in {tenant, SYSTEM_UNIT} or not of_unit:
            continue
        for path, digest in unit.files:
            try:
                content = store.blob(digest)
            except StateCorrupt:
                continue
            if not any(ref.name.encode() in content for ref in of_unit):
                continue
            for resource in parse_file(path, content).resources:
                ref = config_ref(resource)
                if ref in of_unit:
                    line = resource.origin.line
                    yield Declaration(ref, path, line, as_written(content, line))
                    of_unit.discard(ref)
            if not of_unit:
                break
