"""Office hours come, change and go like any resource of a tenant: through the pipe, the cache and the diff."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.config.ref import ConfigRef
from engine.routing.office_hours import in_hours
from reconciler.views import Reason
from tests.support.following_server import Server
from tests.support.manifest_folder import LISTENER, extension, tenant
from tests.support.manifests import office_hours

ACME = tenant("acme").replace("acme.example}", "acme.example, officeHours: main, timeZone: Europe/London}")
SPEC = "week: {mon-fri: '09:00-17:30'}\nholidays: {country: GB, subdivision: ENG}\n"
MONDAY = datetime(2026, 11, 23, 17, 15, tzinfo=UTC)
CHRISTMAS = datetime(2026, 12, 25, 12, 0, tzinfo=UTC)


@pytest.fixture
def server(tmp_path: Path) -> Server:
    made = Server(tmp_path)
    made.folder.write("system.yaml", LISTENER)
    made.folder.write("acme.yaml", ACME, extension("acme", "101"), office_hours("acme", "main", SPEC))
    made.round()
    return made


def is_open(server: Server, at: datetime) -> bool:
    found = server.engine.snapshot.tenants["acme"]
    return in_hours(found, found.extensions["101"], at).is_open


def test_the_engine_knows_who_is_there(server: Server) -> None:
    assert is_open(server, MONDAY)
    assert not is_open(server, CHRISTMAS)
    found = server.engine.snapshot.tenants["acme"]
    step = in_hours(found, None, CHRISTMAS).step
    assert step.why == "Fri 2026-12-25 12:00 in Europe/London is out of hours: Christmas Day (GB-ENG), closed"
    assert str(step.origin) == "acme.yaml:11"


def test_an_edit_changes_the_hours_and_shares_the_rest(server: Server) -> None:
    before = server.engine.snapshot.tenants["acme"]
    shorter = office_hours("acme", "main", SPEC.replace("17:30", "17:00"))
    server.folder.write("acme.yaml", ACME, extension("acme", "101"), shorter)
    server.round()
    after = server.engine.snapshot.tenants["acme"]
    assert not is_open(server, MONDAY)
    assert after.extensions is before.extensions
    assert after.config is before.config
    assert server.reconciler.status().history[0].changed == 1


def test_hours_that_somebody_uses_can_not_go_alone(server: Server) -> None:
    server.folder.write("acme.yaml", ACME, extension("acme", "101"))
    server.round()
    assert server.reason("acme") is Reason.LAST_GOOD_KEPT
    assert is_open(server, MONDAY)


def test_hours_go_with_their_last_use(server: Server) -> None:
    server.folder.write("acme.yaml", tenant("acme"), extension("acme", "101"))
    server.round()
    found = server.engine.snapshot.tenants["acme"]
    assert found.office_hours == {}
    assert ConfigRef("acme", "OfficeHours", "main") not in found.items
    assert is_open(server, CHRISTMAS)


def test_a_restart_serves_them_from_the_cache(server: Server) -> None:
    before = server.engine.snapshot
    assert server.restart() is not None
    assert server.engine.snapshot.revision == before.revision
    assert server.engine.snapshot.tenants["acme"].office_hours == before.tenants["acme"].office_hours
    server.round()
    assert server.engine.applied == []
