"""What a supervisor that waits for us is told, and that one which does not listen is borne."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from cli.supervisor import tell_supervisor


@pytest.mark.parametrize("is_abstract", [False, True])
def test_the_supervisor_hears(is_abstract: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"\0{tmp_path}" if is_abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(address)
        supervisor.settimeout(1)
        monkeypatch.setenv("NOTIFY_SOCKET", address.replace("\0", "@"))
        tell_supervisor("READY=1")
        assert supervisor.recv(64) == b"READY=1"


def test_without_one_nothing_is_said(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    tell_supervisor("READY=1")
    assert caplog.records == []


def test_one_that_does_not_listen_is_told_of_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    tell_supervisor("READY=1")
    assert "the supervisor can't be told READY=1" in caplog.text
