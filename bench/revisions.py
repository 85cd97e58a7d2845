"""Memory of a hundred revisions that calls pin at once, each one edit apart, against that of one.

The revisions are made as a running server makes them: the first from its whole units, each further one as an `Evolution` of the one
before. Counted by tracemalloc, which sees every object and no gap between them.

What limits it: the pages of the shared maps that an edit copies.
"""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace

from bench.row import Row
from bench.server import DOMAIN, number
from engine.config.extension import ExtensionConfig
from engine.config.listener import ListenerConfig
from engine.config.ref import Origin, Revision
from engine.config.secret import SecretRef
from engine.config.snapshot import Snapshot, TenantItem
from engine.config.system import SystemConfig
from engine.config.tenant import TenantConfig
from reconciler.state import SYSTEM_UNIT, UnitChange, evolved

TARGET_RATIO = 1.3
PINNED = 100
EXTENSIONS = 10_000
_PER_FILE = 100


def measure() -> list[Row]:
    """A row for 20 tenants, and one for a single tenant of all extensions."""
    return [_row(20), _row(1)]


def _row(tenants: int) -> Row:
    gc.collect()
    tracemalloc.start()
    try:
        first = evolved(Snapshot.empty(), _whole(tenants, EXTENSIONS // tenants), ())
        gc.collect()
        one, _ = tracemalloc.get_traced_memory()
        pinned = [first]
        for edit in range(1, PINNED):
            pinned.append(evolved(pinned[-1], [_edit(pinned[-1], edit)], ()))
        gc.collect()
        hundred, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    if len({snapshot.revision for snapshot in pinned}) != PINNED:
        raise RuntimeError("the revisions are not all different")
    return Row(
        bench="revisions",
        quantity=f"{PINNED} pinned, {tenants} tenants",
        unit="x one",
        target=TARGET_RATIO,
        measured=hundred / one,
        at_most=True,
        detail=f"{one / 2**20:.1f} MiB for one revision of {EXTENSIONS:,} extensions, {hundred / 2**20:.1f} MiB for {PINNED}",
    )


def _name(tenant: int) -> str:
    return f"tenant-{tenant:02}"


def _whole(tenants: int, each: int) -> Iterator[UnitChange]:
    yield UnitChange(
        unit=SYSTEM_UNIT,
        revision=Revision("system"),
        origins_revision="0",
        whole=True,
        upserts=(SystemConfig(), ListenerConfig(name="phones", transport="udp", port=5060)),
    )
    for tenant in range(tenants):
        unit = _name(tenant)
        items: list[TenantItem] = [TenantConfig(name=unit, domain=f"{unit}.{DOMAIN}")]
        items += [_extension(unit, index) for index in range(each)]
        # One string for the name of each file, as they come out of the child's pipe and off the disk.
        files = [f"{unit}/extensions-{file:03}.yaml" for file in range(each // _PER_FILE + 1)]
        origins = {
            item.ref: Origin(files[place // _PER_FILE], 9 * (place % _PER_FILE)) for place, item in enumerate(items)
        }
        yield UnitChange(
            unit=unit, revision=Revision(unit), origins_revision="0", whole=True, upserts=tuple(items), origins=origins
        )


def _extension(tenant: str, index: int) -> ExtensionConfig:
    return ExtensionConfig(
        tenant=tenant,
        name=number(index),
        number=number(index),
        auth_user=number(index),
        password=SecretRef(f"file:secrets/{number(index)}"),
        display_name=f"Person {index}",
    )


def _edit(before: Snapshot, edit: int) -> UnitChange:
    """Another display name for one extension, in each tenant in turn, and the lines below it moved by one."""
    tenant = before.tenants[_name(edit % len(before.tenants))]
    old = tenant.extensions[number(edit)]
    ref = old.ref
    file = tenant.origins[ref].file
    moved = {
        below: Origin(file, origin.line + 1)
        for below, origin in tenant.origins.items()
        if origin.file == file and origin.line > tenant.origins[ref].line
    }
    return UnitChange(
        unit=tenant.config.name,
        revision=Revision(f"{tenant.config.name}-{edit}"),
        origins_revision=str(edit),
        whole=False,
        upserts=(replace(old, display_name=f"Somebody else {edit}"),),
        origins=moved,
    )
