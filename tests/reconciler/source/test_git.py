"""Revisions of git repositories: what names one, what is read of it, what is refused, and whose commit a folder has."""

from __future__ import annotations

import gc
import os
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reconciler.errors import SourceUnavailable
from reconciler.source.commit import GitCommit
from reconciler.source.directory import Directory
from reconciler.source.git import GitRevision, commit_of
from reconciler.source.selection import Limits
from reconciler.source.tree import SourceTree
from tests.support.git_repository import EPOCH, Files, Link, Repository, Submodule

ONE, TWO = "a: 1\n", "a: 2\n"


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Repository]:
    made = Repository(tmp_path / "repo")
    yield made
    made.close()


def read(start: Path, revision: str = "HEAD", folder: str | None = None, limits: Limits | None = None) -> SourceTree:
    return GitRevision(start, revision, folder, limits=limits).read()


def contents(tree: SourceTree) -> dict[str, str]:
    return {file.path: file.content.decode() for file in tree.files}


def reasons(tree: SourceTree) -> dict[str, str]:
    return {file.path: file.reason for file in tree.unreadable}


# What names a revision


@pytest.fixture
def history(repository: Repository) -> Repository:
    """Four commits on main, `x: 1` to `x: 4`, and a merge on top; branches and tags on the way."""
    ids = [repository.commit({"m/x.yaml": f"x: {number}\n"}, f"number {number}") for number in range(1, 5)]
    repository.tag("v1", ids[0])
    repository.tag("v2", ids[1], annotated=True)
    repository.branch("release/1.0", ids[0])
    repository.branch("deadbeef", ids[2])
    side = repository.commit({"m/x.yaml": "x: 9\n"}, "aside", parents=[ids[0]], branch="side")
    repository.commit({"m/x.yaml": "x: 5\n"}, "merge", parents=[ids[3], side])
    return repository


NAMED = [
    ("HEAD", 5),
    ("@", 5),
    ("main", 5),
    ("refs/heads/main", 5),
    ("heads/main", 5),
    ("HEAD~", 4),
    ("@~1", 4),
    ("HEAD~3", 2),
    ("HEAD^", 4),
    ("HEAD^1", 4),
    ("HEAD^2", 9),
    ("HEAD^2~1", 1),
    ("HEAD^^", 3),
    ("HEAD^~2", 2),
    ("HEAD~1^", 3),
    ("HEAD^0", 5),
    ("HEAD~0", 5),
    ("main^{commit}", 5),
    ("v1", 1),
    ("v2", 2),
    ("v2^{}", 2),
    ("v2~1", 1),
    ("tags/v2", 2),
    ("release/1.0", 1),
    ("deadbeef", 3),
    ("side", 9),
]


@pytest.mark.parametrize(("revision", "number"), NAMED)
def test_what_names_a_revision(history: Repository, revision: str, number: int) -> None:
    assert contents(read(history.path, revision, "m")) == {"x.yaml": f"x: {number}\n"}


@pytest.mark.parametrize("length", [40, 39, 12, 7, 4])
@pytest.mark.parametrize("spelled", [str.lower, str.upper], ids=["lower", "upper"])
def test_the_beginning_of_an_id_names_it(history: Repository, length: int, spelled: Callable[[str], str]) -> None:
    full = GitRevision(history.path, "side").commit().id
    short = full[:length] if length == 40 else spelled(full[:length])
    assert contents(read(history.path, short, "m")) == {"x.yaml": "x: 9\n"}
    assert contents(read(history.path, short + "~1", "m")) == {"x.yaml": "x: 1\n"}


def test_the_commit_of_a_revision(history: Repository) -> None:
    commit = GitRevision(history.path, "v2").commit()
    assert commit == GitCommit(commit.id, "Ada Lovelace", datetime.fromtimestamp(EPOCH + 2, UTC), "number 2")


REFUSED = [
    ("mian", 'is not there; did you mean "main"?'),
    ("v3", 'did you mean "v2" or "v1"?'),
    ("nonsense-name", "is not there; there are"),
    ("abcdef0", "is not there"),
    ("abc", "is not there"),
    ("", "is none"),
    ("x" * 300, "is none"),
    ("HEAD\n", "is none"),
    ("main..side", "is a range"),
    ("HEAD~9", "goes back further than"),
    ("HEAD~999999999", "the first commit"),
    ("HEAD^3", "asks for parent 3 of"),
    ("HEAD^{tree}", 'ends in "^{tree}"'),
    ("HEAD^{/fix}", "is not understood"),
    ("HEAD~x", "is not understood"),
    ("~1", "names nothing"),
    ("HEAD@{yesterday", "is no commit"),
    ("main/", "names nothing"),
    ("refs//heads", "names nothing"),
    (":/number", "is not there"),
    ("../config", "is a range"),
    ("config", "is not there"),
    ("objects", "is not there"),
    ("refs/heads", "is not there"),
    ("--help", "is not there"),
    ("0xabcdef", "is not there"),
    ("é", "is not there"),
]


@pytest.mark.parametrize(("revision", "words"), REFUSED)
def test_what_names_none_is_refused_with_what_is_near(history: Repository, revision: str, words: str) -> None:
    with pytest.raises(SourceUnavailable) as refused:
        read(history.path, revision, "m")
    assert words in str(refused.value)
    assert str(history.path) in str(refused.value)


def test_a_tag_of_something_else_is_refused(repository: Repository) -> None:
    repository.commit({"a.yaml": ONE})
    repository.tag("tree", repository.tree({"a.yaml": ONE}).decode())
    with pytest.raises(SourceUnavailable, match="is no commit: Expected commit, got tree"):
        read(repository.path, "tree")


def test_a_repository_without_a_commit(repository: Repository) -> None:
    with pytest.raises(SourceUnavailable, match="has no commit yet"):
        read(repository.path)


def test_a_detached_head(history: Repository) -> None:
    (history.path / ".git" / "HEAD").write_text(GitRevision(history.path, "v1").commit().id + "\n")
    assert contents(read(history.path, "HEAD", "m")) == {"x.yaml": "x: 1\n"}


# Which folder


@pytest.fixture
def monorepo(repository: Repository) -> Repository:
    repository.commit({"top.yaml": ONE, "pbx/manifests/a.yaml": TWO, "pbx/README.md": "", "docs/index.md": ""})
    (repository.path / "pbx" / "manifests").mkdir(parents=True)
    return repository


FOLDERS: list[tuple[str, str | None, list[str]]] = [
    ("", None, ["pbx/manifests/a.yaml", "top.yaml"]),
    ("", "pbx/manifests", ["a.yaml"]),
    ("", "/pbx/manifests/", ["a.yaml"]),
    ("pbx/manifests", None, ["a.yaml"]),
    ("pbx/manifests", "pbx", ["manifests/a.yaml"]),
    ("pbx/manifests", "..", ["manifests/a.yaml"]),
    ("pbx/manifests", "../manifests", ["a.yaml"]),
    ("pbx/manifests", "", ["pbx/manifests/a.yaml", "top.yaml"]),
    ("pbx", "./manifests", ["a.yaml"]),
    ("pbx/removed-since", "../manifests", ["a.yaml"]),
]


@pytest.mark.parametrize(("start", "folder", "paths"), FOLDERS)
def test_which_folder_is_read(monorepo: Repository, start: str, folder: str | None, paths: list[str]) -> None:
    assert sorted(contents(read(monorepo.path / start, "HEAD", folder))) == paths


NO_FOLDERS = [
    ("pbx/manifets", 'there is no "manifets"; there are "manifests"'),
    ("nowhere", 'there is no "nowhere"; there are "docs", "pbx"'),
    ("docs/nowhere", 'there is no "nowhere"; there is no folder'),
    ("docs", "holds no manifest"),
    ("top.yaml", "is a file"),
    ("top.yaml/x", "is a file"),
    ("../..", "leads out of the repository"),
    ("pbx/../..", "leads out of the repository"),
]


@pytest.mark.parametrize(("folder", "words"), NO_FOLDERS)
def test_a_folder_that_is_not_there(monorepo: Repository, folder: str, words: str) -> None:
    with pytest.raises(SourceUnavailable) as refused:
        read(monorepo.path, "HEAD", folder)
    assert words in str(refused.value)


def test_files_are_placed_as_git_show_takes_them(monorepo: Repository) -> None:
    source = GitRevision(monorepo.path / "pbx" / "manifests", "main")
    source.read()
    assert source.place("a.yaml") == "main:pbx/manifests/a.yaml"
    assert source.name == "git:main"
    assert GitRevision(monorepo.path, "main", "pbx").place("a.yaml") == "main:pbx/a.yaml"


# What is read: as of a working tree


def on_disk(root: Path, files: Files) -> Path:
    for path, content in files.items():
        place = root / os.fsdecode(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        match content:
            case Link(target):
                place.symlink_to(target)
            case str():
                place.write_text(content)
            case bytes():
                place.write_bytes(content)
    return root


SAME: dict[str, Files] = {
    "endings": {"b.yaml": ONE, "a/z.yml": ONE, "a/b/c.YAML": ONE, "README.md": "", "a/notes.txt": ""},
    "ignored": {
        "a.yaml": ONE,
        ".hidden.yaml": "",
        "#auto.yaml#": "",
        "old.yaml~": "",
        "x.yaml.bak": "",
        ".d/a.yaml": "",
    },
    "configmap": {"..2026/a.yaml": ONE, "..data": Link("..2026"), "a.yaml": Link("..data/a.yaml")},
    "links to files": {
        "a.yaml": ONE,
        "d/b.yaml": Link("../a.yaml"),
        "d/c.yaml": Link("./b.yaml"),
        "x.yaml": Link("d//b.yaml"),
    },
    "links to folders": {"d/a.yaml": ONE, "e": Link("d"), "f/g": Link("../e/.")},
    "a folder that is named like a file": {"d.yaml/a.yaml": ONE, "e.yaml": Link("d.yaml")},
    "a loop upwards": {"a/b.yaml": ONE, "a/up": Link("..")},
    "a loop of links": {
        "b.yaml": ONE,
        "one.yaml": Link("two.yaml"),
        "two.yaml": Link("one.yaml"),
        "self": Link("self"),
    },
    "links to nowhere": {
        "a.yaml": ONE,
        "gone.yaml": Link("nowhere.yaml"),
        "folder": Link("nowhere/x"),
        "f": Link("a.yaml/x"),
    },
    "not UTF-8": {"a.yaml": ONE, b"caf\xe9.yaml": TWO, b"d\xff/\xfe.yaml": ONE},
    "bytes": {"a.yaml": b"\xff\xfe\x00\r\n", "empty.yaml": b""},
}


@pytest.mark.parametrize("files", SAME.values(), ids=SAME.keys())
def test_a_revision_reads_as_its_working_tree_does(tmp_path: Path, repository: Repository, files: Files) -> None:
    repository.commit({b"m/" + (path.encode() if isinstance(path, str) else path): files[path] for path in files})
    found, expected = read(repository.path, "HEAD", "m"), Directory(on_disk(tmp_path / "m", files), settle_s=0).read()
    assert found.files == expected.files
    assert sorted(reasons(found)) == sorted(reasons(expected))
    assert found.revision == expected.revision


LINKS = [
    ({"l.yaml": Link("/etc/passwd")}, "l.yaml", "make the link relative"),
    ({"l": Link("/etc")}, "l/", "make the link relative"),
    ({"l.yaml": Link("../../../x.yaml")}, "l.yaml", "leads out of the repository"),
    ({"s": Submodule()}, "s/", "is a submodule (commit 111111111111)"),
    ({"s": Submodule(), "l.yaml": Link("s/x.yaml")}, "l.yaml", "leads into a submodule"),
    ({"l.yaml": Link("x" * 5000)}, "l.yaml", "without a usable target"),
    ({"l.yaml": Link("a\0b")}, "l.yaml", "without a usable target"),
    ({b"x\x1b[2J": Link("gone")}, "x\x1b[2J/", "which is not in this revision"),
]


@pytest.mark.parametrize(("files", "path", "words"), LINKS)
def test_what_no_revision_holds_is_told(repository: Repository, files: Files, path: str, words: str) -> None:
    repository.commit({"a.yaml": ONE, **files})
    tree = read(repository.path)
    assert contents(tree) == {"a.yaml": ONE}
    assert words in reasons(tree)[path]


def test_a_link_may_leave_the_folder_but_not_the_repository(repository: Repository) -> None:
    repository.commit({"shared/a.yaml": ONE, "m/a.yaml": Link("../shared/a.yaml"), "m/all": Link("../shared")})
    assert contents(read(repository.path, "HEAD", "m")) == {"a.yaml": ONE, "all/a.yaml": ONE}


def test_a_submodule_elsewhere_is_nobodys_business(repository: Repository) -> None:
    repository.commit({"m/a.yaml": ONE, "vendor/x": Submodule(), ".hidden": Submodule()})
    assert reasons(read(repository.path, "HEAD", "m")) == {}


def test_two_names_that_look_the_same_are_told(repository: Repository) -> None:
    repository.commit({b"caf\xe9.yaml": ONE, b"caf\xe8.yaml": TWO})
    assert "looks the same" in reasons(read(repository.path))["caf\ufffd.yaml"]


def test_a_huge_blob_is_told(repository: Repository) -> None:
    repository.commit({"a.yaml": ONE, "b.yaml": "x" * (8 * 1024 * 1024 + 1)})
    tree = read(repository.path)
    assert contents(tree) == {"a.yaml": ONE}
    assert "8,388,609 bytes, more than the 8,388,608 allowed" in reasons(tree)["b.yaml"]


LIMITS = [
    (Limits(files=2), "more than 2 manifests"),
    (Limits(total_bytes=10), "more than 10 bytes"),
    (Limits(entries=2), "more than 2 files and folders"),
]


@pytest.mark.parametrize(("limits", "words"), LIMITS)
def test_too_much_is_unavailable(repository: Repository, limits: Limits, words: str) -> None:
    repository.commit({f"{name}.yaml": ONE for name in "abc"})
    with pytest.raises(SourceUnavailable, match=words):
        read(repository.path, limits=limits)


def test_links_that_multiply_end(repository: Repository) -> None:
    """No link leads back, yet there are 8! ways down."""
    files: dict[str | bytes, str | bytes | Link | Submodule] = {"m/a.yaml": ONE, "m/all": Link("../1")}
    files |= {f"{one}/{other}": Link(f"../{other}") for one in "12345678" for other in "12345678".replace(one, "")}
    repository.commit(files)
    with pytest.raises(SourceUnavailable, match="what its links lead to"):
        read(repository.path, "HEAD", "m", Limits(entries=1000))


def test_folders_too_deep_are_told(repository: Repository) -> None:
    repository.commit({"1/2/3/a.yaml": ONE, "b.yaml": ONE})
    assert list(reasons(read(repository.path, limits=Limits(depth=2)))) == ["1/2/"]


# Kinds of repository


def test_a_bare_repository(tmp_path: Path) -> None:
    made = Repository(tmp_path / "pbx.git", bare=True)
    made.commit({"m/a.yaml": ONE})
    made.close()
    assert contents(read(tmp_path / "pbx.git", "main")) == {"m/a.yaml": ONE}
    assert contents(read(tmp_path / "pbx.git", "main", "m")) == {"a.yaml": ONE}


def test_a_folder_in_no_repository(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="is in no git repository"):
        read(tmp_path)
    assert commit_of(tmp_path) is None


@pytest.fixture
def git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """The real program, far from the configuration of whoever runs the tests."""
    program = shutil.which("git")
    if program is None:
        pytest.skip("no git program: on Debian, apt-get install git")
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")

    def run(*arguments: str, at: Path = tmp_path) -> str:
        identity = (
            "-c",
            "user.name=Grace Hopper",
            "-c",
            "user.email=grace@example.org",
            "-c",
            "protocol.file.allow=always",
        )
        done = subprocess.run(
            [program, *identity, *arguments], cwd=at, check=True, capture_output=True, text=True, timeout=30
        )
        return done.stdout.strip()

    return run


@pytest.fixture
def packed(tmp_path: Path, git: Callable[..., str]) -> Path:
    """Ten commits by the real program; objects in one pack with deltas, refs packed."""
    repo = tmp_path / "real"
    git("init", "-q", "-b", "main", str(repo))
    for number in range(1, 11):
        on_disk(repo, {"m/x.yaml": f"x: {number}\n" + "# filler\n" * 300})
        git("add", "-A", at=repo)
        git("commit", "-q", "-m", f"number {number}\n\nand why", at=repo)
    git("tag", "-a", "v5", "-m", "five", "HEAD~5", at=repo)
    git("repack", "-q", "-a", "-d", "-f", at=repo)
    git("pack-refs", "--all", at=repo)
    git("prune-packed", "-q", at=repo)
    assert not list((repo / ".git" / "refs" / "heads").iterdir())
    return repo


def first_line(tree: SourceTree) -> str:
    return tree.files[0].content.decode().splitlines()[0]


@pytest.mark.parametrize(("revision", "line"), [("main", "x: 10"), ("v5", "x: 5"), ("HEAD~3", "x: 7"), ("v5^", "x: 4")])
def test_packed_objects_and_refs(packed: Path, revision: str, line: str) -> None:
    assert first_line(read(packed, revision, "m")) == line


def test_a_short_id_of_a_packed_object(packed: Path, git: Callable[..., str]) -> None:
    assert first_line(read(packed, git("rev-parse", "--short=6", "HEAD~2", at=packed), "m")) == "x: 8"


def test_the_reflog(packed: Path) -> None:
    assert first_line(read(packed, "HEAD@{2}", "m")) == "x: 8"
    assert first_line(read(packed, "main@{2}~1", "m")) == "x: 7"
    with pytest.raises(SourceUnavailable, match="is no commit: Reflog"):
        read(packed, "main@{1970-01-02}")


def test_a_linked_working_tree(packed: Path, tmp_path: Path, git: Callable[..., str]) -> None:
    git("worktree", "add", "-q", str(tmp_path / "linked"), "v5", at=packed)
    assert (tmp_path / "linked" / ".git").is_file()
    assert first_line(read(tmp_path / "linked" / "m", "HEAD")) == "x: 5"
    assert first_line(read(tmp_path / "linked" / "m", "main")) == "x: 10"
    found = commit_of(tmp_path / "linked" / "m")
    assert found is not None
    assert found.subject == "number 5"


def test_a_shallow_clone(packed: Path, tmp_path: Path, git: Callable[..., str]) -> None:
    git("clone", "-q", "--depth", "2", f"file://{packed}", "shallow")
    shallow = tmp_path / "shallow"
    assert first_line(read(shallow / "m", "HEAD~1")) == "x: 9"
    with pytest.raises(
        SourceUnavailable, match="where this shallow clone ends; fetch the rest with: git fetch --unshallow"
    ):
        read(shallow, "HEAD~2")
    with pytest.raises(SourceUnavailable, match="this clone is shallow, which may be why"):
        read(shallow, "v5")
    found = commit_of(shallow / "m")
    assert found is not None
    assert (found.author, found.subject) == ("Grace Hopper", "number 10")


def test_a_clone_that_borrows_its_objects(packed: Path, tmp_path: Path, git: Callable[..., str]) -> None:
    git("clone", "-q", "--shared", str(packed), "borrower")
    assert first_line(read(tmp_path / "borrower", "origin/main~1", "m")) == "x: 9"
    assert first_line(read(tmp_path / "borrower", "origin", "m")) == "x: 10"


def test_a_repository_with_longer_ids(tmp_path: Path, git: Callable[..., str]) -> None:
    repo = tmp_path / "sha256"
    git("init", "-q", "-b", "main", "--object-format=sha256", str(repo))
    on_disk(repo, {"m/x.yaml": ONE})
    git("add", "-A", at=repo)
    git("commit", "-q", "-m", "one", at=repo)
    full = git("rev-parse", "HEAD", at=repo)
    assert len(full) == 64
    for revision in (full, full[:12], "main"):
        assert contents(read(repo, revision, "m")) == {"x.yaml": ONE}
    found = commit_of(repo / "m")
    assert found is not None
    assert found.id == full


def test_a_partial_clone(packed: Path, tmp_path: Path, git: Callable[..., str]) -> None:
    git("config", "uploadpack.allowFilter", "true", at=packed)
    git("clone", "-q", "--bare", "--filter=blob:none", f"file://{packed}", "partial.git")
    with pytest.raises(SourceUnavailable, match="it is a partial clone, or damaged"):
        read(tmp_path / "partial.git", "main", "m")


def test_a_submodule_is_a_repository_of_its_own(packed: Path, tmp_path: Path, git: Callable[..., str]) -> None:
    outer = tmp_path / "outer"
    git("init", "-q", "-b", "main", str(outer))
    git("submodule", "--quiet", "add", f"file://{packed}", "inner", at=outer)
    git("commit", "-q", "-m", "one", at=outer)
    assert first_line(read(outer / "inner" / "m", "HEAD~1")) == "x: 9"
    assert "is a submodule" in reasons(read(outer, "HEAD"))["inner/"]


def test_git_and_we_agree_on_what_names_a_revision(packed: Path, git: Callable[..., str]) -> None:
    for revision in ("HEAD", "@~4", "v5^{}", "v5~2^", "main^^^~1", "refs/tags/v5", "heads/main", "HEAD@{4}"):
        assert GitRevision(packed, revision).commit().id == git("rev-parse", f"{revision}^{{commit}}", at=packed)


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # dulwich leaves a pack open that it can't read
def test_a_damaged_repository_is_refused_and_never_raises(packed: Path) -> None:
    """A byte of any file is changed, or the file is cut or emptied; what is read is either right or refused."""
    chance = random.Random(7)
    whole = read(packed, "v5~1", "m")
    files = [path for path in sorted((packed / ".git").rglob("*")) if path.is_file() and "hooks" not in path.parts]
    refused = 0
    for _ in range(150):
        path = chance.choice(files)
        before = path.read_bytes()
        path.chmod(0o644)
        path.write_bytes(spoilt(before, chance))
        try:
            found: SourceTree | None = read(packed, chance.choice(["v5~1", "v5^", "HEAD~6"]), "m")
        except SourceUnavailable:
            found = None
        assert found in (whole, None)
        refused += found is None
        commit_of(packed / "m")
        path.write_bytes(before)
    gc.collect()  # what dulwich left open is to be complained about here, not in the next test
    assert refused > 15


def spoilt(content: bytes, chance: random.Random) -> bytes:
    match chance.randrange(4):
        case 0:
            return b""
        case 1:
            return content[: chance.randrange(len(content) + 1)]
        case _ if content:
            place = chance.randrange(len(content))
            return content[:place] + bytes([content[place] ^ (1 << chance.randrange(8))]) + content[place + 1 :]
        case _:
            return b"\n"


# Whose commit a folder has


@pytest.fixture
def folder(repository: Repository) -> Path:
    """`m/` last touched by Grace, the README after her by Ada."""
    repository.commit({"m/a.yaml": ONE})
    repository.commit({"m/a.yaml": TWO}, "Two\n\nbecause", author=b"Grace Hopper <grace@example.org>")
    repository.commit({"m/a.yaml": TWO, "README.md": ""}, "Readme")
    return on_disk(repository.path, {"m/a.yaml": TWO}) / "m"


def subject(folder: Path) -> str | None:
    found = commit_of(folder)
    return None if found is None else f"{found.author}: {found.subject}"


def test_the_commit_that_last_touched_the_folder(folder: Path) -> None:
    assert subject(folder) == "Grace Hopper: Two"


CHANGES: list[tuple[str, Files]] = [
    ("changed", {"m/a.yaml": "a: 3\n"}),
    ("added", {"m/b.yaml": ONE}),
    ("unreadable", {"m/b.yaml": Link("nowhere")}),
]


@pytest.mark.parametrize("files", [files for _, files in CHANGES], ids=[name for name, _ in CHANGES])
def test_a_folder_that_differs_is_nobodys(folder: Path, files: Files) -> None:
    for path in files:
        (folder.parent / os.fsdecode(path)).unlink(missing_ok=True)
    on_disk(folder.parent, files)
    assert subject(folder) is None


def test_a_manifest_that_is_gone_makes_it_nobodys(repository: Repository, folder: Path) -> None:
    repository.commit({"m/a.yaml": TWO, "m/b.yaml": ONE})
    assert subject(folder) is None


def test_what_is_no_manifest_does_not_matter(folder: Path) -> None:
    (folder / "notes.txt").write_text("x")
    (folder / ".a.yaml.swp").write_text("x")
    assert subject(folder) == "Grace Hopper: Two"


def test_a_merge_that_takes_one_side_is_not_who_changed_it(repository: Repository, folder: Path) -> None:
    main = GitRevision(repository.path, "main").commit().id
    base = GitRevision(repository.path, "main~1").commit().id
    side = repository.commit({"m/a.yaml": ONE}, "Back", parents=[base], branch="side", author=b"Radia <r@example.org>")
    repository.commit({"m/a.yaml": ONE}, "Merge", parents=[main, side])
    (folder / "a.yaml").write_text(ONE)
    assert subject(folder) == "Radia: Back"


def test_a_folder_that_git_does_not_have(repository: Repository, folder: Path) -> None:
    on_disk(repository.path, {"other/a.yaml": TWO})
    assert subject(repository.path / "other") is None
    assert subject(repository.path / "nowhere") is None
    assert subject(folder / "a.yaml") is None


NAMES = [
    (b"Ada <ada@example.org>", "Ada"),
    (b" <ada@example.org>", "ada@example.org"),
    ("Ñandú <n@example.org>".encode(), "Ñandú"),
    (b"caf\xe9 <n@example.org>", "caf\ufffd"),
    (b"evil\x1b[2J <n@example.org>", "evil\\x1b[2J"),
    (b"x" * 300 + b" <n@example.org>", "x" * 200),
]


@pytest.mark.parametrize(("author", "name"), NAMES)
def test_the_authors_name(repository: Repository, author: bytes, name: str) -> None:
    repository.commit({"a.yaml": ONE}, author=author)
    assert GitRevision(repository.path, "HEAD").commit().author == name


def test_a_link_to_the_folder(repository: Repository, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    assert subject(tmp_path / "link") == "Grace Hopper: Two"
    assert contents(read(tmp_path / "link")) == {"a.yaml": TWO}
