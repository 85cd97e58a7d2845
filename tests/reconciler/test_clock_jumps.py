"""The wall clock is set back, or forth: what is told keeps its order, rounds go on, and no duration is counted by it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from reconciler.views import ConditionType, Reason
from tests.support.following_server import Server
from tests.support.manifest_folder import LISTENER, extension, tenant

JUMPS = [timedelta(days=-400), timedelta(seconds=-5), timedelta(days=400)]


@pytest.fixture
def server(tmp_path: Path) -> Server:
    started = Server(tmp_path)
    started.folder.write("system.yaml", LISTENER)
    started.folder.write("acme.yaml", tenant("acme"), extension("acme", "101"))
    started.round()
    return started


def rename(server: Server, display: str) -> None:
    server.folder.write("acme.yaml", tenant("acme"), extension("acme", "101", display=display))
    server.round()


@pytest.mark.parametrize("jump", JUMPS)
def test_a_change_is_followed_and_history_keeps_the_order_of_what_happened(server: Server, jump: timedelta) -> None:
    rename(server, "Ada")
    server.now += jump
    rename(server, "Grace")
    assert server.extensions("acme") == {"101": "Grace"}
    first_last = [entry.revision for entry in server.reconciler.status().history]
    assert first_last[0] == server.reconciler.status().revision
    assert len(set(first_last)) == len(first_last) == 3


@pytest.mark.parametrize("jump", JUMPS)
def test_a_condition_that_does_not_turn_keeps_its_moment(server: Server, jump: timedelta) -> None:
    def moments() -> dict[ConditionType, object]:
        return {condition.type: condition.since for condition in server.unit("acme").conditions}

    before = moments()
    server.now += jump
    rename(server, "Grace")
    assert moments() == before


@pytest.mark.parametrize("jump", JUMPS)
def test_a_fault_is_told_and_mended_across_a_jump(server: Server, jump: timedelta) -> None:
    server.folder.write("acme.yaml", "kind: [")
    server.round()
    assert server.reason("acme") is Reason.LAST_GOOD_KEPT
    server.now += jump
    rename(server, "Grace")
    assert server.reason("acme") is Reason.IN_SYNC
    turned = next(c.since for c in server.unit("acme").conditions if c.type is ConditionType.APPLIED)
    assert turned <= server.now


@pytest.mark.parametrize("jump", JUMPS)
def test_a_round_lasts_as_long_as_the_monotonic_clock_says(server: Server, jump: timedelta) -> None:
    server.now += jump
    rename(server, "Grace")
    assert server.reconciler.status().history[0].duration_s == 0.0


@pytest.mark.parametrize("jump", JUMPS)
def test_a_restart_after_a_jump_goes_on_from_the_last_revision(server: Server, jump: timedelta) -> None:
    rename(server, "Ada")
    server.now += jump
    rename(server, "Grace")
    server.restart()
    assert server.extensions("acme") == {"101": "Grace"}
    server.round()
    assert server.extensions("acme") == {"101": "Grace"}
