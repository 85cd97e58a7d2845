"""`trunkline token` and `trunkline session` on the API of a server: what they show, and what they end."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.access import Access
from api.caller import Scope
from api.tokens import Kind
from cli import sessions, tokens
from cli.exit_code import Exit
from cli.output import Output
from tests.support.access_store import MemoryAccess
from tests.support.following_server import Server
from tests.support.served import served

NOW = datetime(2026, 11, 20, 9, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def data(tmp_path: Path, access: Access) -> Iterator[Path]:
    folder = tmp_path / "d"
    folder.mkdir()
    with served(Server(tmp_path / "s"), folder, access=access):
        yield folder


@pytest.fixture
def access() -> Access:
    """With a token, a session that it opened, and one that nobody did."""
    access = Access(MemoryAccess(), lambda: NOW)

    async def fill() -> None:
        await access.tokens.load()
        token, _ = await access.tokens.make(Kind.TOKEN, "grafana", Scope.ADMIN, None, timedelta(days=1))
        for name, opened_by in (("page of ada", None), ("page of grafana", token.id)):
            life = timedelta(hours=12)
            await access.tokens.make(Kind.SESSION, name, Scope.READ, "acme", life, opened_by=opened_by)

    asyncio.run(fill())
    return access


def test_a_token_waits_for_a_server_that_has_just_been_started(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = MemoryAccess()
    access = Access(store, lambda: NOW)
    folder = tmp_path / "d"
    folder.mkdir()
    with served(Server(tmp_path / "s"), folder, access=access):
        opening = threading.Timer(0.3, lambda: asyncio.run(access.tokens.load()))
        opening.start()
        assert tokens.create(folder, "grafana", "read", None, "1d", Output.TEXT) is Exit.FINE
        opening.join()
    assert capsys.readouterr().out.startswith("tl_")
    assert [(one.what, one.result) for one in store.trail] == [("token create", "done")]


def test_tokens_are_listed_to_the_second(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tokens.list_tokens(data, Output.TEXT) is Exit.FINE
    (line,) = capsys.readouterr().out.splitlines()[1:]
    assert line.split()[:5] == ["grafana", "admin", "all", "2026-11-21T09:00:00Z", "never"]


def test_sessions_are_listed_with_what_opened_them(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sessions.list_sessions(data, Output.TEXT) is Exit.FINE
    first, second = capsys.readouterr().out.splitlines()[1:]
    assert first.split()[1:] == (
        [
            "page",
            "of",
            "ada",
            "read",
            "acme",
            "2026-11-20T09:00:00Z",
            "2026-11-20T21:00:00Z",
            "never",
            "control",
            "socket",
        ]
    )
    assert second.split()[-1] == "grafana"
    assert sessions.list_sessions(data, Output.JSON) is Exit.FINE
    assert {one["name"] for one in json.loads(capsys.readouterr().out)} == {"page of ada", "page of grafana"}


def test_sessions_are_ended_one_by_one_and_with_their_token(
    data: Path, access: Access, capsys: pytest.CaptureFixture[str]
) -> None:
    ada, _ = access.tokens.valid(Kind.SESSION)
    assert sessions.end(data, [ada.id]) is Exit.FINE
    assert [one.name for one in access.tokens.valid(Kind.SESSION)] == ["page of grafana"]
    assert sessions.end(data, [ada.id]) is Exit.PROBLEMS
    assert "trunkline session list" in capsys.readouterr().err
    assert tokens.revoke(data, "grafana") is Exit.FINE
    assert access.tokens.valid(Kind.SESSION) == []
