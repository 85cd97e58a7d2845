"""The live page: the static files of `api/web/`, read once, served from memory without a session; what they show needs one.

Every answer has the page's content security policy: scripts, styles and pictures from here only, nothing inline, framed by nobody.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

WEB: Final = Path(__file__).parent / "web"
PREFIX: Final = "/web/"
SHELLS: Final = ("/", "/open")
TYPES: Final[Mapping[str, str]] = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",  # kept by browsers, but asked for by ETag each time: a new version shows at once
}


@dataclass(frozen=True, slots=True)
class Asset:
    content: bytes
    media_type: str
    etag: str


def read_assets(folder: Path = WEB) -> Mapping[str, Asset]:
    """By path below the folder; other kinds of file (licences, READMEs) are not served."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix in TYPES and path.is_file():
            content = path.read_bytes()
            etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
            found[path.relative_to(folder).as_posix()] = Asset(content, TYPES[path.suffix], etag)
    return found


def install(app: FastAPI) -> None:
    """Serve the page at `/` (and `/open`, where one-time links lead) and its parts below `/web/`."""
    assets = read_assets()

    async def shell(request: Request) -> Response:
        return _answer(request, assets["index.html"])

    async def part(request: Request) -> Response:
        asset = assets.get(request.path_params["path"])
        if asset is None:
            raise HTTPException(404, "Not Found")
        return _answer(request, asset)

    for path in SHELLS:
        app.add_route(path, shell, methods=["GET"], include_in_schema=False)
    app.add_route(PREFIX + "{path:path}", part, methods=["GET"], include_in_schema=False)


def _answer(request: Request, asset: Asset) -> Response:
    headers = {**HEADERS, "ETag": asset.etag}
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    if asset.etag in known:
        return Response(status_code=304, headers=headers)
    return Response(asset.content, media_type=asset.media_type, headers=headers)
