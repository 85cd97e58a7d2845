"""A folder of manifests: what counts, what can't be read, and what is too much; and that a save in progress is waited for."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from reconciler.errors import SourceUnavailable
from reconciler.source.directory import Directory
from reconciler.source.selection import LOOPING_LINK, NO_REGULAR_FILE, Limits, is_ignored
from reconciler.source.tree import SourceFile, SourceTree, UnreadableFile

NOBODY = 65534


def read(root: Path, limits: Limits | None = None) -> SourceTree:
    return Directory(root, limits=limits, settle_s=0).read()


def names(tree: SourceTree) -> list[str]:
    return [file.path for file in tree.files]


def reasons(tree: SourceTree) -> dict[str, str]:
    return {file.path: file.reason for file in tree.unreadable}


def put(root: Path, path: str, content: str = "a: 1\n") -> Path:
    place = root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(content, encoding="utf-8")
    return place


def test_manifests_are_found_below_and_sorted(tmp_path: Path) -> None:
    for path in ("b.yaml", "a/z.yml", "a/b/c.YAML", "README.md", "a/notes.txt"):
        put(tmp_path, path)
    assert names(read(tmp_path)) == ["a/b/c.YAML", "a/z.yml", "b.yaml"]


IGNORED = [".hidden.yaml", "#auto.yaml#", "old.yaml~", ".a.yaml.swp", "x.yaml.bak", "y.yaml.tmp", "4913~"]


@pytest.mark.parametrize("name", IGNORED)
def test_what_editors_leave_is_ignored(tmp_path: Path, name: str) -> None:
    put(tmp_path, "a.yaml")
    put(tmp_path, name)
    assert is_ignored(name)
    assert names(read(tmp_path)) == ["a.yaml"]


def test_hidden_folders_are_ignored_and_links_out_of_them_are_read(tmp_path: Path) -> None:
    """As Kubernetes mounts a ConfigMap: `a.yaml -> ..data/a.yaml`, `..data -> ..2026_11_20`."""
    put(tmp_path, "..2026_11_20/a.yaml")
    (tmp_path / "..data").symlink_to("..2026_11_20")
    (tmp_path / "a.yaml").symlink_to("..data/a.yaml")
    assert names(read(tmp_path)) == ["a.yaml"]


def test_a_missing_folder_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="is not there"):
        read(tmp_path / "nowhere")


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="is not a folder"):
        read(put(tmp_path, "a.yaml"))


@pytest.mark.parametrize("content", [[], ["README.md"], [".hidden.yaml"], ["sub/README.md"]])
def test_a_folder_without_manifests_is_unavailable(tmp_path: Path, content: list[str]) -> None:
    for path in content:
        put(tmp_path, path)
    with pytest.raises(SourceUnavailable, match="holds no manifest"):
        read(tmp_path)


def test_a_link_loop_is_told(tmp_path: Path) -> None:
    put(tmp_path, "a/b.yaml")
    (tmp_path / "a" / "up").symlink_to("..")
    (tmp_path / "self.yaml").symlink_to("self.yaml")
    tree = read(tmp_path)
    assert names(tree) == ["a/b.yaml"]
    assert "back to a folder above" in reasons(tree)["a/up/"]
    assert "symbolic links" in reasons(tree)["self.yaml"]


def test_a_link_to_nowhere_is_told(tmp_path: Path) -> None:
    put(tmp_path, "a.yaml")
    (tmp_path / "gone.yaml").symlink_to("nowhere.yaml")
    (tmp_path / "folder").symlink_to("nowhere")
    assert sorted(reasons(read(tmp_path))) == ["folder/", "gone.yaml"]


def test_what_is_no_regular_file_is_told_and_never_opened(tmp_path: Path) -> None:
    put(tmp_path, "a.yaml")
    os.mkfifo(tmp_path / "pipe.yaml")
    assert "not a regular file" in reasons(read(tmp_path))["pipe.yaml"]


@contextmanager
def as_nobody(folder: Path) -> Iterator[None]:
    """Root may read everything, so it looks with somebody else's eyes; who is not root looks with their own."""
    if os.geteuid() != 0:
        yield
        return
    for place in (folder, *folder.rglob("*")):
        os.chown(place, NOBODY, NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def open_path() -> Iterator[Path]:
    """An empty folder that everybody may reach."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_what_may_not_be_read_is_told(open_path: Path) -> None:
    put(open_path, "a.yaml")
    put(open_path, "b.yaml").chmod(0)
    put(open_path, "c/d.yaml").parent.chmod(0)
    with as_nobody(open_path):
        tree = read(open_path)
    assert set(reasons(tree)) == {"b.yaml", "c/"}
    assert all("permission denied" in reason for reason in reasons(tree).values())
    assert names(tree) == ["a.yaml"]


def test_a_folder_that_may_not_be_read_is_unavailable(open_path: Path) -> None:
    folder = put(open_path, "manifests/a.yaml").parent
    folder.chmod(0)
    with as_nobody(open_path), pytest.raises(SourceUnavailable, match="permission denied; make it readable"):
        read(folder)


def test_a_file_that_is_too_large_is_told(tmp_path: Path) -> None:
    put(tmp_path, "a.yaml")
    put(tmp_path, "b.yaml", "x" * 11)
    tree = read(tmp_path, Limits(file_bytes=10))
    assert names(tree) == ["a.yaml"]
    assert "11 bytes" in reasons(tree)["b.yaml"]


LIMITS = [
    (Limits(files=2), "more than 2 manifests"),
    (Limits(total_bytes=10), "more than 10 bytes"),
    (Limits(entries=2), "more than 2 files and folders"),
]


@pytest.mark.parametrize(("limits", "words"), LIMITS)
def test_too_much_is_unavailable(tmp_path: Path, limits: Limits, words: str) -> None:
    for name in "abc":
        put(tmp_path, f"{name}.yaml")
    with pytest.raises(SourceUnavailable, match=words):
        read(tmp_path, limits)


def test_links_that_multiply_end(tmp_path: Path) -> None:
    """No link leads back, yet there are 8! ways down."""
    put(tmp_path, "m/a.yaml")
    for name in "12345678":
        (tmp_path / name).mkdir()
        for other in "12345678".replace(name, ""):
            (tmp_path / name / other).symlink_to(tmp_path / other)
    (tmp_path / "m" / "all").symlink_to(tmp_path / "1")
    with pytest.raises(SourceUnavailable, match="what its links lead to"):
        read(tmp_path / "m", Limits(entries=1000))


def test_folders_too_deep_are_told(tmp_path: Path) -> None:
    put(tmp_path, "1/2/3/a.yaml")
    put(tmp_path, "b.yaml")
    assert list(reasons(read(tmp_path, Limits(depth=2)))) == ["1/2/"]


def test_an_unreadable_folder_covers_its_files() -> None:
    folder = UnreadableFile("a/", "permission denied")
    assert folder.covers("a/b.yaml")
    assert not folder.covers("ab.yaml")
    assert UnreadableFile("a.yaml", "gone").covers("a.yaml")


def test_a_name_that_is_no_utf8_is_shown(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.yaml")).write_text("a: 1\n", encoding="utf-8")
    assert names(read(tmp_path)) == ["caf\ufffd.yaml"]


def test_two_names_that_look_the_same_are_told(tmp_path: Path) -> None:
    for name in (b"caf\xe9.yaml", b"caf\xe8.yaml"):
        (tmp_path / os.fsdecode(name)).write_text("a: 1\n", encoding="utf-8")
    tree = read(tmp_path)
    assert names(tree) == ["caf\ufffd.yaml"]
    assert "looks the same" in reasons(tree)["caf\ufffd.yaml"]


def test_the_revision_is_of_paths_and_contents(tmp_path: Path) -> None:
    put(tmp_path, "a.yaml")
    first = read(tmp_path).revision
    assert read(tmp_path).revision == first
    put(tmp_path, "a.yaml", "a: 2\n")
    second = read(tmp_path).revision
    (tmp_path / "a.yaml").rename(tmp_path / "b.yaml")
    assert len({first, second, read(tmp_path).revision}) == 3


class Waits:
    """A clock that stands, and edits that happen while the reader waits."""

    def __init__(self, *edits: Callable[[], object]) -> None:
        self.edits = list(edits)
        self.count = 0

    def __call__(self, _: float) -> None:
        self.count += 1
        if self.edits:
            self.edits.pop(0)()


def directory(root: Path, waits: Waits, now: Callable[[], float]) -> Directory:
    return Directory(root, settle_s=0.15, patience=5, now=now, wait=waits)


def stamp_of(path: Path) -> float:
    return path.stat().st_ctime


def test_a_young_file_is_looked_at_again_before_it_is_believed(tmp_path: Path) -> None:
    path = put(tmp_path, "a.yaml", "half")
    waits = Waits(lambda: put(tmp_path, "a.yaml", "half and half"))
    found = directory(tmp_path, waits, lambda: stamp_of(path) + 0.01).read()
    assert found.files[0].content == b"half and half"
    assert waits.count >= 2


def test_an_old_file_is_not_waited_for(tmp_path: Path) -> None:
    path = put(tmp_path, "a.yaml")
    waits = Waits()
    directory(tmp_path, waits, lambda: stamp_of(path) + 10).read()
    assert waits.count == 0


def test_a_file_that_vanishes_for_a_moment_is_waited_for(tmp_path: Path) -> None:
    path = put(tmp_path, "a.yaml")
    put(tmp_path, "b.yaml")
    now = stamp_of(path) + 10
    waits = Waits(lambda: put(tmp_path, "a.yaml", "a: 2\n"))
    source = directory(tmp_path, waits, lambda: now)
    source.read()
    path.unlink()
    assert [file.content for file in source.read().files] == [b"a: 2\n", b"a: 1\n"]


def test_a_file_that_stays_away_is_gone(tmp_path: Path) -> None:
    path = put(tmp_path, "a.yaml")
    put(tmp_path, "b.yaml")
    now = stamp_of(path) + 10
    source = directory(tmp_path, Waits(), lambda: now)
    source.read()
    path.unlink()
    assert names(source.read()) == ["b.yaml"]


def test_an_unchanged_file_is_not_read_again(tmp_path: Path) -> None:
    path = put(tmp_path, "a.yaml")
    source = directory(tmp_path, Waits(), lambda: stamp_of(path) + 10)
    assert source.read().files[0] is source.read().files[0]


def test_a_rewrite_within_one_tick_of_the_stamps_is_seen(tmp_path: Path) -> None:
    path = put(tmp_path, "a.yaml", "one!")
    source = Directory(tmp_path, settle_s=0, now=lambda: path.stat().st_mtime + 0.5)
    assert source.read().files[0].content == b"one!"
    status = path.stat()
    put(tmp_path, "a.yaml", "two!")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert source.read().files[0].content == b"two!"


BLANK = [(b"", True), (b" \r\n\t\n", True), (b"\0\0\0", True), (b"# remark", False), (b"a: 1", False)]


@pytest.mark.parametrize(("content", "blank"), BLANK)
def test_what_is_blank(content: bytes, blank: bool) -> None:
    assert SourceFile.of("a.yaml", content).is_blank is blank


@pytest.mark.parametrize("up", [1, 2, 50])
def test_a_link_to_a_folder_above_the_manifests_is_told(tmp_path: Path, up: int) -> None:
    """To / and everything else: the long way round is not walked."""
    root = tmp_path / "a" / "manifests"
    root.mkdir(parents=True)
    (root / "a.yaml").write_text("a: 1")
    (root / "up").symlink_to([*root.resolve().parents][min(up, len(root.resolve().parents)) - 1])
    tree = Directory(root, settle_s=0).read()
    assert [file.path for file in tree.files] == ["a.yaml"]
    [told] = tree.unreadable
    assert (told.path, told.reason) == ("up/", LOOPING_LINK)


def test_a_link_to_a_folder_beside_the_manifests_is_followed(tmp_path: Path) -> None:
    root, beside = tmp_path / "manifests", tmp_path / "shared"
    root.mkdir()
    beside.mkdir()
    (beside / "b.yaml").write_text("b: 1")
    (root / "shared").symlink_to(beside)
    assert [file.path for file in Directory(root, settle_s=0).read().files] == ["shared/b.yaml"]


@pytest.mark.parametrize("number", [os.makedev(1, 5), os.makedev(1, 7), os.makedev(5, 0)], ids=["zero", "full", "tty"])
def test_a_device_is_told_and_never_opened(tmp_path: Path, number: int) -> None:
    try:
        os.mknod(tmp_path / "a.yaml", 0o20666, number)
    except PermissionError:
        pytest.skip("only root may make a device")
    tree = Directory(tmp_path, settle_s=0).read()
    assert [(file.path, file.reason) for file in tree.unreadable] == [("a.yaml", NO_REGULAR_FILE)]


@pytest.mark.parametrize("jump_s", [-86_400 * 365, -10.0, 10.0, 86_400 * 365])
def test_a_clock_that_jumps_hides_no_change_and_waits_for_none_for_ever(tmp_path: Path, jump_s: float) -> None:
    """Wall time tells only whether a file is young: whatever it says, what is in the file is what is read."""
    clock, waits = [time.time()], list[float]()
    directory = Directory(tmp_path, settle_s=0.15, now=lambda: clock[0], wait=waits.append)
    (tmp_path / "a.yaml").write_text("a: 1")
    assert [file.content for file in directory.read().files] == [b"a: 1"]
    clock[0] += jump_s
    (tmp_path / "a.yaml").write_text("a: 2")
    assert [file.content for file in directory.read().files] == [b"a: 2"]
    clock[0] -= 2 * jump_s
    (tmp_path / "a.yaml").write_text("a: 3")
    assert [file.content for file in directory.read().files] == [b"a: 3"]
    assert len(waits) <= 3 * 8


def test_a_file_from_the_future_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("a: 1")
    os.utime(path, (time.time() + 10**8, time.time() + 10**8))
    directory = Directory(tmp_path, settle_s=0)
    assert [file.content for file in directory.read().files] == [b"a: 1"]
    path.write_text("a: 2")
    os.utime(path, (time.time() + 10**8, time.time() + 10**8))
    assert [file.content for file in directory.read().files] == [b"a: 2"]
