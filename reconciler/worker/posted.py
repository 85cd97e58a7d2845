"""Manifests that somebody posts: bytes in, a set of files out. Pure; runs in a throw-away child, for the bytes are a stranger's.

The same names count as in a folder (`source.selection`), and the same bounds hold. Paths are names only, nothing is ever written; they
are checked all the same, because problems and plans show them to people who open them.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterable, Iterator
from typing import Final

from reconciler.errors import BadManifestSet, SourceUnavailable
from reconciler.ports import PostedForm
from reconciler.source.selection import Limits, Measure, is_ignored, is_manifest, nothing_found
from reconciler.source.tree import SourceFile, SourceTree
from schema.problem import shown

WHERE: Final = "the posted set"
MOST_PATH_CHARACTERS: Final = 1024
LIMITS: Final = Limits(total_bytes=32 * 1024 * 1024)
"""Of all files together: twice what a body may have, for a byte of text may be six of JSON, never the other way round."""


def read_posted(content: bytes, form: PostedForm) -> SourceTree:
    """The files. BadManifestSet says what is wrong with them as a set; what is in them is not looked at."""
    named = _of_json(content) if form is PostedForm.JSON else _of_tar(content)
    measure = Measure(WHERE, LIMITS)
    files: dict[str, SourceFile] = {}
    try:
        for path, text in named:
            _check(path)
            if not _counts(path):
                continue
            if path in files:
                raise BadManifestSet(f'{WHERE} holds "{path}" twice')
            measure.add_file(len(text))
            if (reason := LIMITS.too_large(len(text))) is not None:
                raise BadManifestSet(f'"{path}" {reason}')
            files[path] = SourceFile.of(path, text)
        if not files:
            raise nothing_found(WHERE)
    except SourceUnavailable as error:
        raise BadManifestSet(str(error)) from None
    tree = SourceTree.of(files.values())
    if tree.is_empty:
        raise BadManifestSet(str(nothing_found(WHERE)))
    return tree


def _of_json(content: bytes) -> Iterable[tuple[str, bytes]]:
    try:
        shape = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BadManifestSet(f"the body is no JSON: {error}", is_malformed=True) from None
    files = shape.get("files") if isinstance(shape, dict) else None
    if not isinstance(files, dict):
        raise BadManifestSet('the body has no "files"; write {"files": {"acme.yaml": "apiVersion: ..."}}')
    if len(files) > LIMITS.files:
        raise BadManifestSet(
            f'"files" has {len(files):,} entries, more than the {LIMITS.files:,} allowed; leave out what is no manifest'
        )
    for path, text in files.items():
        if not isinstance(text, str):
            raise BadManifestSet(f"files[{shown(path)}] is no text; give what the file holds as one string")
    return [(path, text.encode("utf-8", "surrogatepass")) for path, text in files.items()]


def _of_tar(content: bytes) -> Iterator[tuple[str, bytes]]:
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
            entries = 0
            for member in archive:
                entries += 1
                if entries > LIMITS.entries:
                    raise BadManifestSet(f"the archive has more than {LIMITS.entries:,} entries")
                if member.isdir():
                    continue
                # A link would be a name for something outside the archive, a sparse file zeroes without end.
                if not member.isreg() or member.issparse():
                    raise BadManifestSet(f"{shown(member.name)} is no regular file; give the file itself")
                if _counts(member.name):
                    read = archive.extractfile(member)
                    yield member.name.removeprefix("./"), b"" if read is None else read.read()
    except (tarfile.TarError, EOFError, ValueError, OSError, RecursionError) as error:
        # RecursionError: a long name for a long name for a long name.
        raise BadManifestSet(f"the body is no tar archive: {error}", is_malformed=True) from None


def _check(path: str) -> None:
    parts = path.split("/")
    if len(path) > MOST_PATH_CHARACTERS or not path.isprintable():
        raise BadManifestSet(f"a path is too long or holds what can't be shown: {path[:60]!a}; rename it")
    if path.startswith("/") or "\\" in path or any(part in {"", ".", ".."} for part in parts):
        raise BadManifestSet(f'the path "{path}" is not one below a folder; write it as "tenants/acme.yaml"')


def _counts(path: str) -> bool:
    parts = path.removeprefix("./").split("/")
    return is_manifest(parts[-1]) and not any(is_ignored(part) for part in parts)
