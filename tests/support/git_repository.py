"""Repositories for the tests of what reads them, built by dulwich: commits from dictionaries, no git program, no checkout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dulwich.objects import Blob, Commit, ObjectID, Tag, Tree
from dulwich.refs import Ref
from dulwich.repo import Repo

EPOCH: Final = 1_790_000_000
FILE, LINK, FOLDER, SUBMODULE = 0o100644, 0o120000, 0o040000, 0o160000


@dataclass(frozen=True)
class Link:
    """A symbolic link in a tree."""

    target: str


@dataclass(frozen=True)
class Submodule:
    """A commit of another repository."""

    commit: str = "1" * 40


Content = str | bytes | Link | Submodule
Files = Mapping[str | bytes, Content]


class Repository:
    """One repository in the making; `head` is what HEAD's branch points to."""

    def __init__(self, path: Path, *, bare: bool = False) -> None:
        path.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.repo = Repo.init_bare(str(path)) if bare else Repo.init(str(path), default_branch=b"main")
        if bare:
            self.repo.refs.set_symbolic_ref(Ref(b"HEAD"), Ref(b"refs/heads/main"))
        self._count = 0

    def close(self) -> None:
        self.repo.close()

    def commit(
        self,
        files: Files,
        message: str = "a change",
        *,
        author: bytes = b"Ada Lovelace <ada@example.org>",
        parents: Sequence[str] | None = None,
        branch: str = "main",
    ) -> str:
        """A commit of just these files; its id. Parents: what the branch points to, if not given."""
        ref = Ref(b"refs/heads/" + branch.encode())
        if parents is None:
            parents = [self.repo.refs[ref].decode()] if ref in self.repo.refs else []
        self._count += 1
        commit = Commit()
        commit.tree = self.tree(files)
        commit.parents = [ObjectID(parent.encode()) for parent in parents]
        commit.author = commit.committer = author
        commit.author_time = commit.commit_time = EPOCH + self._count
        commit.author_timezone = commit.commit_timezone = 0
        commit.message = message.encode()
        self.repo.object_store.add_object(commit)
        self.repo.refs[ref] = commit.id
        return commit.id.decode()

    def tag(self, name: str, commit: str, *, annotated: bool = False) -> None:
        target = ObjectID(commit.encode())
        if annotated:
            tag = Tag()
            tag.name = name.encode()
            tag.object = (Commit, target)
            tag.tagger = b"Ada Lovelace <ada@example.org>"
            tag.tag_time, tag.tag_timezone = EPOCH, 0
            tag.message = b"a release"
            self.repo.object_store.add_object(tag)
            target = tag.id
        self.repo.refs[Ref(b"refs/tags/" + name.encode())] = target

    def branch(self, name: str, commit: str) -> None:
        self.repo.refs[Ref(b"refs/heads/" + name.encode())] = ObjectID(commit.encode())

    def tree(self, files: Files) -> ObjectID:
        """Store a tree, and the trees and blobs in it."""
        tree = Tree()
        below: dict[bytes, dict[str | bytes, Content]] = {}
        for path, content in files.items():
            first, _, rest = (path.encode() if isinstance(path, str) else path).partition(b"/")
            if rest:
                below.setdefault(first, {})[rest] = content
            else:
                tree.add(first, *self._leaf(content))
        for name, inner in below.items():
            tree.add(name, FOLDER, self.tree(inner))
        self.repo.object_store.add_object(tree)
        return tree.id

    def _leaf(self, content: Content) -> tuple[int, ObjectID]:
        match content:
            case Link(target):
                return LINK, self._blob(target.encode())
            case Submodule(commit):
                return SUBMODULE, ObjectID(commit.encode())
            case str():
                return FILE, self._blob(content.encode())
            case bytes():
                return FILE, self._blob(content)

    def _blob(self, content: bytes) -> ObjectID:
        blob = Blob.from_string(content)
        self.repo.object_store.add_object(blob)
        return blob.id
