"""What the command line calls a source."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.source import source_of
from reconciler.errors import SourceUnavailable
from reconciler.source.directory import Directory
from reconciler.source.git import GitRevision
from reconciler.source.saved import SavedSnapshot, saved_text
from tests.support.git_repository import Files, Repository

SPECS = [
    ("manifests", Directory, "manifests"),
    ("manifests/", Directory, "manifests"),
    ("./git:main", Directory, "git:main"),
    ("git", Directory, "git"),
    ("git:main", GitRevision, "git:main"),
    ("git:HEAD~3:pbx/manifests", GitRevision, "git:HEAD~3:pbx/manifests"),
    ("git:v1:", GitRevision, "git:v1:"),
    ("git:", GitRevision, "git:"),
    ("git:HEAD@{2026-11-20 09:00}:pbx", GitRevision, "git:HEAD@{2026-11-20 09:00}:pbx"),
    ("saved.json", SavedSnapshot, "saved.json"),
    ("a/SAVED.JSON", SavedSnapshot, "a/SAVED.JSON"),
    ("json", Directory, "json"),
]


@pytest.mark.parametrize(("text", "kind", "name"), SPECS)
def test_what_a_source_is_called(text: str, kind: type, name: str) -> None:
    source = source_of(text)
    assert type(source) is kind
    assert source.name == name


def test_a_folder_that_is_named_like_a_snapshot(tmp_path: Path) -> None:
    (tmp_path / "a.json").mkdir()
    assert isinstance(source_of(str(tmp_path / "a.json")), Directory)


def test_all_three_give_the_same(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "repo")
    files: Files = {"m/a.yaml": "a: 1\n", "m/b/c.yml": "b: 1\n"}
    repository.commit(files)
    repository.close()
    for path, text in files.items():
        place = tmp_path / "repo" / str(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(str(text))
    folder = tmp_path / "repo" / "m"
    tree = source_of(str(folder)).read()
    (tmp_path / "saved.json").write_text(saved_text(tree))
    assert source_of("git:main", folder).read() == tree
    assert source_of("git:main:m", folder).read() == tree
    assert source_of("git:main:m", tmp_path / "repo").read() == tree
    assert source_of(str(tmp_path / "saved.json")).read() == tree


def test_the_revision_is_one_of_the_repository_that_holds_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SourceUnavailable, match="in no git repository"):
        source_of("git:main").read()


@pytest.mark.parametrize("text", ["git:", "git::m", "nowhere", "nowhere.json"])
def test_what_is_wrong_is_said_when_it_is_read(tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Repository(tmp_path).close()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SourceUnavailable):
        source_of(text).read()
