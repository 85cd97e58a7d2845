"""The control socket's file: for its owner only, a dead one replaced, a live one respected, deep folders no obstacle."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from api.control_socket import NAME, SocketTaken, connect, listen, remove


def test_it_is_for_its_owner_only(tmp_path: Path) -> None:
    with listen(tmp_path):
        assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600
        connect(tmp_path, 1.0).close()


def test_one_left_behind_is_replaced(tmp_path: Path) -> None:
    listen(tmp_path).close()
    assert (tmp_path / NAME).is_socket()
    with listen(tmp_path):
        connect(tmp_path, 1.0).close()


def test_a_file_in_its_place_is_replaced(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("not a socket", encoding="utf-8")
    with listen(tmp_path):
        connect(tmp_path, 1.0).close()


def test_a_live_one_is_respected(tmp_path: Path) -> None:
    with listen(tmp_path):
        with pytest.raises(SocketTaken, match="another server"):
            listen(tmp_path)
        connect(tmp_path, 1.0).close()


def test_a_folder_may_lie_deeper_than_socket_addresses_reach(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100) / ("e" * 100)
    deep.mkdir(parents=True)
    with listen(deep):
        connect(deep, 1.0).close()


def test_nobody_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        connect(tmp_path, 1.0)
    with pytest.raises(FileNotFoundError):
        connect(tmp_path / "nowhere", 1.0)


def test_removing_twice_is_no_error(tmp_path: Path) -> None:
    listen(tmp_path).close()
    remove(tmp_path)
    remove(tmp_path)
    assert not (tmp_path / NAME).exists()


def test_drafts_are_not_left(tmp_path: Path) -> None:
    with listen(tmp_path) as server:
        assert isinstance(server, socket.socket)
        assert [path.name for path in tmp_path.iterdir()] == [NAME]
