"""A revision of a git repository as a source, and who made the one that a working folder has. Without the git program or a network.

A revision is what `git rev-parse` takes: a commit's id or the beginning of one, a branch, a tag, `HEAD`, `main@{1}`, each with any
number of `~3`, `^2`, `^{}` behind it. Left out: `:/text`, ranges. Bare repositories, linked working trees, packed objects and refs and
shallow clones are read as they are; in a shallow clone history ends early, and messages say so.

The surprising thing: a blob has the content that was committed, not what a checkout filter (line ends, LFS) would make of it.
"""

from __future__ import annotations

import posixpath
import re
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from dulwich import errors as dulwich_errors
from dulwich.objects import Blob, Commit, ObjectID, ShaFile
from dulwich.objectspec import AmbiguousShortId, parse_commit, parse_object, parse_ref
from dulwich.refs import SymrefLoop
from dulwich.repo import InvalidWorktreeConfiguration, Repo, UnsupportedExtension, UnsupportedVersion

from reconciler.errors import SourceUnavailable
from reconciler.source.commit import GitCommit
from reconciler.source.directory import Directory
from reconciler.source.git_tree import GitTree, Manifests, Node, Unfollowed
from reconciler.source.selection import Limits, Measure, is_manifest, nothing_found
from reconciler.source.tree import SourceFile, SourceTree, UnreadableFile
from schema.problem import printable, shown

LONGEST_REVISION_CHARACTERS: Final = 256
MOST_COMMITS_WALKED: Final = 5_000
MOST_REFS_COMPARED: Final = 5_000
LONGEST_SHOWN: Final = 200
SHORT: Final = 12

_LAST_SECOND: Final = 253402300799
_STEPS: Final = re.compile(r"(?:~[0-9]{0,9}|\^[0-9]{0,9}|\^\{(?:commit)?\})*", re.ASCII)
_STEP: Final = re.compile(r"(~|\^)([0-9]*)", re.ASCII)
_SHORT_ID: Final = re.compile("[0-9a-fA-F]{4,39}", re.ASCII)

_FAULTS: Final = (
    dulwich_errors.ApplyDeltaError,
    dulwich_errors.ChecksumMismatch,
    dulwich_errors.FileFormatException,
    dulwich_errors.NotGitRepository,
    dulwich_errors.ObjectMissing,
    dulwich_errors.RefFormatError,
    dulwich_errors.WrongObjectException,
    InvalidWorktreeConfiguration,
    SymrefLoop,
    UnsupportedExtension,
    UnsupportedVersion,
    ArithmeticError,
    AssertionError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RecursionError,
    StopIteration,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
"""What reading a damaged repository raises."""


class GitRevision:
    """The source `git:REV` and `git:REV:FOLDER`.

    `start`: any folder of the repository. `folder`: path from the repository's root, from `start` if it begins with `./` or `../`;
    None is `start` itself, and the root in a bare repository.
    """

    def __init__(self, start: Path, revision: str, folder: str | None = None, *, limits: Limits | None = None) -> None:
        self._start = start
        self._revision = revision
        self._folder = folder
        self._limits = limits or Limits()
        self._path = (folder or "").strip("/")

    @property
    def name(self) -> str:
        return f"git:{printable(self._revision)}" + ("" if self._folder is None else f":{printable(self._folder)}")

    @property
    def is_there(self) -> bool:
        try:
            with _reading(self._start) as repository:
                self._found(repository, repository.commit(self._revision))
        except SourceUnavailable:
            return False
        return True

    def place(self, path: str) -> str:
        """As `git show` takes it."""
        return f"{printable(self._revision)}:{posixpath.join(printable(self._path), path)}"

    def read(self) -> SourceTree:
        with _reading(self._start) as repository:
            commit = repository.commit(self._revision)
            tree, folder, where = self._found(repository, commit)
            measure = Measure(where, self._limits)
            found = tree.manifests(folder, self._limits, measure)
            files, too_large = self._contents(repository, found, measure)
        read = SourceTree.of(files, [*found.unreadable, *too_large])
        if read.is_empty:
            raise nothing_found(where)
        return read

    def commit(self) -> GitCommit:
        """The commit itself."""
        with _reading(self._start) as repository:
            return _git_commit(repository.commit(self._revision))

    def last_change(self) -> GitCommit:
        """The commit that last changed the folder, this one or one before it; looks as far back as `commit_of` does."""
        with _reading(self._start) as repository:
            head = repository.commit(self._revision)
            path = _names(repository.folder(self._start, self._folder))
            return _git_commit(_last_change(repository, head, path) or head)

    def _found(self, repository: _Repository, commit: Commit) -> tuple[GitTree, Node, str]:
        path = self._path = repository.folder(self._start, self._folder)
        where = (
            f"{'folder ' + shown(path) if path else 'the root folder'} of revision {shown(self._revision)} "
            f"({_id(commit)[:SHORT]}) in {repository.path}"
        )
        tree = repository.tree(commit)
        parent = tree.find(())
        for name in _names(path):
            try:
                folder = tree.find((name,), parent)
            except Unfollowed as error:
                raise SourceUnavailable(f"{where}: {_no_folder(tree, parent, name, error)}") from None
            if not folder.is_folder:
                raise SourceUnavailable(f"{where} is a file; name the folder that holds the manifests")
            parent = folder
        return tree, parent, where

    def _contents(
        self, repository: _Repository, found: Manifests, measure: Measure
    ) -> tuple[list[SourceFile], list[UnreadableFile]]:
        files: list[SourceFile] = []
        too_large: list[UnreadableFile] = []
        for path, blob_id in found.blobs.items():
            blob = repository.object(blob_id)
            content = blob.as_raw_string() if isinstance(blob, Blob) else b""
            reason = self._limits.too_large(len(content)) if isinstance(blob, Blob) else "is damaged in the repository"
            if reason is not None:
                too_large.append(UnreadableFile(path, reason))
                continue
            measure.add_file(len(content))
            files.append(SourceFile.of(path, content))
        return files, too_large


def commit_of(folder: Path, tree: SourceTree | None = None) -> GitCommit | None:
    """The commit that last changed `folder`, if the manifests in it are as HEAD has them. None if they aren't or it can't be told.

    `tree`: what the folder was just read as. A merge counts where its manifests are those of none of its parents. In a shallow
    clone it is the oldest commit there is, where none after it changed them. Never raises; costs a hash of each manifest, and
    some 0.1 ms for each commit since, of which at most `MOST_COMMITS_WALKED` are looked at.
    """
    try:
        if tree is None:
            tree = Directory(folder, settle_s=0).read()
        with _reading(folder) as repository:
            return _commit_of(repository, folder, tree)
    except SourceUnavailable:
        return None


def _commit_of(repository: _Repository, folder: Path, tree: SourceTree) -> GitCommit | None:
    head = repository.commit("HEAD")
    path = _names(repository.folder(folder, None))
    committed = _node(repository, head, path)
    if committed is None or tree.unreadable:
        return None
    limits = Limits()
    found = repository.tree(head).manifests(committed, limits, Measure(str(folder), limits))
    contents = {**{file.path: file.content for file in tree.files}, **tree.sealed.contents}
    here = {path: repository.blob_id(content) for path, content in contents.items()}
    if found.unreadable or here != {
        path: blob for path, blob in found.blobs.items() if is_manifest(path) or path in here
    }:
        return None
    last = _last_change(repository, head, path)
    return None if last is None else _git_commit(last)


def _last_change(repository: _Repository, head: Commit, path: list[bytes]) -> Commit | None:
    """The commit from which the folder is as `head` has it; None if it lies too far back."""
    committed = _node(repository, head, path)
    for _ in range(MOST_COMMITS_WALKED):
        same = [parent for parent in repository.parents(head) if _node(repository, parent, path) == committed]
        if not same:
            return head
        head = same[0]
    return None


def _names(folder: str) -> list[bytes]:
    return [name.encode("utf-8", "surrogateescape") for name in folder.split("/") if name]


def _node(repository: _Repository, commit: Commit, path: list[bytes]) -> Node | None:
    try:
        return repository.tree(commit).find(path)
    except Unfollowed:
        return None


class _Repository:
    """An open repository. Every method may raise one of `_FAULTS`, which `_reading` makes a SourceUnavailable of."""

    def __init__(self, repo: Repo) -> None:
        self._repo = repo
        self.path = Path(repo.path)
        self._shallow = repo.get_shallow()

    def folder(self, start: Path, folder: str | None) -> str:
        """The path from the root of the tree that `start` and what was asked for come to; "" is the root."""
        wanted = "." if folder is None else folder
        here = self._here(start) if wanted.split("/", 1)[0] in {".", ".."} else ""
        path = posixpath.normpath(posixpath.join(here, wanted.lstrip("/")))
        if path == ".." or path.startswith("../"):
            raise SourceUnavailable(
                f"folder {shown(wanted)} leads out of the repository {self.path}; name one inside it"
            )
        return "" if path == "." else path

    def _here(self, start: Path) -> str:
        if self._repo.bare:
            return ""
        inside, root = start.resolve(), self.path.resolve()
        return inside.relative_to(root).as_posix() if inside.is_relative_to(root) else ""

    def object(self, object_id: ObjectID) -> ShaFile:
        try:
            return self._repo.object_store[object_id]
        except KeyError:
            name = object_id.decode("ascii", "replace")[:SHORT]
            raise SourceUnavailable(
                f"the repository {self.path} has no object {name}: it is a partial clone, or damaged; "
                "fetch all of it (git fetch --refetch --no-filter) or check it (git fsck)"
            ) from None

    def tree(self, commit: Commit) -> GitTree:
        return GitTree(self.object, commit.tree)

    def blob_id(self, content: bytes) -> ObjectID:
        digest = self._repo.object_format.hash_func()
        digest.update(b"blob %d\0" % len(content))
        digest.update(content)
        return ObjectID(digest.hexdigest().encode("ascii"))

    def parents(self, commit: Commit) -> list[Commit]:
        """Those that are here."""
        if commit.id in self._shallow:
            return []
        parents = [self.object(parent) for parent in commit.parents]
        return [parent for parent in parents if isinstance(parent, Commit)]

    def commit(self, revision: str) -> Commit:
        """The commit that `revision` names. SourceUnavailable says what is near it."""
        if not revision or len(revision) > LONGEST_REVISION_CHARACTERS or not revision.isprintable():
            raise self._refusal(revision, "is none; write a commit, branch or tag, such as HEAD~1 or main")
        if ".." in revision:
            raise self._refusal(revision, "is a range; name one revision")
        base, steps = _split(revision)
        if not all(base.split("/")):
            raise self._refusal(
                revision, "names nothing; write a commit, branch or tag before the steps back, with no empty part"
            )
        if _STEPS.fullmatch(steps) is None:
            raise self._refusal(revision, f"ends in {shown(steps)}, which is not understood; write ~3, ^2 or ^{{}}")
        commit = self._base(revision, base)
        for step, digits in _STEP.findall(steps.replace("^{commit}", "").replace("^{}", "")):
            commit = self._step(revision, commit, step, int(digits or "1"))
        return commit

    def _base(self, revision: str, base: str) -> Commit:
        spec = ("HEAD" + base[1:] if base.startswith("@") else base).encode("utf-8", "surrogateescape")
        name, brace, _ = spec.partition(b"@{")
        try:
            if brace:
                found = parse_object(self._repo, bytes(parse_ref(self._repo.refs, name)) + spec[len(name) :])
                return parse_commit(self._repo, found.id)
            return parse_commit(
                self._repo, spec.lower() if _SHORT_ID.fullmatch(base) and not self._is_ref(spec) else spec
            )
        except AmbiguousShortId as error:
            ids = ", ".join(sorted(option.id.decode("ascii")[:SHORT] for option in error.options[:5]))
            raise self._refusal(revision, f"fits several commits: {ids}; write more of it") from None
        except KeyError:
            raise self._refusal(revision, f"is not there; {self._nearest(base)}") from None
        except ValueError as error:
            raise self._refusal(revision, f"is no commit: {printable(str(error))}") from None

    def _step(self, revision: str, commit: Commit, step: str, number: int) -> Commit:
        if step == "^":
            if number == 0:
                return commit
            parents = self.parents(commit)
            if number > len(parents):
                raise self._refusal(revision, f"asks for parent {number} of {self._ancestry(commit)}")
            return parents[number - 1]
        for _ in range(number):
            parents = self.parents(commit)
            if not parents:
                raise self._refusal(revision, f"goes back further than {self._ancestry(commit)}")
            commit = parents[0]
        return commit

    def _ancestry(self, commit: Commit) -> str:
        name = _id(commit)[:SHORT]
        if commit.id in self._shallow:
            return f"{name}, where this shallow clone ends; fetch the rest with: git fetch --unshallow"
        return f"{name}, which has {len(commit.parents)} parents" if commit.parents else f"{name}, the first commit"

    def _is_ref(self, name: bytes) -> bool:
        try:
            parse_ref(self._repo.refs, name)
        except KeyError:
            return False
        return True

    def _nearest(self, wanted: str) -> str:
        names = sorted(
            {
                ref.decode("utf-8", "replace")
                .removeprefix("refs/heads/")
                .removeprefix("refs/tags/")
                .removeprefix("refs/remotes/")
                for ref in self._repo.refs.allkeys() - {b"HEAD"}
            }
        )
        near = get_close_matches(wanted, names[:MOST_REFS_COMPARED], 3, 0.5)
        if near:
            return f"did you mean {' or '.join(shown(name) for name in near)}?"
        told = ", ".join(shown(name) for name in names[:5]) + (", ..." if len(names) > 5 else "")
        shallow = "; this clone is shallow, which may be why" if self._shallow else ""
        return (f"there are {told}" if told else "the repository has no commit yet") + shallow

    def _refusal(self, revision: str, why: str) -> SourceUnavailable:
        return SourceUnavailable(f"revision {shown(revision)} of the repository {self.path} {why}")


@contextmanager
def _reading(start: Path) -> Iterator[_Repository]:
    """The repository that holds `start`; whatever is wrong with it becomes a SourceUnavailable."""
    repo: Repo | None = None
    try:
        repo = Repo.discover(start)
        yield _Repository(repo)
    except SourceUnavailable:
        raise
    except dulwich_errors.NotGitRepository:
        raise SourceUnavailable(
            f"{start} is in no git repository; name a folder of one, or read it as a folder, without git:"
        ) from None
    except PermissionError as error:
        raise SourceUnavailable(
            f"the git repository of {start} can't be read: permission denied on {error.filename}; "
            "make it readable for the user that runs trunkline"
        ) from None
    except UnsupportedExtension as error:
        raise SourceUnavailable(f"the git repository of {start} has a format that is not understood: {error}") from None
    except _FAULTS as error:
        why = ": ".join(filter(None, (type(error).__name__, printable(str(error))[:LONGEST_SHOWN])))
        raise SourceUnavailable(
            f"the git repository of {start} is damaged, or of a kind that is not understood ({why}); check it with: git fsck"
        ) from error
    finally:
        if repo is not None:
            with suppress(BufferError):  # the error under way still shows into a mapped pack, which goes with it
                repo.close()


def _split(revision: str) -> tuple[str, str]:
    """What is named, and the steps from there."""
    start = revision.find("}") + 1 if "@{" in revision else 0
    found = re.search(r"[~^]", revision[start:])
    end = len(revision) if found is None else start + found.start()
    return revision[:end], revision[end:]


def _no_folder(tree: GitTree, parent: Node, name: bytes, error: Unfollowed) -> str:
    text = name.decode("utf-8", "replace")
    folders = [other[:-1] for other in tree.names_in(parent) if other.endswith("/")]
    near = get_close_matches(text, folders, 3, 0.5) or folders[:5]
    if "not in this revision" not in str(error):
        return f"{shown(text)} {error}"
    told = f"; there are {', '.join(shown(other) for other in near)}" if near else "; there is no folder"
    return f"there is no {shown(text)}{told}"


def _git_commit(commit: Commit) -> GitCommit:
    encoding = (commit.encoding or b"utf-8").decode("ascii", "replace")
    lines = _decoded(commit.message, encoding).strip().splitlines()
    author = _decoded(commit.author, encoding)
    name, _, address = author.partition("<")
    return GitCommit(
        _id(commit),
        _line(name.strip() or address.rstrip("> ") or author),
        datetime.fromtimestamp(min(max(commit.commit_time, 0), _LAST_SECOND), UTC),
        _line(lines[0] if lines else ""),
    )


def _id(commit: Commit) -> str:
    return commit.id.decode("ascii")


def _decoded(text: bytes, encoding: str) -> str:
    try:
        return text.decode(encoding, "replace")
    except LookupError:
        return text.decode("utf-8", "replace")


def _line(text: str) -> str:
    return printable(text)[:LONGEST_SHOWN]
