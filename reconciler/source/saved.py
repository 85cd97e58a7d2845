"""A saved snapshot of manifests: one JSON file with all their texts, and the revision they add up to.

    {"format": 1, "revision": "<hex>", "files": {"acme/people.yaml": "apiVersion: ...", ...}}

The revision is that of `SourceTree`: whatever was changed, added or lost since it was saved is found out. Bytes that are no UTF-8
are kept as lone surrogates, which JSON can escape, so any manifest comes back to the byte.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from reconciler.errors import SourceUnavailable
from reconciler.source.selection import Limits, Measure, is_ignored, is_manifest, nothing_found
from reconciler.source.tree import SourceFile, SourceTree, UnreadableFile
from schema.problem import shown

FORMAT: Final = 1
LONGEST_PATH: Final = 4096
MOST_PER_BYTE: Final = 2
"""How many bytes of JSON a byte of manifests may cost, in a file that is still read."""


class SavedSnapshot:
    """The source `NAME.json`."""

    def __init__(self, path: Path, *, limits: Limits | None = None) -> None:
        self._path = path
        self._limits = limits or Limits()

    @property
    def name(self) -> str:
        return str(self._path)

    @property
    def is_there(self) -> bool:
        return self._path.exists()

    def place(self, path: str) -> str:
        return f"{self._path}:{path}"

    def read(self) -> SourceTree:
        shape = self._shape(self._text())
        files = self._files(shape.get("files"))
        tree = SourceTree(*files)
        if shape.get("revision") != tree.revision and not tree.unreadable:
            raise self._refusal("its files are not those that were saved: the revision differs; save it anew")
        return tree

    def _text(self) -> bytes:
        most = self._limits.total_bytes * MOST_PER_BYTE
        try:
            # O_NONBLOCK: a FIFO of that name must not hang the reader.
            descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
            with os.fdopen(descriptor, "rb") as file:
                text = file.read(most + 1)
        except OSError as error:
            raise self._refusal(f"it can't be read: {(error.strerror or str(error)).lower()}") from None
        if len(text) > most:
            raise self._refusal(f"it has more than {most:,} bytes; is it the right file?")
        return text

    def _shape(self, text: bytes) -> Mapping[str, object]:
        try:
            shape = json.loads(text, object_pairs_hook=_without_doubles)
        except (ValueError, RecursionError) as error:
            why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
            raise self._refusal(f"it is no snapshot of manifests: {why}") from None
        if not isinstance(shape, dict) or "format" not in shape:
            raise self._refusal('it is no snapshot of manifests: it has no "format"')
        if shape["format"] != FORMAT or isinstance(shape["format"], bool):
            raise self._refusal(
                f"it has format {shown(shape['format'])}, and this Trunkline reads {FORMAT}; use the one that wrote it"
            )
        return shape

    def _files(self, texts: object) -> tuple[tuple[SourceFile, ...], tuple[UnreadableFile, ...]]:
        if not isinstance(texts, dict):
            raise self._refusal('"files" is no object of paths and texts')
        if not texts:
            raise nothing_found(str(self._path))
        measure = Measure(str(self._path), self._limits)
        files: list[SourceFile] = []
        too_large: list[UnreadableFile] = []
        for path, text in sorted(texts.items()):
            if not _is_path(path):
                raise self._refusal(f"{shown(path)} is no path of a manifest within a folder")
            content = self._content(path, text)
            reason = self._limits.too_large(len(content))
            if reason is not None:
                too_large.append(UnreadableFile(path, reason))
                continue
            measure.add_file(len(content))
            files.append(SourceFile.of(path, content))
        return tuple(files), tuple(too_large)

    def _content(self, path: str, text: object) -> bytes:
        if not isinstance(text, str):
            raise self._refusal(f"{shown(path)} is not text but {shown(text)}")
        try:
            return text.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:
            raise self._refusal(f"{shown(path)} holds half a character; save it anew") from None

    def _refusal(self, why: str) -> SourceUnavailable:
        return SourceUnavailable(f"the snapshot {self._path} can't be used: {why}")


def saved_text(tree: SourceTree) -> str:
    """The snapshot of a source as it is written to a file. SourceUnavailable if not all of it could be read."""
    if tree.unreadable:
        first = tree.unreadable[0]
        raise SourceUnavailable(f"no snapshot can be made while {first.path} can't be read: it {first.reason}")
    shape = {
        "format": FORMAT,
        "revision": tree.revision,
        "files": {file.path: file.content.decode("utf-8", "surrogateescape") for file in tree.files},
    }
    return json.dumps(shape, indent=2) + "\n"


def _is_path(path: str) -> bool:
    """Whether a folder could have given it: relative, nothing in it that is ignored, and a manifest's name."""
    names = path.split("/")
    return (
        len(path) <= LONGEST_PATH
        and "\0" not in path
        and _is_utf8(path)
        and all(names)
        and not any(name in {".", ".."} for name in names)
        and not is_ignored(names[-1])
        and is_manifest(names[-1])
    )


def _is_utf8(path: str) -> bool:
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _without_doubles(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        double = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise ValueError(f"{shown(double)} stands there twice")
    return found
