"""What examples/office-hours/README.md says of each instant is what the engine decides."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.config.snapshot import Snapshot
from engine.routing.office_hours import in_hours
from reconciler.compile.catalog import compile_unit
from reconciler.state import UnitChange, evolved
from schema.manifest_set import load

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "office-hours"
ROW = re.compile(r"^\| \w{3} (\d{4}-\d\d-\d\d \d\d:\d\d) \| (.*?) \| (.*?) \|$", re.MULTILINE)
ROWS = ROW.findall((FOLDER / "README.md").read_text(encoding="utf-8"))


def snapshot() -> Snapshot:
    text = (FOLDER / "pbx.yaml").read_text(encoding="utf-8")
    [tenant] = load([("pbx.yaml", text)]).catalog.tenants.values()
    unit = compile_unit("acme", tenant, {"pbx.yaml": "digest"}, None)
    change = UnitChange(
        unit="acme",
        revision=unit.revision,
        origins_revision=unit.origins_revision,
        whole=True,
        upserts=tuple(unit.items.values()),
        origins=unit.origins,
    )
    return evolved(Snapshot.empty(), [change], ())


def test_the_table_is_found() -> None:
    assert len(ROWS) == 5


@pytest.mark.parametrize(("at", "ada", "night_desk"), ROWS, ids=[row[0] for row in ROWS])
def test_a_row_is_true(at: str, ada: str, night_desk: str) -> None:
    acme = snapshot().tenants["acme"]
    for number, told in (("101", ada), ("102", night_desk)):
        found = in_hours(acme, acme.extensions[number], datetime.fromisoformat(at).replace(tzinfo=UTC))
        assert found.is_open is told.startswith("in hours"), found.step.why
        for quoted in re.findall(r"`(.*?)`", told):
            assert found.step.why.endswith(f"hours: {quoted}")
