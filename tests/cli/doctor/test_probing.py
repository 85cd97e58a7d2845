"""What is read from /proc, SQLite and sockets; texts of other machines, and this one."""

from __future__ import annotations

import os
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from cli.doctor import probe_host, probe_network, probe_storage
from cli.doctor.asking import parse_contact
from cli.doctor.command import doctor
from cli.exit_code import Exit
from cli.output import Output
from tests.support.ports import LOOPBACK

MOUNTS = """\
22 1 254:0 / / rw - ext4 /dev/vda rw
30 22 0:30 / /srv rw - nfs4 server:/srv rw
31 30 0:31 / /srv/trunk\\040line rw shared:3 - xfs /dev/vdb rw
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/var/lib", "ext4"), ("/srv", "nfs4"), ("/srv/x", "nfs4"), ("/srvx", "ext4"), ("/srv/trunk line/data", "xfs")],
)
def test_a_file_system_is_that_of_the_innermost_mount(path: str, kind: str) -> None:
    assert probe_storage.parse_filesystem(MOUNTS, path) == kind


@pytest.mark.parametrize(
    ("text", "ranges"),
    [("", ()), ("5060", ((5060, 5060),)), ("5060,33000-65000", ((5060, 5060), (33000, 65000)))],
)
def test_ranges(text: str, ranges: tuple[tuple[int, int], ...]) -> None:
    assert probe_host.parse_ranges(text) == ranges


def test_the_share_of_stolen_time() -> None:
    assert probe_host.parse_steal("cpu  60 0 20 10 0 0 0 10 0 0\ncpu0 1 2\n") == 0.1
    assert probe_host.parse_steal("") == 0.0


@pytest.mark.parametrize(
    ("release", "version"), [("6.1.0-37-amd64", (6, 1)), ("4.18.0-553.el8", (4, 18)), ("odd", (0, 0))]
)
def test_a_kernels_version(release: str, version: tuple[int, int]) -> None:
    assert probe_host.parse_release(release) == version


LIMITS = "Limit           Soft Limit  Hard Limit  Units\nMax open files  1024        {}        files\n"


@pytest.mark.parametrize(("hard", "value"), [("4096", 4096), ("unlimited", -1)])
def test_the_limit_of_open_files(hard: str, value: int) -> None:
    assert probe_host.parse_open_files(LIMITS.format(hard)) == value


@pytest.mark.parametrize(
    ("contact", "place"),
    [
        ("sip:101@192.168.1.5:5062", ("192.168.1.5", 5062)),
        ("sip:101@192.168.1.5", ("192.168.1.5", 5060)),
        ("sip:101@[2001:db8::1]:5062;transport=tcp", ("2001:db8::1", 5062)),
        ("sip:101@phone.example;ob", ("phone.example", 5060)),
        ("sip:192.0.2.1", ("192.0.2.1", 5060)),
    ],
)
def test_where_a_contact_is(contact: str, place: tuple[str, int]) -> None:
    assert parse_contact(contact) == place


@pytest.mark.parametrize(("transport", "kind"), [("udp", socket.SOCK_DGRAM), ("tcp", socket.SOCK_STREAM)])
def test_who_has_a_port_is_found(transport: str, kind: socket.SocketKind) -> None:
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind((LOOPBACK, 0))
        if transport == "tcp":
            taken.listen()
        port = taken.getsockname()[1]
        assert probe_network.refusal(transport, LOOPBACK, port) == "another program has the port"
        assert f"(process {os.getpid()})" in str(probe_network.holder(transport, LOOPBACK, port))
    assert probe_network.refusal(transport, LOOPBACK, port) is None
    assert probe_network.holder(transport, LOOPBACK, port) is None


def test_whose_address_it_is() -> None:
    assert probe_network.is_local(LOOPBACK)
    assert not probe_network.is_local("192.0.2.77")


def test_a_database_that_is_damaged_is_found(tmp_path: Path) -> None:
    file = tmp_path / "trunkline.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE t (a)")
        connection.executemany("INSERT INTO t VALUES (?)", [("x" * 500,) for _ in range(200)])
        connection.commit()
    assert probe_storage.database(tmp_path).check == "ok"
    content = bytearray(file.read_bytes())
    content[8192:20480] = os.urandom(12288)
    file.write_bytes(bytes(content))
    assert probe_storage.database(tmp_path).check not in ("ok", None)


def test_a_data_folder_that_is_open_to_others(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "secrets").mkdir(parents=True)
    (data / "secrets" / "shut").write_text("x")
    (data / "secrets" / "shut").chmod(0o600)
    (data / "secrets" / "open").write_text("x")
    (data / "secrets" / "open").chmod(0o644)
    data.chmod(0o755)
    found = probe_storage.folder(data)
    assert (found.mode, found.open_secrets, found.writable) == (0o755, ("secrets/open",), True)
    assert probe_storage.folder(tmp_path / "none").exists is False


def test_this_machine_can_be_looked_at() -> None:
    host = probe_host.machine(os.getpid())
    assert host is not None
    assert host.cores >= 1
    assert host.kernel > (3, 0)
    assert probe_host.descriptors(os.getpid()) == probe_host.descriptors(None)


@pytest.mark.parametrize("host", ["", "1.2.3", "pbx.example", "0.0.0.0"])  # refused
def test_a_host_that_is_no_address_is_told(tmp_path: Path, host: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor(None, tmp_path, host, Output.TEXT) is Exit.USAGE
    assert f'--host "{host}" is n' in capsys.readouterr().err
