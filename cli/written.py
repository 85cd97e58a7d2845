"""`trunkline get KIND [NAME] -o yaml` and `export manifests`: what the server runs, as it is written, comments and all.

What comes of it plans to no change: it is the very text of the revision that runs, not drawn from what was understood of it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from typing import Final

from cli.client import ClientError, ask
from cli.exit_code import Exit
from cli.running import running_tree
from cli.whom import Whom, client_of
from reconciler.source.tree import SourceTree
from reconciler.worker.export import as_written
from schema.manifest_set import parse_file
from schema.problem import shown
from schema.registry import KINDS
from schema.resource import AnyResource

ALL: Final = "manifests"


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenRequest:
    """`kind`: "" = all; `name`: `[TENANT/]NAME`, None = all; `tenant`, `revision`: None = any, what runs now."""

    kind: str
    name: str | None
    tenant: str | None
    revision: str | None
    server: Whom


def kind_named(word: str) -> str | None:
    """The kind that a word means: `Extension`, `extensions`, `office-hours`."""
    asked = word.lower().replace("-", "")
    known = {form: name for name in KINDS for form in (name.lower(), f"{name.lower()}s")}
    return known.get(asked)


def near_kinds(word: str) -> str:
    """What to write instead of a word that is no kind."""
    near = get_close_matches(word.lower(), {name.lower(): name for name in KINDS}, 1)
    return next(name for name in KINDS if name.lower() == near[0]) if near else ", ".join(sorted(KINDS))


def get_written(request: WrittenRequest) -> Exit:
    """Prints manifests, one document each."""
    try:
        tree = _tree(request.server, request.revision)
    except ClientError as error:
        sys.stderr.write(f"trunkline get: {error}\n")
        return Exit.PROBLEMS
    found = list(_found(tree, request))
    if not found and request.name is not None:
        sys.stderr.write(
            f"trunkline get: no {request.kind} {shown(request.name)} runs; trunkline get resources lists all\n"
        )
        return Exit.PROBLEMS
    sys.stdout.write("---\n".join(found))
    return Exit.FINE


def _tree(server: Whom, revision: str | None) -> SourceTree:
    if revision is not None and not (revision.isascii() and revision.isdecimal()):
        raise ClientError(f"--revision {shown(revision)} is no number; trunkline get revisions lists them")
    with client_of(server) as client:
        path = "/v1/manifests" if revision is None else f"/v1/revisions/{int(revision)}/manifests"
        return running_tree(ask(client, path, {}))


def _found(tree: SourceTree, request: WrittenRequest) -> Iterator[str]:
    for file in tree.files:
        for resource in parse_file(file.path, file.content).resources:
            if _is_asked(resource, request):
                yield as_written(file.content, _first_line(file.content, resource.origin.line))


def _first_line(content: bytes, line: int) -> int:
    """Where the comments begin that stand above a document."""
    lines = content.decode("utf-8-sig", errors="replace").splitlines()
    while line > 1 and lines[line - 2].startswith("#"):
        line -= 1
    return line


def _is_asked(resource: AnyResource, request: WrittenRequest) -> bool:
    ref = resource.ref
    if request.kind and ref.kind != request.kind:
        return False
    owner = ref.tenant or (ref.name if ref.kind == "Tenant" else None)
    if request.tenant is not None and owner != request.tenant:
        return False
    if request.name is None:
        return True
    tenant, slash, name = request.name.rpartition("/")
    return ref.name == name and (not slash or ref.tenant == tenant)


def export_manifests(folder: Path, revision: str | None, server: Whom) -> Exit:
    """Writes the files of what runs, or of a revision that ran, into a new folder: byte by byte as they were."""
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise ClientError(f"{folder} is there already, and not empty; name a new folder")
        tree = _tree(server, revision)
        for file in tree.files:
            path = PurePosixPath(file.path)
            if path.is_absolute() or ".." in path.parts:
                raise ClientError(f"the server names a file {shown(file.path)} out of its folder; nothing is written")
        for file in tree.files:
            into = folder / file.path
            into.parent.mkdir(parents=True, exist_ok=True)
            into.write_bytes(file.content)
    except ClientError as error:
        sys.stderr.write(f"trunkline export manifests: {error}\n")
        return Exit.PROBLEMS
    except OSError as error:
        sys.stderr.write(f"trunkline export manifests: {error.filename}: {(error.strerror or str(error)).lower()}\n")
        return Exit.PROBLEMS
    count = len(tree.files)
    sys.stderr.write(f"{count:,} {'file' if count == 1 else 'files'} written to {folder}\n")
    return Exit.FINE
