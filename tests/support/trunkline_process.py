"""`trunkline serve` as a test runs it: on manifests of its own, free loopback ports and an empty data folder, to be stopped, killed
and started again on the same data; and the other commands beside it.

`Site` is the folder pair (manifests, data) that survives restarts; `Trunkline` is one run of the server on it.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support.phone import Account
from tests.support.ports import LOOPBACK, free_udp_port, free_udp_range

ROOT = Path(__file__).resolve().parents[2]
READY_S = 20.0
COMMAND_S = 20.0
STOP_S = 15.0
POLL_S = 0.1
MEDIA_PORTS = 80
TENANT = "office"
DOMAIN = "office.example"

Json = dict[str, object]


class ServerError(AssertionError):
    """The server did not do what the test needs; carries the end of its log."""


def command_line() -> list[str]:
    """The installed command, or the module where it is not installed."""
    script = Path(sys.executable).with_name("trunkline")
    return [str(script)] if script.exists() else [sys.executable, "-m", "cli.main"]


def write_atomically(path: Path, text: str) -> None:
    """As an editor saves: whole, by renaming."""
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


@dataclass(frozen=True, slots=True)
class Site:
    """Manifests and data below `folder`: one tenant, its extensions each with a password, one UDP listener.

    `folder` is to be short: a Unix socket's address has 107 bytes. `logs`: where the output of each run goes.
    """

    folder: Path
    logs: Path
    sip_port: int
    first_rtp: int

    @classmethod
    def create(cls, folder: Path, logs: Path, extensions: Iterable[str], *, system: str = "") -> Site:
        """`system`: more lines of the System's spec, indented by two."""
        site = cls(folder, logs, free_udp_port(), free_udp_range(MEDIA_PORTS))
        site.manifests.mkdir(parents=True)
        site.data.mkdir(mode=0o700)
        (site.data / "secrets").mkdir(mode=0o700)
        write_atomically(
            site.manifests / "system.yaml",
            f"""\
apiVersion: trunkline/v1
kind: System
metadata: {{name: system}}
spec:
  media:
    ports: "{site.first_rtp}-{site.first_rtp + MEDIA_PORTS - 1}"
{system}---
apiVersion: trunkline/v1
kind: Listener
metadata: {{name: phones}}
spec: {{transport: udp, port: {site.sip_port}, tenant: {TENANT}}}
---
apiVersion: trunkline/v1
kind: Tenant
metadata: {{name: {TENANT}}}
spec: {{domain: {DOMAIN}}}
""",
        )
        for number in extensions:
            site.add_extension(number)
        return site

    @property
    def manifests(self) -> Path:
        return self.folder / "manifests"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def server(self) -> str:
        """host:port of the listener."""
        return f"{LOOPBACK}:{self.sip_port}"

    def manifest(self, number: str) -> Path:
        return self.manifests / f"extension-{number}.yaml"

    def add_tcp_listener(self) -> None:
        """On the port of the UDP one."""
        write_atomically(
            self.manifests / "tcp.yaml",
            f"""\
apiVersion: trunkline/v1
kind: Listener
metadata: {{name: tcp-phones}}
spec: {{transport: tcp, port: {self.sip_port}, tenant: {TENANT}}}
""",
        )

    def remove_tcp_listener(self) -> None:
        (self.manifests / "tcp.yaml").unlink()

    def add_extension(self, number: str, **spec: str) -> None:
        """A manifest of its own and a password; `spec`: more fields, as `ringTime="5s"`. Replaces a manifest that is there."""
        secret = self.data / "secrets" / f"extension-{number}"
        if not secret.exists():
            with os.fdopen(os.open(secret, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as file:
                file.write(self.password(number))
        more = "".join(f"  {name}: {value}\n" for name, value in spec.items())
        write_atomically(
            self.manifest(number),
            f"""\
apiVersion: trunkline/v1
kind: Extension
metadata: {{tenant: {TENANT}, name: "{number}"}}
spec:
  password: {{file: secrets/extension-{number}}}
{more}""",
        )

    def remove_extension(self, number: str) -> None:
        self.manifest(number).unlink()

    def password(self, number: str) -> str:
        return f"open-sesame-{number}-{self.sip_port}"

    def account(
        self, number: str, *, password: str | None = None, domain: str = DOMAIN, transport: str = "udp"
    ) -> Account:
        return Account(
            user=number,
            domain=domain,
            password=self.password(number) if password is None else password,
            server=self.server,
            transport=transport,
        )

    def uri(self, number: str) -> str:
        return f"sip:{number}@{DOMAIN}"

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Another command of the command line, beside the server or without one."""
        done = subprocess.run(
            [*command_line(), *arguments], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", timeout=COMMAND_S
        )
        if check and done.returncode != 0:
            raise ServerError(
                f"trunkline {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
            )
        return done

    def get(self, what: str) -> list[Json]:
        """`trunkline get calls|cdrs|listeners|registrations|resources`, as a list."""
        done = self.run("get", what, "--data", str(self.data), "--output", "json")
        found = json.loads(done.stdout)
        items = found["items"] if isinstance(found, dict) else found
        assert isinstance(items, list)
        return items

    def wait_for(
        self, what: str, holds: Callable[[list[Json]], bool], described: str, timeout: float = 10.0
    ) -> list[Json]:
        """Ask `get what` until the answer holds; ServerError with the last answer if it never does."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                items = self.get(what)
            except ServerError:  # SIP is answered before questions are: a server just started may not take any yet
                if time.monotonic() > deadline:
                    raise
            else:
                if holds(items):
                    return items
                if time.monotonic() > deadline:
                    shown = json.dumps(items, indent=2)
                    raise ServerError(f"get {what}: not within {timeout} s: {described}; it says:\n{shown}")
            time.sleep(POLL_S)

    def status(self) -> str:
        """All that the server says of itself and of following the manifests, as JSON text, from the control socket."""
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(self.data / "control.sock"))) as client:
            answer = client.get("http://trunkline/v1/status")
            answer.raise_for_status()
            return answer.text

    def wait_for_status(self, holds: Callable[[str], bool], described: str, timeout: float = 10.0) -> None:
        """Ask for the status until it holds; ServerError with the last one if it never does."""
        deadline = time.monotonic() + timeout
        while not holds(status := self.status()):
            if time.monotonic() > deadline:
                raise ServerError(f"status: not within {timeout} s: {described}; it says:\n{status}")
            time.sleep(POLL_S)

    def wait_for_cdrs(self, count: int) -> list[Json]:
        """At least so many closed calls."""
        return self.wait_for("cdrs", lambda cdrs: len(cdrs) >= count, f"{count} records")


def outcome(cdr: Json) -> str:
    """`ANSWERED`, `BUSY`, ...: the word for how the call ended."""
    cause = cdr["cause"]
    assert isinstance(cause, dict)
    return str(cause["outcome"])


def is_listening(path: Path) -> bool:
    """Whether somebody takes connections there: the socket of a server that was killed stays behind."""
    try:
        # By its folder's descriptor, for a path of a test may be longer than the address of a socket.
        folder = os.open(path.parent, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        with socket.socket(socket.AF_UNIX) as asking:
            asking.connect(f"/proc/self/fd/{folder}/{path.name}")
    except OSError:
        return False
    finally:
        os.close(folder)
    return True


def answers_options(port: int, timeout: float = 0.3) -> bool:
    """Whether SIP is spoken at that port: any answer to an OPTIONS."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((LOOPBACK, 0))
        probe.settimeout(timeout)
        here = f"{LOOPBACK}:{probe.getsockname()[1]}"
        mark = f"{time.monotonic_ns():x}"
        probe.sendto(
            "\r\n".join(
                [
                    f"OPTIONS sip:{LOOPBACK}:{port} SIP/2.0",
                    f"Via: SIP/2.0/UDP {here};branch=z9hG4bK{mark};rport",
                    "Max-Forwards: 70",
                    f"From: <sip:probe@{here}>;tag={mark}",
                    f"To: <sip:{LOOPBACK}:{port}>",
                    f"Call-ID: {mark}@{here}",
                    "CSeq: 1 OPTIONS",
                    f"Contact: <sip:probe@{here}>",
                    "Content-Length: 0",
                    "\r\n",
                ]
            ).encode(),
            (LOOPBACK, port),
        )
        try:
            return probe.recv(4096).startswith(b"SIP/2.0 ")
        except (TimeoutError, ConnectionRefusedError):
            return False


class Trunkline:
    """One run of the server. Use as a context manager; `stop()` and `kill9()` end it early. `source`: None = the site's manifests."""

    def __init__(self, site: Site, *options: str, source: str | None = None) -> None:
        self.site = site
        self._source = source if source is not None else str(site.manifests)
        runs = len(list(site.logs.glob("serve-*.log")))
        self.log_path = site.logs / f"serve-{runs + 1}.log"
        with self.log_path.open("wb") as log:
            self._process = subprocess.Popen(
                [*self._arguments(), *options], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            self.wait_until_ready()
        except BaseException:
            self.kill9()
            raise

    def _arguments(self) -> Sequence[str]:
        site = self.site
        return [*command_line(), "serve", self._source, "--data", str(site.data), "--host", LOOPBACK]

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def wait_until_ready(self, timeout: float = READY_S) -> None:
        """SIP answers and the control socket does."""
        deadline = time.monotonic() + timeout
        while not (answers_options(self.site.sip_port) and is_listening(self.site.data / "control.sock")):
            if not self.running:
                raise ServerError(f"trunkline serve ended with {self._process.returncode}\n{self.log_tail()}")
            if time.monotonic() > deadline:
                raise ServerError(f"trunkline serve was not ready within {timeout} s\n{self.log_tail()}")
            time.sleep(POLL_S)

    def log_tail(self, lines: int = 40) -> str:
        text = self.log_path.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join([f"{self.log_path}:", *text[-lines:]])

    def stop(self) -> int:
        """SIGTERM, and the exit status; a server that does not end is killed and that is an error."""
        if self.running:
            self._process.terminate()
        try:
            return self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill9()
            raise ServerError(f"trunkline serve did not end within {STOP_S} s of SIGTERM\n{self.log_tail()}") from None

    def kill9(self) -> None:
        """As a power cut: SIGKILL, and nothing is tidied up."""
        if self.running:
            self._process.send_signal(signal.SIGKILL)
        self._process.wait(STOP_S)

    def __enter__(self) -> Trunkline:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
