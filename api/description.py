"""The OpenAPI description as it is published: read once, when this is imported; making it anew would hold the loop for half a second."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from api.etag import tag_of

_FILE: Final = Path(__file__).parent / "published" / "openapi.json"
_TEXT: Final = _FILE.read_text("utf-8")
_VERSION: Final = '"version": "1"'
"""What `api.openapi` writes in place of a server's own version."""


def description(version: str) -> bytes:
    """That of a server of this version."""
    return _TEXT.replace(_VERSION, f'"version": {json.dumps(version)}', 1).encode()


@cache
def described_tag(version: str) -> str:
    """The ETag of that: hashed once."""
    return tag_of(description(version))


def methods_of(path: str) -> list[str]:
    """All that are allowed on a path, sorted."""
    return sorted({method for pattern, methods in _METHODS.items() if pattern.fullmatch(path) for method in methods})


def _methods() -> Mapping[re.Pattern[str], list[str]]:
    paths: Mapping[str, Mapping[str, object]] = json.loads(_TEXT)["paths"]
    return {
        re.compile("/".join("[^/]+" if part.startswith("{") else re.escape(part) for part in path.split("/"))): [
            method.upper() for method in item
        ]
        for path, item in paths.items()
    }


_METHODS: Final = _methods()
