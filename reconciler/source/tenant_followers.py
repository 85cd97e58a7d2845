"""Follows tenants' own sources, each for itself: one that hangs, fails or pushes without end takes its own turns and nobody else's.

The parent's side, on the engine's loop. Which sources there are, the child says after each round: those that the revision declares
which runs.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.config.ref import ConfigRef
from reconciler.source.follower import Follower
from reconciler.source.hook import Hook
from reconciler.source.mirror import Fetched, Mirror, mirrored_tenants
from reconciler.source.tenant_bounds import FETCH_S
from reconciler.source.tenant_remote import TenantRemote

log = logging.getLogger("trunkline.source")

AT_ONCE: Final = 4
"""So many are fetched at a time."""
REFRESH_S: Final = 30.0
"""Who asks to reconcile now waits so long for all of them; what takes longer is followed when it is there."""


@dataclass(frozen=True, slots=True)
class _Followed:
    remote: TenantRemote
    follower: Follower
    task: asyncio.Task[None]
    hook: Hook | None


class TenantFollowers:
    """Satisfies `TenantSources` and `TenantHooks`. `secret`: the value of a reference, None = it can't be had; `changed`: look anew.

    Use: `follow` after each round; `close` at the end.
    """

    def __init__(
        self,
        data: Path,
        *,
        jitter: Callable[[], float],
        secret: Callable[[str], str | None],
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._data = data
        self._jitter = jitter
        self._secret = secret
        self.changed = changed
        self._followed: dict[str, _Followed] = {}
        self._room = asyncio.Semaphore(AT_ONCE)
        self._leaving: set[asyncio.Task[None]] = set()
        self._fetching: set[asyncio.Task[Fetched]] = set()
        self._has_tidied = False

    def follow(self, wanted: Iterable[TenantRemote]) -> None:
        """From now on these, and no others. One that is as it was goes on as it is."""
        now = {remote.tenant: remote for remote in wanted}
        for tenant in sorted(self._followed.keys() - now.keys()):
            self._leave(tenant, for_good=True)
            log.info("no longer followed: the source of Tenant %s", tenant)
        for tenant, remote in now.items():
            known = self._followed.get(tenant)
            if known is not None and known.remote == remote:
                continue
            if known is not None:
                self._leave(tenant, for_good=False)
            self._followed[tenant] = self._begin(remote)
            log.info("followed: %s", remote.remote.name)
        if not self._has_tidied:
            self._has_tidied = True
            self._run(self._tidied())

    async def _tidied(self) -> None:
        """Of those that ceased to be declared while no server ran, too, nothing stays."""
        for tenant in await asyncio.to_thread(mirrored_tenants, self._data):
            await self._forgotten(tenant)

    def _begin(self, remote: TenantRemote) -> _Followed:
        follower = Follower(
            remote.remote, self._data, poll_s=remote.poll_s, jitter=self._jitter, fetch_s=FETCH_S, room=self._room
        )
        follower.hint()  # at once, and then every `poll_s`
        hook = Hook(lambda: self._secret(remote.hook), follower.hint) if remote.hook else None
        return _Followed(remote, follower, asyncio.create_task(self._tell(follower), name="follow-tenant"), hook)

    async def _tell(self, follower: Follower) -> None:
        async for _ in follower.changes():
            self.changed()

    def _leave(self, tenant: str, *, for_good: bool) -> None:
        self._run(self._left(tenant, self._followed.pop(tenant), for_good=for_good))

    def _run(self, leaving: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(leaving)
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def _left(self, tenant: str, followed: _Followed, *, for_good: bool) -> None:
        followed.task.cancel()
        await asyncio.gather(followed.task, return_exceptions=True)
        await followed.follower.close()
        if for_good:
            await self._forgotten(tenant)

    async def _forgotten(self, tenant: str) -> None:
        """It is another's data, and nobody follows it any more. What ran of it is kept with the revisions."""
        if tenant not in self._followed:
            await asyncio.to_thread(shutil.rmtree, Mirror(self._data, tenant).folder, ignore_errors=True)

    def problems(self) -> Mapping[ConfigRef, str]:
        """What can't be fetched, and why."""
        return {
            ConfigRef("", "TenantSource", tenant): last.problem
            for tenant, followed in self._followed.items()
            if (last := followed.follower.last) is not None and last.problem
        }

    def tips(self) -> Mapping[ConfigRef, str]:
        """The commits that are followed, "" = none yet."""
        found = {tenant: followed.follower.last for tenant, followed in self._followed.items()}
        return {
            ConfigRef("", "TenantSource", tenant): "" if last is None else last.tip for tenant, last in found.items()
        }

    async def refresh(self) -> None:
        """Fetch all of them now, as far as that is soon done."""
        fetches = [asyncio.create_task(followed.follower.fetch()) for followed in self._followed.values()]
        for fetch in fetches:
            self._fetching.add(fetch)
            fetch.add_done_callback(self._fetching.discard)
        if fetches:
            await asyncio.wait(fetches, timeout=REFRESH_S)

    def receive(self, tenant: str, headers: Mapping[str, str], body: bytes) -> bool | None:
        """Whether a webhook for that tenant's source is believed; None: it takes none."""
        followed = self._followed.get(tenant)
        if followed is None or followed.hook is None:
            return None
        return followed.hook.receive(headers, body)

    async def close(self) -> None:
        """End all of it; what was fetched stays."""
        for fetch in self._fetching:
            fetch.cancel()
        for tenant in list(self._followed):
            self._leave(tenant, for_good=False)
        while self._leaving:
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*self._leaving, return_exceptions=True)
