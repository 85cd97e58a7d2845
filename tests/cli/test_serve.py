"""`trunkline serve` as a process: how it starts, refuses to start, and ends. What it does with phones is in tests/e2e."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.exit_code import Exit
from cli.main import app
from cli.serve import Settings
from tests.support.ports import LOOPBACK
from tests.support.trunkline_process import ROOT, Site, answers_options, command_line, write_atomically

pytestmark = pytest.mark.e2e

PATIENCE_S = 20.0


class Run:
    """One run of the server, its output kept."""

    def __init__(self, site: Site, *options: str) -> None:
        self.site = site
        self.out, self.err = site.folder / "out.txt", site.folder / "err.txt"
        arguments = ["serve", str(site.manifests), "--data", str(site.data), "--host", LOOPBACK, *options]
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.process = subprocess.Popen([*command_line(), *arguments], cwd=ROOT, stdout=out, stderr=err)

    def wait_for(self, words: str, where: str = "err") -> None:
        """Until the output has these words."""
        path = self.out if where == "out" else self.err
        deadline = time.monotonic() + PATIENCE_S
        while words not in path.read_text(encoding="utf-8"):
            assert time.monotonic() < deadline, f"no {words!r} in:\n{path.read_text(encoding='utf-8')}"
            assert self.process.poll() is None or words in path.read_text(encoding="utf-8"), path.read_text()
            time.sleep(0.05)

    def wait_for_questions(self) -> None:
        """Until the control socket answers."""
        deadline = time.monotonic() + PATIENCE_S
        while not (self.site.data / "control.sock").is_socket():
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def end(self) -> int:
        return self.process.wait(PATIENCE_S)


@contextmanager
def running(site: Site, *options: str) -> Iterator[Run]:
    run = Run(site, *options)
    try:
        yield run
    finally:
        if run.process.poll() is None:
            run.process.kill()
        run.process.wait()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site.create(tmp_path / "site", tmp_path, ["101", "102"])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_serves_and_ends_cleanly(site: Site, number: signal.Signals) -> None:
    with running(site) as run:
        run.wait_for("ready", "out")
        assert run.out.read_text(encoding="utf-8") == (
            f"listener phones: udp {LOOPBACK}:{site.sip_port}\n"
            "tenant office: office.example, 2 extensions\n"
            f"control socket: {site.data}/control.sock\n"
            "ready\n"
        )
        assert answers_options(site.sip_port, 2.0)
        run.process.send_signal(number)
        assert run.end() == 0
    assert not (site.data / "control.sock").exists()
    assert "Traceback" not in run.err.read_text(encoding="utf-8")


def test_a_broken_set_at_the_first_start_is_waited_for(site: Site) -> None:
    manifest = site.manifest("101")
    good = manifest.read_text(encoding="utf-8")
    write_atomically(manifest, good.replace("password", "pasword"))
    with running(site) as run:
        run.wait_for("extension-101.yaml:5:")
        run.wait_for("held back: unit=office")
        run.wait_for_questions()
        (listener,) = site.wait_for("listeners", lambda items: len(items) == 1, "the listener")
        assert listener["name"] == "phones"
        waiting = [item for item in site.get("resources") if not item["applied"]]
        assert {item["reason"] for item in waiting} == {"NeverAccepted"}
        write_atomically(manifest, good)
        site.wait_for("resources", lambda items: all(item["applied"] for item in items), "all applied")
        run.process.terminate()
        assert run.end() == 0


def test_an_empty_folder_at_the_first_start_is_waited_for(tmp_path: Path) -> None:
    site = Site.create(tmp_path / "site", tmp_path, ["101"])
    contents = {path: path.read_text(encoding="utf-8") for path in site.manifests.iterdir()}
    for path in contents:
        path.unlink()
    with running(site) as run:
        run.wait_for("holds no manifest")
        run.wait_for_questions()
        site.wait_for("listeners", lambda items: items == [], "no listener")
        for path, text in contents.items():
            write_atomically(path, text)
        run.wait_for("ready", "out")
        run.process.terminate()
        assert run.end() == 0


def test_a_port_in_use_is_said_and_waited_for(site: Site) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind((LOOPBACK, site.sip_port))
        with running(site) as run:
            run.wait_for(f"port {site.sip_port}")
            run.wait_for_questions()
            status = json.loads(site.run("get", "status", "--data", str(site.data), "-o", "json").stdout)
            assert status["reconcile"]["history"][0]["result"] == "PrepareRefused"
            taken.close()
            run.wait_for("ready", "out")
            run.process.terminate()
            assert run.end() == 0


def test_a_second_server_on_one_data_folder_is_refused(site: Site) -> None:
    with running(site) as first:
        first.wait_for("ready", "out")
        second = site.run("serve", str(site.manifests), "--data", str(site.data), check=False)
        assert second.returncode == 1
        assert f"another server runs on the data folder {site.data} (process {first.process.pid})" in second.stderr
        assert site.get("listeners")
        first.process.terminate()
        assert first.end() == 0


def test_what_a_killed_server_left_is_no_obstacle(site: Site) -> None:
    with running(site) as first:
        first.wait_for("ready", "out")
        first.process.kill()
        first.end()
    assert (site.data / "control.sock").exists()
    with running(site) as second:
        second.wait_for("ready", "out")
        assert "restored: revision=" in second.err.read_text(encoding="utf-8")
        second.process.terminate()
        assert second.end() == 0


def test_its_child_ends_with_it(site: Site) -> None:
    with running(site) as run:
        run.wait_for("ready", "out")
        children = Path(f"/proc/{run.process.pid}/task/{run.process.pid}/children").read_text(encoding="ascii").split()
        assert children
        run.process.kill()
        run.end()
    deadline = time.monotonic() + PATIENCE_S
    while any(Path(f"/proc/{pid}/cmdline").exists() for pid in children):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_missing_folder(site: Site, tmp_path: Path) -> None:
    done = site.run("serve", str(tmp_path / "nowhere"), "--data", str(site.data), check=False)
    assert done.returncode == 1
    assert "nowhere is not a folder" in done.stderr


def test_a_folder_that_can_not_be_read_is_left_to_the_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root reads everything, so the system's answer is changed instead of the folder."""
    asked: list[Settings] = []

    def serve(settings: Settings) -> Exit:
        asked.append(settings)
        return Exit.FINE

    monkeypatch.setattr("cli.serve.serve", serve)
    monkeypatch.setattr(os, "access", lambda *_, **__: False)
    done = CliRunner().invoke(app, ["serve", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert [settings.source for settings in asked] == [tmp_path]


def test_a_journal_that_can_not_be_written(site: Site) -> None:
    (site.data / "journal").write_text("a file where a folder belongs\n", encoding="utf-8")
    done = site.run("serve", str(site.manifests), "--data", str(site.data), check=False)
    assert done.returncode == 1
    said = f"trunkline serve: journal in {site.data / 'journal'} can't be written"
    assert any(line.startswith(said) for line in done.stderr.splitlines()), done.stderr


WRONG = [
    ("--host", "office.example"),
    ("--host", "0.0.0.0"),
    ("--log-level", "loud"),
    ("--api", "pbx:8888"),
    ("--api", "::1:80"),
    ("--public-url", "http://pbx.example"),
]


@pytest.mark.parametrize("options", WRONG)
def test_wrong_usage(site: Site, options: tuple[str, str]) -> None:
    done = site.run("serve", str(site.manifests), "--data", str(site.data), *options, check=False)
    assert done.returncode == 2
    assert options[1] in done.stderr


def test_no_secret_is_logged(site: Site) -> None:
    with running(site, "--log-level", "debug") as run:
        run.wait_for("ready", "out")
        run.process.terminate()
        run.end()
        for path in (run.out, run.err, *(site.data / "state").rglob("*.json")):
            assert site.password("101") not in path.read_text(encoding="utf-8")


def test_the_environment_may_name_host_and_data(site: Site) -> None:
    environ = {**os.environ, "TRUNKLINE_DATA": str(site.data), "TRUNKLINE_HOST": "127.0.0.2"}
    with running(site) as run:
        run.wait_for("ready", "out")
        run.process.terminate()
        run.end()
    process = subprocess.Popen(
        [*command_line(), "serve", str(site.manifests)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environ,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().decode() == f"listener phones: udp 127.0.0.2:{site.sip_port}\n"
    finally:
        process.terminate()
        process.communicate()
