"""The manifests that a server runs, or ran, as a source."""

from __future__ import annotations

from collections.abc import Mapping

from cli.client import ClientError
from reconciler.source.tree import SourceFile, SourceTree


def running_tree(answer: Mapping[str, object]) -> SourceTree:
    """The files that `GET /v1/manifests` tells."""
    files = answer.get("files")
    if not isinstance(files, dict):
        raise ClientError("the server answered without files; is it of another version?")
    return SourceTree(
        tuple(
            SourceFile.of(str(path), str(text).encode("utf-8", "surrogatepass")) for path, text in sorted(files.items())
        )
    )
