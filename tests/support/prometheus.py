"""A real Prometheus of the test's own, which scrapes a server's control socket through a small relay, for it knows no Unix sockets."""

from __future__ import annotations

import http.server
import json
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import httpx
import pytest

from tests.support.ports import LOOPBACK

READY_S = 20.0
SCRAPE_S = 30.0


class Prometheus:
    """`query` asks its API."""

    def __init__(self, port: int) -> None:
        self._client = httpx.Client(base_url=f"http://{LOOPBACK}:{port}", timeout=5.0)

    def query(self, expression: str) -> dict[str, float]:
        """What an instant query finds: value by labels, as JSON text."""
        answer = self._client.get("/api/v1/query", params={"query": expression})
        answer.raise_for_status()
        return {
            json.dumps({k: v for k, v in one["metric"].items() if k not in ("instance", "job")}): float(one["value"][1])
            for one in answer.json()["data"]["result"]
        }

    def wait_for(self, expression: str) -> dict[str, float]:
        """Until something is found."""
        deadline = time.monotonic() + SCRAPE_S
        while True:
            try:
                found = self.query(expression)
            except httpx.HTTPError:  # it does not listen yet, or still begins (503)
                found = {}
            if found:
                return found
            assert time.monotonic() < deadline, f"Prometheus finds nothing for {expression}"
            time.sleep(0.1)

    def rules(self) -> dict[str, str]:
        """How each alert stands."""
        groups = self._client.get("/api/v1/rules").json()["data"]["groups"]
        return {rule["name"]: rule["health"] for group in groups for rule in group["rules"]}

    def close(self) -> None:
        self._client.close()


@contextmanager
def scraping(socket_path: Path, folder: Path, rules: Path) -> Iterator[Prometheus]:
    """Prometheus with these rules, in `folder`; ended with the block."""
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("prometheus is not installed; on Debian: apt-get install prometheus")
    with _relay(socket_path) as target:
        settings = folder / "prometheus.yml"
        scrape = {"job_name": "trunkline", "static_configs": [{"targets": [f"{LOOPBACK}:{target}"]}]}
        every = {"scrape_interval": "500ms", "evaluation_interval": "500ms"}
        settings.write_text(json.dumps({"global": every, "rule_files": [str(rules)], "scrape_configs": [scrape]}))
        with _relay(socket_path) as free:
            port = free
        with (folder / "prometheus.log").open("wb") as log:
            process = subprocess.Popen(
                [
                    program,
                    f"--config.file={settings}",
                    f"--storage.tsdb.path={folder / 'tsdb'}",
                    f"--web.listen-address={LOOPBACK}:{port}",
                ],
                stdout=log,
                stderr=log,
            )
        prometheus = Prometheus(port)
        try:
            yield prometheus
        finally:
            prometheus.close()
            process.terminate()
            process.wait(READY_S)


@contextmanager
def _relay(socket_path: Path) -> Iterator[int]:
    class Relay(http.server.BaseHTTPRequestHandler):
        to: ClassVar[Path] = socket_path

        def do_GET(self) -> None:
            with httpx.Client(transport=httpx.HTTPTransport(uds=str(self.to))) as client:
                answer = client.get(f"http://trunkline{self.path}")
            self.send_response(answer.status_code)
            self.send_header("Content-Type", answer.headers["content-type"])
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name there
            """The test's output is not for this."""

    with http.server.ThreadingHTTPServer((LOOPBACK, 0), Relay) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
