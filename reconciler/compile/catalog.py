"""A Catalog becomes a DesiredState, unit by unit; what equals its predecessor is shared with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.config.ref import ConfigRef, Origin
from engine.config.snapshot import ConfigItem, item_digest, revision_of
from engine.config.system import SYSTEM_REF, SystemConfig
from reconciler.compile.registry import compile_resource, origin_of
from reconciler.state import SYSTEM_UNIT, UnitState, origins_revision
from schema.resource import AnyResource


def compile_unit(
    unit: str, resources: Iterable[AnyResource], digests: Mapping[str, str], before: UnitState | None
) -> UnitState:
    """Compile a unit's resources. `digests`: of the manifests they stand in, by path; `before`: what it was, to share with."""
    items: dict[ConfigRef, ConfigItem] = {}
    item_digests: dict[ConfigRef, str] = {}
    origins: dict[ConfigRef, Origin] = {}
    files: set[str] = set()
    if unit == SYSTEM_UNIT:
        _put(items, item_digests, SystemConfig(), before)
    for resource in resources:
        item = compile_resource(resource)
        ref = _put(items, item_digests, item, before)
        origins[ref] = origin_of(resource)
        files.add(resource.origin.file)
    stand_in = tuple((path, digests[path]) for path in sorted(files))
    if before is not None and before.items == items:
        if before.origins == origins and before.files == stand_in:
            return before
        items, item_digests = dict(before.items), dict(before.digests)
        revision = before.revision
    else:
        revision = revision_of(item_digests.values())
    return UnitState(unit, revision, items, item_digests, origins, origins_revision(origins), stand_in)


def _put(
    items: dict[ConfigRef, ConfigItem], digests: dict[ConfigRef, str], item: ConfigItem, before: UnitState | None
) -> ConfigRef:
    ref = SYSTEM_REF if isinstance(item, SystemConfig) else item.ref
    old = before.items.get(ref) if before is not None else None
    if before is not None and old is not None and old == item:
        items[ref], digests[ref] = old, before.digests[ref]
    else:
        items[ref], digests[ref] = item, item_digest(item)
    return ref
