"""`trunkline doctor` on machines that the test makes: an address that is not there, a port that is taken, and a server that runs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.e2e.office import ADA, GRACE
from tests.support.network_namespace import Namespace, network_namespace
from tests.support.phone_bare import BarePhone
from tests.support.trunkline_process import ROOT, Site, Trunkline, command_line

HOLD = "import socket,sys; s = socket.socket(2, 2); s.bind((sys.argv[1], int(sys.argv[2]))); print('held', flush=True); sys.stdin.read()"
ADDRESS = "198.51.100.10"


def findings(*arguments: str, namespace: Namespace | None = None) -> tuple[int, dict[str, list[tuple[str, str]]]]:
    """Exit status, and by check what was found."""
    within = [] if namespace is None else namespace.command
    command = [*within, *command_line(), "doctor", *arguments, "--output", "json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=50)
    found: dict[str, list[tuple[str, str]]] = {}
    for one in json.loads(done.stdout)["findings"]:
        found.setdefault(one["check"], []).append((one["level"], one["what"]))
    return done.returncode, found


def test_a_server_that_works_and_its_phones(tmp_path: Path) -> None:
    site = Site.create(tmp_path / "s", tmp_path, [ADA, GRACE])
    with Trunkline(site) as server, BarePhone(site.account(ADA)) as phone:
        phone.register()
        site.wait_for("registrations", bool, "a registration")
        _, found = findings("--data", str(site.data))
    assert found["server"] == [("ok", f"a server answers (process {server.pid})")]
    assert found["ports"] == [("ok", f"listener phones: udp 127.0.0.1:{site.sip_port} is listened on")]
    assert found["alg"] == [("ok", "no sign of one in 1 registrations")]
    for check in ("manifests", "trunks", "database", "journal", "folder", "filesystem"):
        assert {level for level, _ in found[check]} <= {"ok", "warning"}, found[check]


def test_an_address_that_is_not_there_and_a_port_that_somebody_has(tmp_path: Path) -> None:
    site = Site.create(tmp_path / "s", tmp_path, [ADA])
    asked = (str(site.manifests), "--data", str(site.data), "--host", ADDRESS)
    with network_namespace() as namespace:
        status, found = findings(*asked, namespace=namespace)
        assert status == 1
        assert ("problem", f"listener phones: {ADDRESS} is no address of this machine") in found["address"]
        assert found["ports"][0][1].endswith("can not be bound: the address is not this machine's")
        namespace.add_address(ADDRESS)
        _, found = findings(*asked, namespace=namespace)
        assert found["address"] == [("ok", f"phones are told {ADDRESS}")]
        assert found["ports"][0][0] == "ok"
        holding = subprocess.Popen(
            [*namespace.command, sys.executable, "-c", HOLD, ADDRESS, str(site.sip_port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        with holding:
            assert holding.stdout is not None
            assert holding.stdout.readline() == "held\n"
            status, found = findings(*asked, namespace=namespace)
            holding.communicate(timeout=10)
        assert status == 1
        assert f"another program has the port; python3 (process {holding.pid})" in found["ports"][0][1].replace(
            Path(sys.executable).name, "python3"
        )
