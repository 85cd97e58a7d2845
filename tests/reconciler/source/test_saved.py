"""Saved snapshots: what is saved comes back to the byte, and what was changed since is found out."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import SourceUnavailable
from reconciler.source.directory import Directory
from reconciler.source.saved import SavedSnapshot, saved_text
from reconciler.source.selection import Limits
from reconciler.source.tree import SourceFile, SourceTree, UnreadableFile

TREE = SourceTree((SourceFile.of("a.yaml", b"a: 1\n"), SourceFile.of("b/c.yml", "b: ü\n".encode())))


def read(folder: Path, text: str | bytes, limits: Limits | None = None) -> SourceTree:
    path = folder / "saved.json"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return SavedSnapshot(path, limits=limits).read()


def test_its_shape() -> None:
    assert json.loads(saved_text(TREE)) == {
        "format": 1,
        "revision": TREE.revision,
        "files": {"a.yaml": "a: 1\n", "b/c.yml": "b: ü\n"},
    }


def test_a_saved_folder_reads_as_the_folder(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "a.yaml").write_bytes(b"\xef\xbb\xbfa: 1\r\n\xff")
    tree = Directory(tmp_path / "m", settle_s=0).read()
    assert read(tmp_path, saved_text(tree)) == tree


@given(
    st.dictionaries(
        st.from_regex("[a-z/]{0,4}[a-z][.]ya?ml", fullmatch=True).filter(lambda p: all(p.split("/"))),
        st.binary(max_size=40),
        min_size=1,
    )
)
def test_any_bytes_come_back(tmp_path_factory: pytest.TempPathFactory, contents: dict[str, bytes]) -> None:
    tree = SourceTree(tuple(SourceFile.of(path, contents[path]) for path in sorted(contents)))
    assert read(tmp_path_factory.mktemp("saved"), saved_text(tree)) == tree


GONE = object()
NO_PATHS = [
    "/a.yaml",
    "../a.yaml",
    "a/../b.yaml",
    "a//b.yaml",
    "",
    "a.txt",
    ".a.yaml",
    "a\0.yaml",
    "\udcff.yaml",
    "a.yaml/",
]
CHANGED: list[tuple[str, object, str]] = [
    ("files.a.yaml", "a: 2\n", "the revision differs"),
    ("files.d.yaml", "", "the revision differs"),
    ("files.a.yaml", GONE, "the revision differs"),
    ("revision", "0", "the revision differs"),
    ("revision", GONE, "the revision differs"),
    ("files", {}, "holds no manifest"),
    ("files", [], '"files" is no object'),
    ("files", GONE, '"files" is no object'),
    ("format", 2, 'has format "2", and this Trunkline reads 1'),
    ("format", True, "has format true"),
    ("format", GONE, 'has no "format"'),
    ("files.a.yaml", 1, '"a.yaml" is not text but "1"'),
    ("files.a.yaml", "\ud800", "holds half a character"),
    *[(f"files.{path}", "", "is no path of a manifest") for path in NO_PATHS],
]


@pytest.mark.parametrize(("place", "value", "words"), CHANGED)
def test_what_is_not_as_it_was_saved_is_refused(tmp_path: Path, place: str, value: object, words: str) -> None:
    shape = json.loads(saved_text(TREE))
    inner, key = (shape["files"], place.removeprefix("files.")) if place.startswith("files.") else (shape, place)
    inner[key] = value
    if value is GONE:
        del inner[key]
    with pytest.raises(SourceUnavailable) as refused:
        read(tmp_path, json.dumps(shape))
    assert words in str(refused.value)
    assert "saved.json" in str(refused.value)


TEXTS = [
    (b"", "no snapshot of manifests"),
    (b"[]", 'has no "format"'),
    (b"\xff\xfe\x00", "no snapshot of manifests"),
    (b"[" * 100_000, "nested too deeply"),
    (b'{"format": 1, "format": 1}', '"format" stands there twice'),
    (b'{"format": 1, "files": {"a.yaml": "", "a.yaml": "x"}}', '"a.yaml" stands there twice'),
    (b'{"format": ' + b"1" * 5000 + b"}", "no snapshot of manifests"),
]


@pytest.mark.parametrize(("text", "words"), TEXTS)
def test_what_is_no_snapshot_is_refused(tmp_path: Path, text: bytes, words: str) -> None:
    with pytest.raises(SourceUnavailable) as refused:
        read(tmp_path, text)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("limits", "words"),
    [(Limits(total_bytes=8), "bytes; is it the right file?"), (Limits(files=1), "more than 1 manifests")],
)
def test_too_much_is_refused(tmp_path: Path, limits: Limits, words: str) -> None:
    with pytest.raises(SourceUnavailable) as refused:
        read(tmp_path, saved_text(TREE), limits)
    assert words in str(refused.value)


def test_a_file_that_is_too_large_is_told(tmp_path: Path) -> None:
    tree = read(tmp_path, saved_text(TREE), Limits(file_bytes=5))
    assert [file.path for file in tree.files] == ["a.yaml"]
    assert [file.path for file in tree.unreadable] == ["b/c.yml"]


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    for name, words in (
        ("nowhere.json", "can't be read: no such file"),
        ("", "is a directory"),
        ("pipe.json", "no snapshot"),
    ):
        with pytest.raises(SourceUnavailable) as refused:
            SavedSnapshot(tmp_path / name).read()
        assert words in str(refused.value)


def test_no_snapshot_of_half_a_folder() -> None:
    with pytest.raises(SourceUnavailable, match=r"while b\.yaml can't be read: it is a FIFO"):
        saved_text(SourceTree(TREE.files, (UnreadableFile("b.yaml", "is a FIFO"),)))
