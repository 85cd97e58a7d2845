"""States made of manifest text, for tests that compare two of them."""

from __future__ import annotations

from reconciler.compile.catalog import compile_unit
from reconciler.ground import Ground
from reconciler.state import SYSTEM_UNIT, DesiredState
from schema.manifest_set import load
from tests.support.manifest_folder import LISTENER, documents


def ground(*texts: str, system: str = LISTENER, before: Ground | None = None) -> Ground:
    """What these documents come to, all in `pbx.yaml`; `system` stands before them."""
    assembly = load([("pbx.yaml", documents(system, *texts))])
    assert not assembly.report.has_errors, assembly.report.as_text()
    digests = {"pbx.yaml": "0"}
    known = before.desired.units if before is not None else {}
    units = {
        SYSTEM_UNIT: compile_unit(SYSTEM_UNIT, assembly.catalog.system, digests, known.get(SYSTEM_UNIT)),
        **{
            name: compile_unit(name, tenant, digests, known.get(name))
            for name, tenant in assembly.catalog.tenants.items()
        },
    }
    return Ground(assembly.catalog, DesiredState(units))
