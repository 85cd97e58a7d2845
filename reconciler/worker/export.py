"""The manifests of a state, as files that come to that state again: what `get manifests` gives and a saved snapshot holds.

A file is given as it was written where all of it runs. Where only some of it does (a tenant in it is held back, or stays at an older
form of it), the documents that run stand in the file's place, one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reconciler.ground import Ground
from reconciler.planner import resources_of
from schema.manifest_set import ParsedFile
from schema.resource import AnyResource

Content = Callable[[str], bytes]
Parse = Callable[[str, str, bytes], ParsedFile]


def manifests_of(ground: Ground, content: Content, parse: Parse) -> Mapping[str, bytes]:
    """Contents by path, sorted. `content`: of a digest; `parse`: of path, digest and content."""
    digests: dict[str, set[str]] = {}
    documents: dict[str, list[tuple[str, AnyResource]]] = {}
    for unit in ground.desired.units.values():
        files = dict(unit.files)
        for path, digest in files.items():
            digests.setdefault(path, set()).add(digest)
        for resource in resources_of(ground, unit.unit):
            path = resource.origin.file
            documents.setdefault(path, []).append((files[path], resource))
    return {path: _content(path, digests[path], documents.get(path, []), content, parse) for path in sorted(digests)}


def _content(
    path: str, digests: set[str], documents: list[tuple[str, AnyResource]], content: Content, parse: Parse
) -> bytes:
    if len(digests) == 1:
        (digest,) = digests
        text = content(digest)
        parsed = parse(path, digest, text)
        if not parsed.rejected and parsed.fault is None and len(parsed.resources) == len(documents):
            return text
    documents.sort(key=lambda pair: (pair[1].origin.line, pair[1].ref.tenant or "", pair[1].ref.kind, pair[1].ref.name))
    return "---\n".join(as_written(content(digest), resource.origin.line) for digest, resource in documents).encode()


def as_written(content: bytes, line: int) -> str:
    """The document that begins on this line (from 1), to the marker of the next one."""
    lines = content.decode("utf-8-sig", errors="replace").splitlines()[line - 1 :]
    end = next((i for i, text in enumerate(lines) if i and text.startswith(("---", "..."))), len(lines))
    return "\n".join(lines[:end]).rstrip() + "\n"
