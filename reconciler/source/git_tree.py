"""The manifests in the tree of a git commit: found by the rules of `selection`, symbolic links followed as far as the tree goes.

A link is a small file that holds a path. One that stays within the repository is followed, through folders and further links, as a
working tree would; one that is absolute, leads out of the repository, to nothing or in a circle can't be, and is listed with its
reason. So is a submodule: its files are in another repository.
"""

from __future__ import annotations

import stat
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from dulwich.objects import S_ISGITLINK, Blob, ObjectID, ShaFile, Tree

from reconciler.source.selection import (
    LOOPING_LINK,
    NO_REGULAR_FILE,
    SAME_NAME,
    Limits,
    Measure,
    counts,
    is_ignored,
    printable_path,
)
from reconciler.source.tree import UnreadableFile
from schema.problem import shown

MOST_LINKS: Final = 40
"""As many as Linux follows for one path."""
LONGEST_LINK_BYTES: Final = 4096

Objects = Callable[[ObjectID], ShaFile]


@dataclass(frozen=True, slots=True)
class Node:
    """One thing in the tree. `names`: its real path from the repository's root, no link in it."""

    names: tuple[bytes, ...]
    mode: int
    id: ObjectID

    @property
    def is_folder(self) -> bool:
        return stat.S_ISDIR(self.mode)


class Unfollowed(Exception):
    """A path that leads nowhere in this tree; the message says why, as a file's reason does."""


@dataclass(slots=True)
class Manifests:
    """What stands in a folder: the blob of each file that counts by path, and what can't be read."""

    blobs: dict[str, ObjectID] = field(default_factory=dict)
    unreadable: list[UnreadableFile] = field(default_factory=list)


class GitTree:
    """The tree `root`, whose objects `objects` gives."""

    def __init__(self, objects: Objects, root: ObjectID) -> None:
        self._objects = objects
        self._root = Node((), stat.S_IFDIR, root)
        self._trees: dict[ObjectID, Mapping[bytes, tuple[int, ObjectID]]] = {}

    def find(self, names: Iterable[bytes], start: Node | None = None) -> Node:
        """Follow a path from the folder `start` (the root, if None). Unfollowed says why it can't be followed."""
        way = [self._root, *self._way_to(start)] if start is not None else [self._root]
        ahead = deque(names)
        links = 0
        while ahead:
            name = ahead.popleft()
            if name in {b"", b"."}:
                continue
            if not way[-1].is_folder:
                raise Unfollowed(f"leads through {_shown_path(way[-1].names)}, which is no folder")
            if name == b"..":
                if len(way) == 1:
                    raise Unfollowed("leads out of the repository, and no revision holds what is there")
                way.pop()
                continue
            node = self._entry(way[-1], name)
            if stat.S_ISLNK(node.mode):
                links += 1
                if links > MOST_LINKS:
                    raise Unfollowed("leads from link to link without end; remove the link")
                ahead.extendleft(reversed(self.target(node)))
            elif S_ISGITLINK(node.mode):
                raise Unfollowed(f"leads into {_submodule(node)}")
            else:
                way.append(node)
        return way[-1]

    def target(self, link: Node) -> Sequence[bytes]:
        """The names of the path that a link holds."""
        blob = self._objects(link.id)
        if not isinstance(blob, Blob):
            raise Unfollowed("is a damaged symbolic link")
        path = blob.as_raw_string()
        if not path or len(path) > LONGEST_LINK_BYTES or b"\0" in path:
            raise Unfollowed("is a symbolic link without a usable target; remove it or make it anew")
        if path.startswith(b"/"):
            raise Unfollowed(
                f"is a symbolic link to {_shown(path)}, and no revision holds what is outside the repository; "
                "make the link relative"
            )
        return path.split(b"/")

    def names_in(self, folder: Node) -> list[str]:
        """What stands there and is not hidden, folders with a `/`."""
        nodes = self._nodes(folder)
        return [_text(n.names[-1]) + ("/" if n.is_folder else "") for n in nodes if not is_ignored(_text(n.names[-1]))]

    def manifests(self, folder: Node, limits: Limits, measure: Measure) -> Manifests:
        """All of them below `folder`, by their path in it."""
        found = Manifests()
        self._look(folder, "", (folder.names,), found, limits, measure)
        return found

    def _look(
        self,
        folder: Node,
        prefix: str,
        above: tuple[tuple[bytes, ...], ...],
        found: Manifests,
        limits: Limits,
        measure: Measure,
    ) -> None:
        nodes = [node for node in self._nodes(folder) if not is_ignored(_text(node.names[-1]))]
        measure.add_entries(len(nodes), prefix)
        for entry in nodes:
            name = _text(entry.names[-1])
            path = printable_path(prefix + name)
            wanted = counts(name)
            try:
                node = self._followed(entry, folder)
            except Unfollowed as error:
                found.unreadable.append(UnreadableFile(path if wanted else path + "/", str(error)))
                continue
            if node.is_folder:
                self._look_below(node, path + "/", above, found, limits, measure)
            elif wanted:
                reason = _why_not(node, path, found)
                if reason is None:
                    found.blobs[path] = node.id
                else:
                    found.unreadable.append(UnreadableFile(path, reason))

    def _look_below(
        self,
        folder: Node,
        path: str,
        above: tuple[tuple[bytes, ...], ...],
        found: Manifests,
        limits: Limits,
        measure: Measure,
    ) -> None:
        if folder.names in above:
            found.unreadable.append(UnreadableFile(path, LOOPING_LINK))
        elif len(above) >= limits.depth:
            found.unreadable.append(UnreadableFile(path, limits.too_deep()))
        else:
            self._look(folder, path, (*above, folder.names), found, limits, measure)

    def _followed(self, entry: Node, folder: Node) -> Node:
        if b"/" in entry.names[-1]:
            raise Unfollowed("has a name that no file can have; this tree is damaged")
        if S_ISGITLINK(entry.mode):
            raise Unfollowed(f"is {_submodule(entry)}")
        return self.find(self.target(entry), folder) if stat.S_ISLNK(entry.mode) else entry

    def _way_to(self, node: Node) -> list[Node]:
        way: list[Node] = []
        for name in node.names:
            way.append(self._entry(way[-1] if way else self._root, name))
        return way

    def _entry(self, folder: Node, name: bytes) -> Node:
        found = self._entries(folder).get(name)
        if found is None:
            raise Unfollowed(f"leads to {_shown_path((*folder.names, name))}, which is not in this revision")
        return Node((*folder.names, name), *found)

    def _nodes(self, folder: Node) -> list[Node]:
        return [Node((*folder.names, name), *entry) for name, entry in self._entries(folder).items()]

    def _entries(self, folder: Node) -> Mapping[bytes, tuple[int, ObjectID]]:
        known = self._trees.get(folder.id)
        if known is None:
            tree = self._objects(folder.id)
            if not isinstance(tree, Tree):
                raise Unfollowed(f"leads through {_shown_path(folder.names)}, which is damaged")
            known = self._trees[folder.id] = {item.path: (item.mode, item.sha) for item in tree.items() if item.path}
        return known


def _why_not(node: Node, path: str, found: Manifests) -> str | None:
    if not stat.S_ISREG(node.mode):
        return NO_REGULAR_FILE
    return SAME_NAME if path in found.blobs else None


def _submodule(node: Node) -> str:
    commit = node.id.decode("ascii", "replace")[:12]
    return (
        f"a submodule (commit {commit}), whose files are in another repository; "
        "name a folder without it, or move the manifests into this repository"
    )


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _shown(path: bytes) -> str:
    return shown(path.decode("utf-8", "replace"))


def _shown_path(names: Sequence[bytes]) -> str:
    return _shown(b"/".join(names) or b".")
