"""A damaged state folder: what ran goes on, approval is not slipped past, and what can be repaired is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.errors import OrderRefused, Unknown
from reconciler.views import Reason
from reconciler.worker.store import StateStore
from tests.support.following_server import Server, run
from tests.support.manifest_folder import LISTENER, documents, extension, tenant

APPROVED = "apiVersion: trunkline/v1\nkind: System\nmetadata: {name: system}\nspec: {apply: approved}\n"
ACME = (tenant("acme"), extension("acme", "101"), extension("acme", "102"))
RUNS = {"101": "101", "102": "102"}

UNUSABLE = {
    "truncated": b"{",
    "empty": b"",
    "a-list": b"[]",
    "null": b"null",
    "a-text": b'"x"',
    "of-a-future-format": b'{"format": 2}',
    "infinite": b'{"format": 1, "sequence": Infinity, "revision": "x", "at": "", "units": []}',
    "of-numbers": b'{"format": 1, "sequence": 1, "revision": "x", "at": "", "units": [1], "account": 5}',
    "nested-deep": b"[" * 100_000,
    "binary": b"\xff\x00",
}


@pytest.fixture
def server(tmp_path: Path) -> Server:
    """Waits for approval; two revisions were applied."""
    server = Server(tmp_path)
    server.folder.write("system.yaml", LISTENER)
    server.folder.write("acme.yaml", *ACME)
    server.folder.write("beta.yaml", tenant("beta"), extension("beta", "301"))
    server.round()
    server.folder.write("system.yaml", documents(LISTENER, APPROVED))
    server.round()
    return server


def write_one_more(server: Server) -> None:
    server.folder.write("acme.yaml", *ACME, extension("acme", "103"))


def blobs(server: Server, unit: str) -> Iterator[Path]:
    state = server.base / "state"
    shape = json.loads((state / "applied.json").read_bytes())
    for one in shape["units"]:
        if one["unit"] == unit:
            yield from (state / "blobs" / digest[:2] / digest for _, digest in one["files"])


def numbers(server: Server) -> list[object]:
    return [one["sequence"] for one in server.revisions()]


@pytest.mark.parametrize("content", UNUSABLE.values(), ids=UNUSABLE.keys())
def test_without_applied_json_the_newest_revision_is_taken(server: Server, content: bytes) -> None:
    (server.base / "state" / "applied.json").write_bytes(content)
    write_one_more(server)
    server.restart()
    server.round()
    assert server.extensions("acme") == RUNS
    assert server.reason("acme") is Reason.AWAITING_APPROVAL
    assert numbers(server) == [2, 1]
    server.approve()
    assert server.extensions("acme") == RUNS | {"103": "103"}
    assert numbers(server) == [3, 2, 1]
    assert server.reconciler.status().state_problem is None


@pytest.mark.parametrize("content", UNUSABLE.values(), ids=UNUSABLE.keys())
def test_a_damaged_applied_json_is_said_and_written_anew(server: Server, content: bytes) -> None:
    place = server.base / "state" / "applied.json"
    good = place.read_bytes()
    place.write_bytes(content)
    server.restart()
    assert server.round()
    assert server.extensions("acme") == RUNS
    assert place.read_bytes() == good
    assert numbers(server) == [2, 1]


def test_a_missing_applied_json_is_no_first_time(server: Server) -> None:
    (server.base / "state" / "applied.json").unlink()
    write_one_more(server)
    server.restart()
    server.round()
    assert server.extensions("acme") == RUNS
    assert server.reason("acme") is Reason.AWAITING_APPROVAL


@pytest.mark.parametrize("content", UNUSABLE.values(), ids=UNUSABLE.keys())
def test_a_damaged_cache_is_compiled_anew(server: Server, content: bytes) -> None:
    (server.base / "state" / "compiled.json").write_bytes(content)
    assert server.restart() is None
    server.round()
    assert server.extensions("acme") == RUNS


@pytest.mark.parametrize("content", UNUSABLE.values(), ids=UNUSABLE.keys())
def test_a_damaged_hold_lets_following_rest(server: Server, content: bytes) -> None:
    (server.base / "state" / "hold.json").write_bytes(content)
    server.restart()
    write_one_more(server)
    server.round()
    assert server.extensions("acme") == RUNS
    assert server.reason("acme") is Reason.SUSPENDED
    run(server.reconciler.resume("ada"))
    server.approve()
    assert server.extensions("acme") == RUNS | {"103": "103"}


@pytest.mark.parametrize("content", UNUSABLE.values(), ids=UNUSABLE.keys())
def test_nobody_goes_back_to_a_damaged_revision(server: Server, content: bytes) -> None:
    (server.base / "state" / "revisions" / "0000000001.json").write_bytes(content)
    server.restart()
    server.round()
    assert numbers(server) == [2]
    with pytest.raises(Unknown, match=r"0000000001\.json can't be used"):
        server.plan(1)
    with pytest.raises(OrderRefused, match=r"0000000001\.json can't be used"):
        server.go_back(1, digest="0" * 64)


def test_files_that_are_none_of_ours_are_no_revisions(server: Server) -> None:
    records = server.base / "state" / "revisions"
    (records / "0000000001 (copy).json").write_bytes((records / "0000000001.json").read_bytes())
    (records / "9x.json").mkdir()
    assert numbers(server) == [2, 1]
    write_one_more(server)
    server.approve()
    assert numbers(server) == [3, 2, 1]


@pytest.mark.parametrize("unit", ["acme", ""])
@pytest.mark.parametrize("is_gone", [True, False], ids=["gone", "overwritten"])
def test_damaged_manifests_are_taken_from_the_source_and_written_anew(
    server: Server, unit: str, *, is_gone: bool
) -> None:
    damaged = list(blobs(server, unit))
    good = [place.read_bytes() for place in damaged]
    for place in damaged:
        if is_gone:
            place.unlink()
        else:
            place.write_bytes(b"damaged")
    server.restart()
    server.round()
    assert server.extensions("acme") == RUNS
    assert server.reconciler.status().proposal is None
    assert [place.read_bytes() for place in damaged] == good
    assert numbers(server) == [2, 1]


@pytest.mark.parametrize("unit", ["acme", ""])
def test_a_unit_that_is_lost_and_changed_goes_on_until_somebody_approves(server: Server, unit: str) -> None:
    """Nothing tells what it was but what the server still holds; that nobody may take away by breaking a file."""
    for place in blobs(server, unit):
        place.unlink()
    write_one_more(server)
    server.folder.write("system.yaml", documents(LISTENER, "# moved", APPROVED))
    for _ in range(2):
        server.restart()
        server.round()
        assert server.extensions("acme") == RUNS
        assert server.reason("acme") is Reason.AWAITING_APPROVAL
        problem = server.reconciler.status().state_problem
        assert problem is not None
        assert "can't be read" in problem
    server.approve()
    assert server.extensions("acme") == RUNS | {"103": "103"}
    assert server.reconciler.status().state_problem is None
    server.restart()
    server.round()
    assert server.extensions("acme") == RUNS | {"103": "103"}


def test_who_applied_is_kept_as_soon_as_the_disk_takes_it(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    write_one_more(server)
    server.round()
    with monkeypatch.context() as patched:
        patched.setattr(StateStore, "_write", full)
        done = server.approve()
        assert "No space left on device" in done.message
        server.round()
    assert "No space left on device" in (server.reconciler.status().state_problem or "")
    server.round()
    newest = server.revisions()[0]
    assert (newest["sequence"], newest["trigger"], newest["author"]) == (3, "approved", "ada")
    assert newest["changes"] == {"create": 1, "update": 0, "delete": 0}
    assert server.reconciler.status().state_problem is None


@pytest.mark.parametrize("is_gone", [True, False], ids=["gone", "overwritten"])
def test_nobody_goes_back_to_manifests_that_are_damaged(server: Server, *, is_gone: bool) -> None:
    (old,) = blobs(server, "acme")
    write_one_more(server)
    server.approve()
    if is_gone:
        old.unlink()
    else:
        old.write_bytes(b"damaged")
    server.restart()
    server.round()
    with pytest.raises(Unknown, match=f"revision 2 can't be had any more: .*{old.name}"):
        server.plan(2)
    with pytest.raises(OrderRefused, match="can't be had any more"):
        server.go_back(2, digest="0" * 64)
    assert server.extensions("acme") == RUNS | {"103": "103"}
    assert server.reconciler.status().hold is None


@pytest.mark.parametrize("is_resting", [True, False])
def test_a_disk_that_takes_nothing_is_said_to_who_suspends_or_resumes(
    server: Server, monkeypatch: pytest.MonkeyPatch, *, is_resting: bool
) -> None:
    def read_only(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    if not is_resting:
        run(server.reconciler.suspend("ada", ""))
    monkeypatch.setattr(StateStore, "save_hold", read_only)
    order = server.reconciler.suspend("ada", "") if is_resting else server.reconciler.resume("ada")
    with pytest.raises(OrderRefused, match=r"now, but that can't be kept on disk: .*Read-only file system"):
        run(order)
    assert (server.reconciler.status().hold is not None) is is_resting
