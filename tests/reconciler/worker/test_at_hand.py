"""What a running server says of its clock, certificates, recordings, PINs and hashes: by itself, once, and only while it is so."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path

import pytest

from reconciler.worker.at_hand import EVERY
from schema.problem import Severity
from tests.reconciler.test_certificates import NOW, pem
from tests.support.following_server import Server
from tests.support.manifest_folder import LISTENER, extension, tenant
from tests.support.manifests import resource

SECURE = (
    "apiVersion: trunkline/v1\nkind: Listener\nmetadata: {name: secure}\n"
    "spec: {transport: tls, tls: {certificate: c.pem, key: {file: k.pem}}}\n"
)
HOURS = resource(
    "OfficeHours", "acme", "main", 'week: {mon-fri: "09:00-17:00"}\ndates: {2026-08-31: closed, 2026-12-25: closed}\n'
)
ROOM = resource("Conference", "acme", "board", "number: '800'\npin: {file: pin}\n")
PROMPT = resource("Prompt", "acme", "hello", "sound: {file: prompts/hello.wav}\n")
ADA = extension("acme", "101").replace("spec: {", "spec: {webPassword: {file: hash}, ")


@pytest.fixture
def server(tmp_path: Path) -> Server:
    started = Server(tmp_path)
    started.now = NOW
    started.environ |= {"PW": "7Kq9vT2mZp4W"}
    (tmp_path / "pin").write_text("1234\n")
    (tmp_path / "hash").write_text("secret\n")
    (tmp_path / "k.pem").write_text("KEY\n")
    for name in ("pin", "hash", "k.pem"):
        (tmp_path / name).chmod(0o600)
    started.folder.write("system.yaml", LISTENER)
    started.folder.write("acme.yaml", tenant("acme"), extension("acme", "101"))
    return started


def warnings(server: Server) -> list[str]:
    server.round()
    told = server.reconciler.status().warnings
    assert {one.severity for one in told} <= {Severity.WARNING.value}
    return [one.rule for one in told if one.rule not in ("secret-missing",)]


def later(server: Server, by: timedelta = EVERY) -> None:
    server.now += by


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (HOURS, "holidays-ending"),
        (ROOM, "pin-weak"),
        (PROMPT, "recording-missing"),
        (SECURE, "certificate-missing"),
    ],
)
def test_what_is_at_hand_is_looked_at(server: Server, text: str, rule: str) -> None:
    server.folder.write("more.yaml", text)
    assert warnings(server) == [rule]
    server.folder.remove("more.yaml")
    assert warnings(server) == []


def test_a_web_password_that_is_no_hash_is_told(server: Server) -> None:
    server.folder.write("acme.yaml", tenant("acme"), ADA)
    assert warnings(server) == ["hash-unusable"]


def test_a_certificate_is_told_as_its_end_comes_and_no_more_when_it_is_renewed(server: Server, tmp_path: Path) -> None:
    (tmp_path / "c.pem").write_bytes(pem("pbx.example.com", -10, 31))
    server.folder.write("more.yaml", SECURE)
    assert warnings(server) == []
    later(server, timedelta(days=2))
    assert warnings(server) == ["certificate-expiring"]
    later(server, timedelta(days=40))
    assert warnings(server) == ["certificate-expired"]
    (tmp_path / "c.pem").write_bytes(pem("pbx.example.com", -10, 200))
    assert warnings(server) == ["certificate-expired"]
    later(server)
    assert warnings(server) == []


def test_it_is_said_once_and_looked_for_every_few_minutes_only(
    server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server.folder.write("more.yaml", ROOM)
    with caplog.at_level(logging.WARNING, logger="trunkline"):
        for _ in range(5):
            assert warnings(server) == ["pin-weak"]
        later(server)
        assert warnings(server) == ["pin-weak"]
    assert len([record for record in caplog.records if "pin-weak" in record.getMessage()]) == 1
    (tmp_path / "pin").write_text("804193\n")
    assert warnings(server) == ["pin-weak"]
    later(server)
    assert warnings(server) == []


def test_what_a_tenant_switches_off_is_not_told_and_that_it_is_needed_no_more_is(server: Server) -> None:
    off = "acme.example, rules: {off: [{rule: holidays-ending, reason: We close in January}]}"
    server.folder.write("acme.yaml", tenant("acme", off), extension("acme", "101"))
    server.folder.write("more.yaml", HOURS)
    assert warnings(server) == []
    server.folder.remove("more.yaml")
    assert warnings(server) == ["rule-off-unused"]
