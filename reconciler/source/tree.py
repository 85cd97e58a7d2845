"""What a source gives: the manifests of one moment, and what of them could not be read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Protocol

from engine.config.ref import Revision
from reconciler.source.selection import is_manifest, is_sealed


@dataclass(frozen=True, slots=True)
class SourceFile:
    """`path`: relative to the source, with `/`; `digest`: SHA-256 of the content in hex."""

    path: str
    content: bytes = field(repr=False)
    digest: str

    @classmethod
    def of(cls, path: str, content: bytes) -> SourceFile:
        return cls(path, content, sha256(content).hexdigest())

    @property
    def is_blank(self) -> bool:
        """True if nothing is in it, as in the moment between an editor's truncating and writing."""
        return not self.content.strip(b" \t\r\n\0")


@dataclass(frozen=True, slots=True)
class UnreadableFile:
    """`path` ends in `/` for a folder, whose files are then unknown; `reason`: what is wrong and what to do."""

    path: str
    reason: str

    def covers(self, path: str) -> bool:
        """True if `path` can't be known because of this one."""
        return path == self.path or (self.path.endswith("/") and path.startswith(self.path))


@dataclass(frozen=True, slots=True)
class SealedFiles:
    """What is encrypted beside the manifests, by path; `unreadable`: why one can't be read.

    `is_known`: False where only manifests are at hand.
    """

    contents: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    unreadable: Mapping[str, str] = field(default_factory=dict)
    is_known: bool = False


@dataclass(frozen=True, slots=True)
class SourceTree:
    """All manifests, sorted by path; at least one of `files` and `unreadable` is not empty.

    `sealed`: no part of what is compared; a secret that changes is noticed by its value.
    """

    files: tuple[SourceFile, ...]
    unreadable: tuple[UnreadableFile, ...] = ()
    sealed: SealedFiles = field(default_factory=SealedFiles, compare=False)

    @classmethod
    def of(cls, found: Iterable[SourceFile], unreadable: Iterable[UnreadableFile] = ()) -> SourceTree:
        """Of all that was read, whatever its order: manifests, and what is encrypted; other files are left out."""
        files = sorted(found, key=lambda file: file.path)
        failed = sorted(unreadable, key=lambda file: file.path)
        sealed = {file.path: file.content for file in files if is_sealed(file.path, file.content)}
        return cls(
            tuple(file for file in files if is_manifest(file.path) and file.path not in sealed),
            tuple(file for file in failed if file.path.endswith("/") or is_manifest(file.path)),
            SealedFiles(sealed, {file.path: file.reason for file in failed}, is_known=True),
        )

    @property
    def is_empty(self) -> bool:
        """True if no manifest is in it, which is never applied."""
        return not self.files and not self.unreadable

    @property
    def revision(self) -> Revision:
        """A hash of paths and contents: the identity of this attempt."""
        return source_revision((file.path, file.digest) for file in self.files)


class Source(Protocol):
    """Where manifests are read from. `name`: what people call it, as a message begins with it.

    `is_there`: False if it was misspelt, perhaps: nothing of that name exists.
    """

    @property
    def name(self) -> str: ...

    @property
    def is_there(self) -> bool: ...

    def read(self) -> SourceTree:
        """The manifests as they are there now. SourceUnavailable if there are none or they can't be had."""

    def place(self, path: str) -> str:
        """Where a file of it stands, as the user's other tools take it."""


def source_revision(files: Iterable[tuple[str, str]]) -> Revision:
    """The identity of a set of (path, digest), in whatever order."""
    return Revision(sha256("".join(f"{path}\0{digest}\n" for path, digest in sorted(files)).encode()).hexdigest())
