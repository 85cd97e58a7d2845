"""Tenants' own sources are followed each for itself, and no longer than they are declared."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from engine.config.ref import ConfigRef
from reconciler.source.mirror import Mirror
from reconciler.source.remote import Remote
from reconciler.source.tenant_followers import TenantFollowers
from reconciler.source.tenant_remote import TenantRemote
from tests.support.git_repository import Repository

ACME = ConfigRef("", "TenantSource", "acme")
GLOBEX = ConfigRef("", "TenantSource", "globex")


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[Repository]:
    one = Repository(tmp_path / "origin.git", bare=True)
    one.commit({"a.yaml": "a: b"})
    yield one
    one.close()


def declared(tenant: str, url: str, hook: str = "") -> TenantRemote:
    return TenantRemote(remote=Remote(url=url, tenant=tenant), poll_s=3600.0, hook=hook)


def followers(data: Path) -> TenantFollowers:
    return TenantFollowers(data, jitter=lambda: 1.0, secret={"env:HOOK": "shared"}.get)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():
            await asyncio.sleep(0.01)


def test_one_that_fails_is_its_own_trouble(origin: Repository, tmp_path: Path) -> None:
    async def story() -> None:
        found = followers(tmp_path / "data")
        wakes: list[None] = []
        found.changed = lambda: wakes.append(None)
        try:
            found.follow([declared("acme", f"file://{origin.path}"), declared("globex", f"file://{tmp_path}/none")])
            await until(lambda: bool(found.tips().get(ACME)) and GLOBEX in found.problems())
            assert found.problems().keys() == {GLOBEX}
            assert "the source of Tenant globex" in found.problems()[GLOBEX]
            await until(lambda: len(wakes) >= 2)
        finally:
            await found.close()

    asyncio.run(story())


def test_what_is_no_longer_declared_goes(origin: Repository, tmp_path: Path) -> None:
    async def story() -> None:
        found = followers(tmp_path / "data")
        mirror = Mirror(tmp_path / "data", "acme").folder
        try:
            found.follow([declared("acme", f"file://{origin.path}")])
            await until(lambda: bool(found.tips().get(ACME)))
            assert mirror.is_dir()
            found.follow([])
            assert found.tips() == {}
            await until(lambda: not mirror.exists())
        finally:
            await found.close()

    asyncio.run(story())


def test_what_ceased_to_be_declared_while_no_server_ran_goes_at_the_next_start(
    origin: Repository, tmp_path: Path
) -> None:
    async def story() -> None:
        kept, gone = (Mirror(tmp_path / "data", name).folder for name in ("acme", "globex"))
        for folder in (kept, gone):
            folder.mkdir(parents=True)
            (folder / "state.json").write_text("{}")
        found = followers(tmp_path / "data")
        try:
            found.follow([declared("acme", f"file://{origin.path}")])
            await until(lambda: bool(found.tips().get(ACME)) and not gone.exists())
            assert kept.is_dir()
        finally:
            await found.close()

    asyncio.run(story())


def test_a_webhook_is_believed_by_the_secret_of_its_own_source(origin: Repository, tmp_path: Path) -> None:
    async def story() -> None:
        found = followers(tmp_path / "data")
        try:
            acme = declared("acme", f"file://{origin.path}", "env:HOOK")
            found.follow([acme, replace(declared("globex", f"file://{origin.path}"), hook="env:GONE")])
            assert found.receive("acme", {"x-gitlab-token": "shared"}, b"") is True
            assert found.receive("acme", {"x-gitlab-token": "other"}, b"") is False
            assert found.receive("globex", {"x-gitlab-token": "shared"}, b"") is False
            assert found.receive("evil", {"x-gitlab-token": "shared"}, b"") is None
        finally:
            await found.close()

    asyncio.run(story())
