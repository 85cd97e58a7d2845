"""What a source would run by itself: the snapshot, and who is left out."""

from __future__ import annotations

from engine.config.ref import ConfigRef, Origin
from reconciler.offline import offline
from reconciler.source.tree import SourceFile, SourceTree, UnreadableFile
from tests.support.manifest_folder import LISTENER, documents, extension, tenant

SYSTEM = ("system.yaml", LISTENER)
ACME = ("acme.yaml", documents(tenant("acme"), extension("acme", "101"), extension("acme", "102")))


def tree(*files: tuple[str, str], unreadable: tuple[UnreadableFile, ...] = ()) -> SourceTree:
    return SourceTree(tuple(SourceFile.of(path, text.encode()) for path, text in files), unreadable)


def test_all_that_is_valid_runs() -> None:
    found = offline(tree(SYSTEM, ACME))
    assert found.snapshot is not None
    assert sorted(found.snapshot.tenants["acme"].extensions) == ["101", "102"]
    assert sorted(found.snapshot.listeners) == ["phones"]
    assert found.snapshot.origin(ConfigRef("acme", "Extension", "102")) == Origin("acme.yaml", 11)
    assert not found.held


def test_a_faulty_tenant_is_left_out() -> None:
    found = offline(tree(SYSTEM, ACME, ("beta.yaml", documents(tenant("beta"), extension("beta", "1 2")))))
    assert found.snapshot is not None
    assert sorted(found.snapshot.tenants) == ["acme"]
    assert list(found.held) == ["beta"]
    assert [problem.rule for problem in found.held["beta"]] == ["resource-name", "extension-number"]


def test_a_fault_of_the_systems_leaves_nothing() -> None:
    for faulty in (
        tree(("system.yaml", LISTENER.replace("port", "prot")), ACME),
        tree(SYSTEM, ACME, ("x.yaml", "kind: [")),
        tree(SYSTEM, ACME, unreadable=(UnreadableFile("x.yaml", "is a FIFO"),)),
    ):
        found = offline(faulty)
        assert found.snapshot is None
        assert found.report.has_errors


def test_the_revision_is_that_of_what_runs_not_of_how_it_is_written() -> None:
    one, other = offline(tree(SYSTEM, ACME)).snapshot, offline(tree(("all.yml", documents(ACME[1], LISTENER)))).snapshot
    assert one is not None
    assert other is not None
    assert one.revision == other.revision


def test_two_sources_share_what_they_have_in_common() -> None:
    beta = ("beta.yaml", documents(tenant("beta"), extension("beta", "201")))
    one = offline(tree(SYSTEM, ACME, beta))
    other = offline(
        tree(SYSTEM, ACME, (beta[0], documents(tenant("beta"), extension("beta", "202")))),
        like=one,
    )
    old, new = one.ground, other.ground
    assert new.desired.units["acme"] is old.desired.units["acme"]
    assert new.desired.units[""] is old.desired.units[""]
    assert new.catalog.tenants["acme"] is old.catalog.tenants["acme"]
    assert new.desired.units["beta"] is not old.desired.units["beta"]
    assert other.parsed.keys() & one.parsed.keys() == {key for key in one.parsed if key[0] != "beta.yaml"}
    assert (
        new.revision
        == offline(tree(SYSTEM, ACME, ("b.yaml", documents(tenant("beta"), extension("beta", "202"))))).ground.revision
    )
