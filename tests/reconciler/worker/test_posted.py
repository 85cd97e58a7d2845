"""Sets of manifests as bytes: which files they hold, and what is no set."""

from __future__ import annotations

import io
import json
import tarfile

import pytest

from reconciler.errors import BadManifestSet
from reconciler.ports import PostedForm
from reconciler.worker.posted import read_posted

TEXT = "kind: Tenant\n"


def as_json(files: object) -> bytes:
    return json.dumps({"files": files}).encode()


def as_tar(*members: tuple[str, bytes, bytes]) -> bytes:
    """Members: name, content, type."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, content, kind in members:
            info = tarfile.TarInfo(name)
            info.size, info.type, info.linkname = len(content), kind, "/etc/passwd"
            archive.addfile(info, io.BytesIO(content))
    return made.getvalue()


def paths(content: bytes, form: PostedForm = PostedForm.JSON) -> list[str]:
    return [file.path for file in read_posted(content, form).files]


def test_files_of_json_are_sorted_and_counted_as_in_a_folder() -> None:
    files = {"b.yaml": TEXT, "a/x.yml": TEXT, "README.md": "no", ".git/c.yaml": "no", "c.yaml~": "no"}
    tree = read_posted(as_json(files), PostedForm.JSON)
    assert [(file.path, file.content) for file in tree.files] == [("a/x.yml", TEXT.encode()), ("b.yaml", TEXT.encode())]


def test_what_is_no_manifest_counts_as_an_entry() -> None:
    """As the description of the API says it."""
    assert paths(as_json({"a.yaml": TEXT} | {f"{number}.md": "" for number in range(19_999)})) == ["a.yaml"]
    with pytest.raises(BadManifestSet, match='"files" has 20,001 entries, more than the 20,000 allowed'):
        paths(as_json({"a.yaml": TEXT} | {f"{number}.md": "" for number in range(20_000)}))


def test_files_of_an_archive() -> None:
    content = as_tar(
        ("./", b"", tarfile.DIRTYPE),
        ("./a.yaml", TEXT.encode(), tarfile.REGTYPE),
        ("docs/x.md", b"no", tarfile.REGTYPE),
    )
    assert paths(content, PostedForm.TAR) == ["a.yaml"]


def test_what_get_manifests_answers_is_a_set() -> None:
    content = json.dumps({"format": 1, "revision": "r", "files": {"a.yaml": TEXT}}).encode()
    assert paths(content) == ["a.yaml"]


LONG_NAMES = as_tar(("././@LongLink", b"a" * 511 + b"\0", tarfile.GNUTYPE_LONGNAME))[:1024]
MALFORMED = {
    "nothing": (b"", PostedForm.JSON),
    "no JSON": (b"{", PostedForm.JSON),
    "no UTF-8": (b"\xff\xfe{", PostedForm.JSON),
    "deep": (b"[" * 200_000, PostedForm.JSON),
    "a number of a million digits": (b'{"files":' + b"9" * 1_000_000 + b"}", PostedForm.JSON),
    "no archive": (b"x" * 5000, PostedForm.TAR),
    "a long name of a long name of": (LONG_NAMES * 5000, PostedForm.TAR),
    "half an archive": (as_tar(("a.yaml", b"x" * 5000, tarfile.REGTYPE))[:2048], PostedForm.TAR),
}


@pytest.mark.parametrize(("content", "form"), MALFORMED.values(), ids=MALFORMED)
def test_malformed(content: bytes, form: PostedForm) -> None:
    with pytest.raises(BadManifestSet) as caught:
        read_posted(content, form)
    assert caught.value.is_malformed


NO_SETS = {
    "a list": (b"[]", PostedForm.JSON),
    "files as a list": (as_json([]), PostedForm.JSON),
    "no text": (as_json({"a.yaml": {"kind": "Tenant"}}), PostedForm.JSON),
    "no manifest": (as_json({"a.txt": TEXT}), PostedForm.JSON),
    "nothing in it": (as_json({}), PostedForm.JSON),
    "a link": (as_tar(("a.yaml", b"", tarfile.SYMTYPE)), PostedForm.TAR),
    "a device": (as_tar(("a.yaml", b"", tarfile.CHRTYPE)), PostedForm.TAR),
    "twice": (as_tar(("a.yaml", b"", tarfile.REGTYPE), ("./a.yaml", b"", tarfile.REGTYPE)), PostedForm.TAR),
    "too large a file": (as_json({"a.yaml": "x" * (8 * 1024 * 1024 + 1)}), PostedForm.JSON),
} | {
    f"path {path!r}": (as_json({path: TEXT}), PostedForm.JSON)
    for path in ("/a.yaml", "../a.yaml", "a/../b.yaml", "a//b.yaml", "a\\b.yaml", "a\0.yaml", "a\n.yaml", "x" * 2000 + ".yaml")
}  # fmt: skip


@pytest.mark.parametrize(("content", "form"), NO_SETS.values(), ids=NO_SETS)
def test_no_sets(content: bytes, form: PostedForm) -> None:
    with pytest.raises(BadManifestSet) as caught:
        read_posted(content, form)
    assert not caught.value.is_malformed


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (b'{"files": {"\\ud800\\u001b": 5}}', PostedForm.JSON),
        (b'{"files": {"' + b"x" * 5_000_000 + b'": 5}}', PostedForm.JSON),
        (as_tar(("\udcff\x1b.yaml", b"", tarfile.SYMTYPE)), PostedForm.TAR),
    ],
    ids=["half a character", "a long one", "no UTF-8 in an archive"],
)
def test_a_path_is_told_so_that_it_can_be_sent_and_shown(content: bytes, form: PostedForm) -> None:
    with pytest.raises(BadManifestSet) as caught:
        read_posted(content, form)
    told = str(caught.value)
    assert told.isprintable()
    assert len(told) < 300
