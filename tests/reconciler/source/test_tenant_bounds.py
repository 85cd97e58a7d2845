"""A tip of a tenant's own source is weighed where it is fetched: what takes too much is not followed, and the one before stays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.errors import SourceUnavailable
from reconciler.source import tenant_bounds
from reconciler.source.fetch import Fetcher
from reconciler.source.fetched import FetchedSource
from reconciler.source.mirror import Fetched
from reconciler.source.remote import Remote
from tests.support.git_repository import Content, Link, Repository

GOOD = 'apiVersion: trunkline/v1\nkind: Extension\nmetadata: {tenant: acme, name: "101"}\nspec: {password: {file: secrets/101}}\n'
BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: [*b, *b, *b, *b, *b, *b, *b, *b, *b]\n"


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[Repository]:
    one = Repository(tmp_path / "acme.git", bare=True)
    yield one
    one.close()


def remote(origin: Repository) -> Remote:
    return Remote(url=f"file://{origin.path}", tenant="acme")


def fetch(origin: Repository, data: Path) -> Fetched:
    return Fetcher(remote(origin), data, {}, lambda: 1_000.0).fetch()


TOO_MUCH: list[tuple[str, dict[str | bytes, Content], str]] = [
    ("nothing", {"README.md": "no manifest"}, "holds no manifest"),
    ("too many files", {f"{number}.yaml": "a: b" for number in range(2_001)}, "more than 2,000 manifests"),
    ("too many bytes", {f"{number}.yaml": "#" * 1_000_000 for number in range(9)}, "more than 8,388,608 bytes"),
    ("a large object", {"a.yaml": GOOD, "zeros.bin": b"\0" * (33 * 1024 * 1024)}, "more than the 33,554,432 allowed"),
    ("too many names", {"a.yaml": GOOD, **{f"x/{number}": "" for number in range(20_001)}}, "more than 20,000 files"),
]


@pytest.mark.parametrize(("files", "told"), [case[1:] for case in TOO_MUCH], ids=[case[0] for case in TOO_MUCH])
def test_too_much_is_not_followed(
    origin: Repository, tmp_path: Path, files: dict[str | bytes, Content], told: str
) -> None:
    first = origin.commit({"a.yaml": GOOD})
    assert fetch(origin, tmp_path / "data").tip == first
    origin.commit(files)
    after = fetch(origin, tmp_path / "data")
    assert (after.tip, after.is_refusal) == (first, True)
    assert told in after.problem
    tree, problem = FetchedSource(remote(origin), tmp_path / "data", lambda: 1_001.0).latest()
    assert [file.path for file in tree.files] == ["a.yaml"]
    assert told in problem


def test_looking_at_it_takes_no_longer_than_it_may(
    origin: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tenant_bounds, "WEIGHED_S", 0.01)
    origin.commit({f"{number}.yaml": BOMB for number in range(500)})
    assert "processor time" in fetch(origin, tmp_path / "data").problem


def test_what_took_too_much_is_not_looked_at_each_time_again(
    origin: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []

    def weigh(_tenant: str, _mirror: Path, tip: str, _folder: str | None) -> None:
        looked.append(tip)
        if tip == heavy:
            raise tenant_bounds.TooMuch("it takes too long")

    def fetched_at(now: float) -> Fetched:
        return Fetcher(remote(origin), tmp_path / "data", {}, lambda: now).fetch()

    monkeypatch.setattr(tenant_bounds, "weigh", weigh)
    heavy = ""
    first = origin.commit({"a.yaml": GOOD})
    assert fetched_at(1_000.0).tip == first
    heavy = origin.commit({"a.yaml": GOOD, "b.yaml": BOMB})
    refused = [fetched_at(now) for now in (1_005.0, 1_010.0, 4_604.0)]
    assert [(one.tip, one.is_refusal, one.problem) for one in refused] == [(first, True, refused[0].problem)] * 3
    assert looked == [first, heavy]
    assert fetched_at(4_605.0).problem == refused[0].problem
    assert looked == [first, heavy, heavy], "the machine may have been busy"
    lighter = origin.commit({"a.yaml": GOOD + "# less"})
    after = fetched_at(4_610.0)
    assert (after.tip, after.problem, after.heavy) == (lighter, "", "")


def test_too_many_resources_are_not_followed(
    origin: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tenant_bounds, "MOST_RESOURCES", 2)
    origin.commit({f"{number}.yaml": GOOD for number in range(3)})
    assert "declare 3 resources, more than the 2 allowed" in fetch(origin, tmp_path / "data").problem


def test_faults_in_manifests_are_no_reason_not_to_follow(origin: Repository, tmp_path: Path) -> None:
    tip = origin.commit({"a.yaml": "kind: [", "b.yaml": BOMB})
    assert (fetch(origin, tmp_path / "data").tip, fetch(origin, tmp_path / "data").problem) == (tip, "")


def test_a_link_out_of_the_repository_is_a_file_that_can_not_be_read(origin: Repository, tmp_path: Path) -> None:
    origin.commit({"a.yaml": GOOD, "evil.yaml": Link("/etc/passwd"), "worse.yaml": Link("../../../etc/passwd")})
    fetch(origin, tmp_path / "data")
    tree, _ = FetchedSource(remote(origin), tmp_path / "data", lambda: 1_001.0).latest()
    assert [file.path for file in tree.files] == ["a.yaml"]
    assert {file.path for file in tree.unreadable} == {"evil.yaml", "worse.yaml"}


def test_what_was_rewritten_again_and_again_is_fetched_anew(
    origin: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = origin.commit({"a.yaml": GOOD})
    fetch(origin, tmp_path / "data")
    monkeypatch.setattr(tenant_bounds, "KEPT_BYTES", 10)
    again = fetch(origin, tmp_path / "data")
    assert (again.tip, again.problem) == (first, "")
    assert again.mended


def test_each_tenant_has_a_mirror_of_its_own(origin: Repository, tmp_path: Path) -> None:
    origin.commit({"a.yaml": GOOD})
    fetch(origin, tmp_path / "data")
    assert [path.name for path in (tmp_path / "data" / "source" / "tenants").iterdir()] == ["acme"]
    assert not FetchedSource(replace(remote(origin), tenant="globex"), tmp_path / "data").is_there


def test_what_is_followed_unsigned_is_no_longer_once_signatures_are_asked_for(
    origin: Repository, tmp_path: Path
) -> None:
    origin.commit({"a.yaml": GOOD})
    assert fetch(origin, tmp_path / "data").tip
    asked = replace(remote(origin), signers=str(tmp_path / "signers"))
    after = Fetcher(asked, tmp_path / "data", {}, lambda: 1_001.0).fetch()
    assert (after.tip, after.is_refusal) == ("", True)
    assert "leave spec.signers of TenantSource acme out" in after.problem
    with pytest.raises(SourceUnavailable, match="is not signed"):
        FetchedSource(asked, tmp_path / "data", lambda: 1_002.0).latest()
