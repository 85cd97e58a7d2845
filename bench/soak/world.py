"""What goes on around the phones of the soak: manifests are edited, readers of the API come and go, and so does a receiver of webhooks."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

from bench.manifests import Manifests
from bench.place import place
from bench.soak.phones import AT_A_DESK, CALLERS, DESKS

EDIT_S = 4.0
READ_S = 0.5
STREAMS = 4
STREAM_S = 15.0
RECEIVER_S = 40.0
_LISTS = ("status", "calls", "registrations", "cdrs?limit=50", "trunks", "listeners", "resources", "bans", "webhooks")


class Worker:
    """Does one thing again and again in a thread until it is stopped; `counters` says how often."""

    def __init__(self, name: str, every_s: float, act: Callable[[], None]) -> None:
        self._every_s = every_s
        self._act = act
        self._name = name
        self._stop = threading.Event()
        self.counters: Counter[str] = Counter()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(STREAM_S + 10)

    def _run(self) -> None:
        while not self._stop.wait(self._every_s):
            try:
                self._act()
                self.counters[self._name] += 1
            except (httpx.HTTPError, OSError) as error:
                self.counters[f"{self._name} failed: {type(error).__name__}"] += 1


def more_manifests(manifests: Manifests, carrier_port: int, receiver_port: int) -> None:
    """Beside the extensions: a trunk and who may use it, and webhooks. Few enough calls that none is refused."""
    folder = manifests.root / "tenant-00"
    hook = f"http://{place().phones}:{receiver_port}"
    (folder / "tenant.yaml").write_text(f"""\
apiVersion: trunkline/v1
kind: Tenant
metadata: {{name: tenant-00}}
spec:
  domain: bench.example
  webhooks:
    cdr: {{url: "{hook}/calls"}}
    events: {{url: "{hook}/phones"}}
""")
    (folder / "trunk.yaml").write_text(f"""\
apiVersion: trunkline/v1
kind: Trunk
metadata: {{tenant: tenant-00, name: carrier}}
spec:
  host: "{place().carrier}:{carrier_port}"
  optionsInterval: 5s
---
apiVersion: trunkline/v1
kind: OutboundRule
metadata: {{tenant: tenant-00, name: outside}}
spec:
  match: {{prefixes: ["00", "112"]}}
  routes: [{{trunk: carrier}}]
""")


class Editor:
    """An edit of all extensions of the first file, then a file that is broken, then that one gone again."""

    def __init__(self, manifests: Manifests) -> None:
        self._manifests = manifests
        self._edition = 0

    def __call__(self) -> None:
        self._edition += 1
        broken = self._manifests.root / "tenant-00" / "broken.yaml"
        match self._edition % 4:
            case 1:
                broken.write_text("apiVersion: trunkline/v1\nkind: Extension\nmetadata: {tenant: tenant-00, name: [\n")
            case 2:
                broken.unlink()
            case 3:
                broken.write_text(
                    "apiVersion: trunkline/v1\nkind: OutboundRule\nmetadata: {tenant: tenant-00, name: wrong}\n"
                    "spec: {routes: [{trunk: not-there}]}\n"
                )
            case _:
                broken.unlink()
                self._manifests.rewrite(0, 0, edition=self._edition // 4, more=self._edition // 4 % 5)


class Readers:
    """Asks for lists, one after the other, each with a connection of its own or kept for some."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._chance = random.Random(7)

    def __call__(self) -> None:
        with client(self._socket) as asking:
            for _ in range(self._chance.randrange(1, 4)):
                asking.get(f"/v1/{self._chance.choice(_LISTS)}").raise_for_status()


class Streams:
    """Listens to events for a while, then goes without a word; now and then without reading at all."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._chance = random.Random(9)
        self.events = 0

    def __call__(self) -> None:
        until = time.monotonic() + self._chance.uniform(1.0, STREAM_S)
        with client(self._socket) as asking, asking.stream("GET", "/v1/events") as events:
            events.raise_for_status()
            if self._chance.random() < 0.2:
                time.sleep(max(0.0, until - time.monotonic()))
                return
            with suppress(httpx.ReadTimeout):
                for _ in events.iter_lines():
                    self.events += 1
                    if time.monotonic() > until:
                        return


class Receiver:
    """An HTTP server for webhooks, for a while, then not there for as long."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._server: ThreadingHTTPServer | None = None
        self.taken = 0

    def __call__(self) -> None:
        if self._server is not None:
            self.close()
            return
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", "0")))
                receiver.taken += 1
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # the base class has it so
                """Nothing."""

        self._server = ThreadingHTTPServer((place().phones, self._port), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


def client(socket: Path) -> httpx.Client:
    """Of the control socket."""
    return httpx.Client(transport=httpx.HTTPTransport(uds=str(socket)), base_url="http://trunkline", timeout=STREAM_S)


OUTSIDE = "  mayCallOutside: true\n  outsideLimits: {maxCalls: 0, maxCallsPerMinute: 0}\n"
"""What each extension's spec has besides."""
EXTENSIONS = 100
"""One file of them, of which the phones are the first: callers, desks, and some that are never there."""
assert EXTENSIONS > CALLERS + DESKS * AT_A_DESK + 20
