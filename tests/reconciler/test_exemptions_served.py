"""What a running server makes of rules that are switched off, and of listeners and IP rules that come and go."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.config.ref import ConfigRef
from reconciler.views import Reason
from tests.support.following_server import Server
from tests.support.manifest_folder import LISTENER, extension, tenant

OFF = "acme.example, rules: {off: [{rule: RULE, reason: Phones of a fair are given back tomorrow}]}"
SECURE = LISTENER.replace("name: phones", "name: secure").replace("transport: udp", "transport: tls")
RULE = "apiVersion: trunkline/v1\nkind: IpRule\nmetadata: {name: scanner}\nspec: {network: 198.18.0.7, action: deny}\n"


@pytest.fixture
def server(tmp_path: Path) -> Server:
    started = Server(tmp_path)
    started.environ |= {"PW": "101"}
    started.folder.write("system.yaml", LISTENER)
    started.folder.write("acme.yaml", tenant("acme"), extension("acme", "101"))
    return started


def warnings(server: Server) -> list[str]:
    server.round()
    return [warning.rule for warning in server.reconciler.status().warnings]


def test_what_is_switched_off_is_not_told(server: Server) -> None:
    assert warnings(server) == ["secret-weak"]
    server.folder.write("acme.yaml", tenant("acme", OFF.replace("RULE", "secret-weak")), extension("acme", "101"))
    assert warnings(server) == []
    server.environ["PW"] = "7Kq9vT2mZp4W"
    assert warnings(server) == ["rule-off-unused"]


def test_a_wrong_name_holds_the_tenant_back(server: Server) -> None:
    assert warnings(server) == ["secret-weak"]
    server.folder.write("acme.yaml", tenant("acme", OFF.replace("RULE", "secret-week")), extension("acme", "101"))
    server.round()
    assert server.reason("acme") is Reason.LAST_GOOD_KEPT


def test_a_listener_to_come_and_an_ip_rule_are_held_and_let_go(server: Server) -> None:
    server.folder.write("more.yaml", SECURE, RULE)
    server.round()
    snapshot = server.engine.snapshot
    assert set(snapshot.listeners) == {"phones"}
    assert snapshot.item(ConfigRef("", "Listener", "secure")) is not None
    assert set(snapshot.ip_rules) == {"scanner"}
    server.folder.remove("more.yaml")
    server.round()
    assert (dict(server.engine.snapshot.declared), dict(server.engine.snapshot.ip_rules)) == ({}, {})


def test_an_ip_rule_whose_time_is_over_is_told(server: Server) -> None:
    server.folder.write("more.yaml", RULE.replace("action: deny", "action: deny, expires: 2026-01-31"))
    assert warnings(server) == ["secret-weak", "ip-rule-expired"]
