"""The audit trail: every command leaves an entry, whatever comes of it, and a store that fails stops none."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from api.audit import Audit
from api.caller import CONTROL_SOCKET, Caller, Scope
from engine.errors import NotFound
from reconciler.errors import OrderRefused
from tests.support.access_store import MemoryAccess

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
CALLER = Caller(name="ops", scope=Scope.OPERATE, tenant="acme")


def command(audit: Audit, error: BaseException | None = None, caller: Caller = CALLER) -> None:
    async def story() -> None:
        async with audit.order(caller, "hang up", "0199-1", tenant="acme", author="ada"):
            if error is not None:
                raise error

    asyncio.run(story())


RESULTS = [
    (None, "done"),
    (NotFound("no live call 0199-1"), "refused: no live call 0199-1"),
    (OrderRefused("the plan is another by now"), "refused: the plan is another by now"),
    (ValueError("the password is x"), "failed: ValueError"),
]


@pytest.mark.parametrize(("error", "result"), RESULTS)
def test_it_says_who_did_what_and_what_came_of_it(error: Exception | None, result: str) -> None:
    store = MemoryAccess()
    audit = Audit(store, lambda: NOW)
    if error is None:
        command(audit)
    else:
        with pytest.raises(type(error)):
            command(audit, error)
    (entry,) = store.trail
    assert (entry.at, entry.who, entry.what, entry.target, entry.tenant, entry.result) == (
        NOW, "ops", "hang up", "0199-1", "acme", result,
    )  # fmt: skip


def test_who_uses_the_control_socket_says_who_that_is() -> None:
    store = MemoryAccess()
    command(Audit(store, lambda: NOW), caller=CONTROL_SOCKET)
    assert [entry.who for entry in store.trail] == ["control socket: ada"]


def test_a_store_that_fails_stops_no_command_and_gets_it_later(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    store = MemoryAccess()
    store.problem = "the disk is full"
    audit = Audit(store, lambda: NOW)
    command(audit)
    command(audit)
    assert (store.trail, "audit: who='ops' what='hang up'" in caplog.text) == ([], True)
    store.problem = None
    asyncio.run(audit.write())
    assert [entry.seq for entry in store.trail] == [1, 2]
    asyncio.run(audit.write())
    assert len(store.trail) == 2


def test_no_line_is_forged() -> None:
    store = MemoryAccess()
    audit = Audit(store, lambda: NOW)
    asyncio.run(audit.note("ops\nforged", "hang up", "x" * 5000, None, "done"))
    assert len(store.trail[0].target) == 500


def test_what_is_older_than_a_year_goes() -> None:
    store = MemoryAccess()
    audit = Audit(store, lambda: NOW)
    command(audit)
    later = Audit(store, lambda: NOW + timedelta(days=365, seconds=1))

    async def story() -> None:
        running = asyncio.create_task(later.run())
        async with asyncio.timeout(5):
            while store.trail:
                await asyncio.sleep(0.001)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(story())
