"""A git server on the server's loopback, in a process of its own.

`GitServer` is the parent's side; run as a module it serves one repository until its
standard input ends.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from types import TracebackType
from wsgiref.simple_server import WSGIRequestHandler, make_server

from dulwich.repo import Repo
from dulwich.server import BackendRepo, DictBackend
from dulwich.web import make_wsgi_chain

from bench.place import place
from bench.trunkline import environment

LOOPBACK = "127.0.0.1"


class GitServer:
    """Serves the repository of that folder; `url` as `trunkline serve` takes it."""

    def __init__(self, root: str) -> None:
        self._root = root

    def __enter__(self) -> GitServer:
        command = place().inside([sys.executable, "-m", "bench.git_server", self._root])
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment(), text=True
        )
        assert self._process.stdout is not None  # a pipe
        self.url = f"git+http://{LOOPBACK}:{int(self._process.stdout.readline())}/pbx.git"
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.communicate(timeout=10)


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        pass


def main() -> None:
    served: dict[str, BackendRepo] = {"/pbx.git": Repo(sys.argv[1])}
    with make_server(LOOPBACK, 0, make_wsgi_chain(DictBackend(served)), handler_class=_Quiet) as server:
        print(server.server_port, flush=True)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        sys.stdin.read()
        server.shutdown()


if __name__ == "__main__":
    main()
