"""What was applied last, on disk: kept whole, found again, and a damaged or half-written one never believed."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest

from engine.config.ref import Revision
from reconciler.compile.catalog import compile_unit
from reconciler.errors import StateCorrupt
from reconciler.source.tree import SourceFile
from reconciler.state import SYSTEM_UNIT, DesiredState
from reconciler.worker import store
from reconciler.worker.store import Applied, StateStore, applied_units
from schema.manifest_set import assemble, parse_file
from tests.support.manifest_folder import LISTENER, documents, extension, tenant

AT = "2026-11-20T09:00:00+00:00"


def compiled(*files: SourceFile) -> DesiredState:
    assembly = assemble([parse_file(file.path, file.content) for file in files])
    assert not assembly.report.has_errors
    digests = {file.path: file.digest for file in files}
    units = {SYSTEM_UNIT: compile_unit(SYSTEM_UNIT, assembly.catalog.system, digests, None)}
    for name, resources in assembly.catalog.tenants.items():
        units[name] = compile_unit(name, resources, digests, None)
    return DesiredState(units)


def files(*numbers: str) -> tuple[SourceFile, ...]:
    acme = documents(tenant("acme"), *(extension("acme", number) for number in numbers))
    return (SourceFile.of("acme.yaml", acme.encode()), SourceFile.of("system.yaml", LISTENER.encode()))


def save(folder: Path, revision: str, *numbers: str) -> Applied:
    contents = {file.digest: file.content for file in files(*numbers)}
    return StateStore(folder).save(compiled(*files(*numbers)), Revision(revision), AT, contents.__getitem__)


def test_nothing_was_applied_yet(tmp_path: Path) -> None:
    assert StateStore(tmp_path).applied() is None
    assert StateStore(tmp_path).compiled() is None


def test_what_was_applied_is_found_again(tmp_path: Path) -> None:
    saved = save(tmp_path, "one", "101", "102")
    found = StateStore(tmp_path).applied()
    assert found == saved
    assert found is not None
    assert found.units == applied_units(compiled(*files("101", "102")))
    for unit in found.units:
        for path, digest in unit.files:
            assert SourceFile.of(path, StateStore(tmp_path).blob(digest)).digest == digest


def test_what_was_compiled_is_found_again(tmp_path: Path) -> None:
    save(tmp_path, "one", "101", "102")
    changes = StateStore(tmp_path).compiled()
    assert changes is not None
    desired = compiled(*files("101", "102"))
    for change in changes:
        unit = desired.units[change.unit]
        assert {item.ref: item for item in change.upserts} == unit.items
        assert change.origins == unit.origins
        assert (change.revision, change.origins_revision, change.whole) == (unit.revision, unit.origins_revision, True)


def test_revisions_are_counted_and_repeated_ones_are_not(tmp_path: Path) -> None:
    assert save(tmp_path, "one", "101").sequence == 1
    assert save(tmp_path, "two", "101", "102").sequence == 2
    assert save(tmp_path, "two", "101", "102").sequence == 2
    assert len(list((tmp_path / "revisions").iterdir())) == 2


def test_old_revisions_are_forgotten_with_their_blobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "KEPT_REVISIONS", 2)
    for number in range(101, 105):
        save(tmp_path, str(number), str(number))
    assert len(list((tmp_path / "revisions").iterdir())) == 2
    assert len(list((tmp_path / "blobs").glob("??/*"))) == 3  # two of acme, one of the system


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"format": 99}', b"\xff", b'{"format": 1, "units": 3}'])
def test_a_damaged_record_is_told(tmp_path: Path, content: bytes) -> None:
    save(tmp_path, "one", "101")
    (tmp_path / "applied.json").write_bytes(content)
    with pytest.raises(StateCorrupt, match=r"applied\.json can't be used"):
        StateStore(tmp_path).applied()
    assert StateStore(tmp_path).compiled() is None


def test_a_damaged_record_is_replaced(tmp_path: Path) -> None:
    save(tmp_path, "one", "101")
    (tmp_path / "applied.json").write_bytes(b"{")
    save(tmp_path, "two", "102")
    assert StateStore(tmp_path).applied() is not None


def test_a_damaged_blob_is_told(tmp_path: Path) -> None:
    save(tmp_path, "one", "101")
    digest = files("101")[0].digest
    blob = tmp_path / "blobs" / digest[:2] / digest
    blob.write_bytes(b"other")
    with pytest.raises(StateCorrupt, match="is damaged"):
        StateStore(tmp_path).blob(digest)
    blob.unlink()
    with pytest.raises(StateCorrupt, match="can't be read"):
        StateStore(tmp_path).blob(digest)


def flip(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


@pytest.mark.parametrize("at", [0, 20, -3, -20])
def test_a_damaged_cache_is_not_believed(tmp_path: Path, at: int) -> None:
    save(tmp_path, "one", "101")
    path = tmp_path / "compiled.json"
    content = path.read_bytes()
    path.write_bytes(flip(content, at % len(content)))
    assert StateStore(tmp_path).compiled() is None


def test_the_cache_of_another_revision_is_not_believed(tmp_path: Path) -> None:
    """As after a crash between the two renames."""
    save(tmp_path, "one", "101")
    before = (tmp_path / "applied.json").read_bytes()
    save(tmp_path, "two", "102")
    (tmp_path / "applied.json").write_bytes(before)
    assert StateStore(tmp_path).compiled() is None
    assert StateStore(tmp_path).applied() is not None


def test_the_cache_of_another_layout_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path, "one", "101")
    monkeypatch.setattr(store, "LAYOUT", "another")
    assert StateStore(tmp_path).compiled() is None


def test_nothing_there_is_readable_by_others(tmp_path: Path) -> None:
    save(tmp_path / "state", "one", "101")
    for path in (tmp_path / "state").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0 or path.is_dir()
    assert (tmp_path / "state" / "compiled.json").stat().st_mode & 0o777 == 0o600


def test_no_secret_is_kept(tmp_path: Path) -> None:
    save(tmp_path, "one", "101")
    cells = json.loads((tmp_path / "compiled.json").read_bytes().split(b"\n", 1)[1])
    assert "env:PW" in json.dumps(cells)


def test_a_disk_that_fills_up_is_not_filled_with_drafts(tmp_path: Path) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    contents = {file.digest: file.content for file in files("101")}
    with pytest.raises(OSError, match="No space"):
        StateStore(tmp_path, full).save(compiled(*files("101")), Revision("one"), AT, contents.__getitem__)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_disk_that_refuses_leaves_the_state_before(tmp_path: Path) -> None:
    save(tmp_path, "one", "101")
    (tmp_path / ".applied.json.new").mkdir()
    with pytest.raises(OSError, match="directory"):
        save(tmp_path, "two", "102")
    found = StateStore(tmp_path).applied()
    assert found is not None
    assert found.revision == "one"
