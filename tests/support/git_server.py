"""A git server on this machine that speaks HTTP, with a token where one is asked for. Runs in a thread; use as a context manager."""

from __future__ import annotations

import base64
import hmac
import threading
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from dulwich.repo import Repo
from dulwich.server import BackendRepo, DictBackend
from dulwich.web import make_wsgi_chain


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        pass


class GitServer:
    """Serves one repository as `/pbx.git`. `token`: None = everybody may read; `asked`: requests so far; `status`: of all answers.

    `authorizations`: what each request brought as such a header.
    """

    def __init__(self, repository: Path, token: str | None = None) -> None:
        self.token = token
        self.asked = 0
        self.authorizations: list[str] = []
        self.status: str | None = None
        self._repo = Repo(str(repository))
        served: dict[str, BackendRepo] = {"/pbx.git": self._repo}
        app = make_wsgi_chain(DictBackend(served))
        self._server: WSGIServer = make_server("127.0.0.1", 0, self._guarded(app), handler_class=_Quiet)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"git+http://127.0.0.1:{self._server.server_port}/pbx.git"

    def _guarded(self, app: WSGIApplication) -> WSGIApplication:
        def guarded(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            self.asked += 1
            self.authorizations.append(environ.get("HTTP_AUTHORIZATION", ""))
            if self.status is not None:
                start_response(self.status, [("Content-Type", "text/plain")])
                return [b"no"]
            if self.token is not None and not self._is_let_in(environ.get("HTTP_AUTHORIZATION", "")):
                start_response("401 Unauthorized", [("WWW-Authenticate", 'Basic realm="git"')])
                return [b""]
            return app(environ, start_response)

        return guarded

    def _is_let_in(self, header: str) -> bool:
        scheme, _, given = header.partition(" ")
        if scheme.lower() != "basic":
            return False
        _, _, password = base64.b64decode(given).decode().partition(":")
        return hmac.compare_digest(password, self.token or "")

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join(5)
        self._server.server_close()
        self._repo.close()

    def __enter__(self) -> GitServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
