"""What people have set, between the calls that ask it and the database that keeps it.

Read at start with the standard library alone, as bindings are: the first call is decided by it, before SQLAlchemy is imported. A change is
stored first and counts then, so what was answered with success survives `kill -9`. An extension that a revision has no more loses what its
person had set as soon as that revision is applied: one of the same name later begins anew.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from engine.config.extension import ExtensionConfig
from engine.config.ref import ConfigRef
from engine.config.snapshot import Snapshot, TenantSnapshot
from engine.errors import EngineError, JournalError, NotFound
from engine.ports import PreferenceStore
from engine.preferences import PreferenceChange, PreferenceKey, Preferences, changed, may_change, preferences_of
from engine.routing.preference_check import check, standing
from engine.views import PreferencesView, SetView

_log: Final = logging.getLogger("trunkline.storage")

PREFERENCE_COLUMNS: Final = ("tenant", "extension", "document")
"""Of table `preference`."""
_AGAIN_S: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmPreferences:
    """`problem`: why there are none, or fewer than there should be; None also where there is no database yet. `is_whole`: all were read."""

    preferences: tuple[Preferences, ...]
    problem: str | None
    is_whole: bool


def warm_preferences(path: Path) -> WarmPreferences:
    """All that an SQLite database has. Blocking."""
    if not path.exists():
        return WarmPreferences(preferences=(), problem=None, is_whole=True)
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=2.0)) as connection:
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'preference'").fetchall():
                return WarmPreferences(preferences=(), problem=None, is_whole=True)
            rows = connection.execute(f"SELECT {', '.join(PREFERENCE_COLUMNS)} FROM preference").fetchall()  # noqa: S608 - constants
    except sqlite3.Error as error:
        problem = f"what people have set can't be read from {path}: {error}; it counts again once the database is open"
        return WarmPreferences(preferences=(), problem=problem, is_whole=False)
    found = readable(rows)
    lost = len(rows) - len(found)
    told = f"what {lost} people have set can't be read from {path}, and counts for nothing" if lost else None
    return WarmPreferences(preferences=tuple(found), problem=told, is_whole=True)


def readable(rows: Sequence[Sequence[object]]) -> list[Preferences]:
    """Of rows, in the order of PREFERENCE_COLUMNS, those that are understood."""
    found: list[Preferences] = []
    for tenant, extension, text in rows:
        try:
            found.append(preferences_of(str(tenant), str(extension), str(text)))
        except ValueError:
            continue
    return found


class PreferenceKeeper:
    """`held`: what calls ask; `store`: None while the database is not open, `problem`: why; `mark`: what changed, for who watches.

    `load` before the first call, `heed` with each applied snapshot, `keep_house` every second, `close` before the database is.
    """

    def __init__(
        self,
        held: dict[PreferenceKey, Preferences],
        store: Callable[[], PreferenceStore | None],
        problem: Callable[[], str | None],
        snapshot: Callable[[], Snapshot],
        utc_now: Callable[[], datetime],
        mark: Callable[[PreferenceKey], None],
    ) -> None:
        self.held = held
        self._store = store
        self._problem = problem
        self._snapshot = snapshot
        self._utc_now = utc_now
        self._mark = mark
        self._writing = asyncio.Lock()
        self._is_whole = True
        self._has_snapshot = False
        self._gone: set[PreferenceKey] = set()
        self._task: asyncio.Task[None] | None = None
        self._next_at = 0.0

    async def load(self, path: Path) -> None:
        warm = await asyncio.to_thread(warm_preferences, path)
        if warm.problem is not None:
            _log.warning("%s", warm.problem)
        self._is_whole = warm.is_whole
        self.held.update({one.key: one for one in warm.preferences})

    def heed(self, before: Snapshot, after: Snapshot) -> None:
        """Forget what was set for extensions that are gone. A tenant that was not there before, either, may only be held back."""
        gone: list[PreferenceKey] = []
        for key in self.held:
            now, was = after.tenants.get(key[0]), before.tenants.get(key[0])
            if now is None:
                if was is not None:
                    gone.append(key)
            elif now is not was:
                if _ref(key) not in now.items:
                    gone.append(key)
                else:
                    self._mark(key)
        for key in gone:
            del self.held[key]
            self._mark(key)
        self._gone.update(gone)
        if gone:
            _log.info("what people had set is forgotten, for their extensions are gone: %s", _named(gone))
        self._has_snapshot = True

    def keep_house(self, now: float) -> None:
        """Write what is forgotten, and read what could not be read at start."""
        waits = (self._gone or not self._is_whole) and self._has_snapshot
        if waits and self._task is None and now >= self._next_at and self._store() is not None:
            self._next_at = now + _AGAIN_S
            self._task = asyncio.get_running_loop().create_task(self._catch_up(), name="preferences")

    @property
    def is_writing(self) -> bool:
        """Whether what `keep_house` began is still under way."""
        return self._task is not None

    async def close(self) -> None:
        """Write what is left, if the database is open."""
        if self._task is not None:
            await self._task
        if self._gone and self._store() is not None:
            await self._catch_up()

    # PreferenceControl

    def keys(self, tenant: str | None) -> Sequence[PreferenceKey]:
        return sorted(key for key in self.held if (tenant is None or key[0] == tenant) and self._is_there(key))

    def view(self, tenant: str, extension: str) -> PreferencesView:
        owner, config = self._found(tenant, extension)
        return self._view(owner, config)

    def view_if_any(self, key: PreferenceKey) -> PreferencesView:
        """Also of one that is gone."""
        try:
            return self.view(*key)
        except NotFound:
            tenant, extension = key
            return PreferencesView(
                tenant=tenant,
                extension=extension,
                number="",
                may_change=(),
                status=Preferences(tenant=tenant, extension=extension).status,
                forwarding=None,
                greeting=None,
                queues=(),
                said=(),
            )

    async def prefer(
        self,
        tenant: str,
        extension: str,
        change: PreferenceChange,
        by: str,
        agreed: Callable[[], None] = lambda: None,
    ) -> PreferencesView:
        async with self._writing:
            owner, config = self._found(tenant, extension)
            agreed()
            check(self._snapshot(), owner, config, change, self._utc_now())
            store = self._store()
            if store is None or not self._is_whole:
                why = self._problem() or "what was set before the start is not read yet; try again in a moment"
                raise JournalError(f"what people set can't be stored now: {why}")
            key = (tenant, extension)
            before = self.held.get(key) or Preferences(tenant=tenant, extension=extension)
            after = changed(before, change, self._utc_now(), by)
            if after == before:
                return self._view(owner, config)
            if after.is_empty:
                await store.remove_preferences([key])
            else:
                await store.put_preferences(after)
            self._gone.discard(key)
            if not self._is_there(key):
                self._gone.add(key)  # a revision without it came meanwhile
                raise NotFound(_unknown(tenant, extension))
            if after.is_empty:
                self.held.pop(key, None)
            else:
                self.held[key] = after
            self._mark(key)
            return self.view(tenant, extension)

    async def _catch_up(self) -> None:
        try:
            async with self._writing:
                store = self._store()
                if store is None:
                    return
                if not self._is_whole:
                    for one in await store.preferences():
                        if self._is_there(one.key):
                            self.held.setdefault(one.key, one)
                            self._mark(one.key)
                    self._is_whole = True
                gone = list(self._gone)
                if gone:
                    await store.remove_preferences(gone)
                    self._gone.difference_update(gone)
        except EngineError as error:
            _log.warning("what people had set can't be forgotten yet: %s", error)
        finally:
            self._task = None

    def _is_there(self, key: PreferenceKey) -> bool:
        owner = self._snapshot().tenants.get(key[0])
        return owner is not None and _ref(key) in owner.items

    def _view(self, owner: TenantSnapshot, config: ExtensionConfig) -> PreferencesView:
        key = (config.tenant, config.name)
        held = self.held.get(key) or Preferences(tenant=config.tenant, extension=config.name)
        snapshot, now = self._snapshot(), self._utc_now()
        said: list[SetView] = []
        for name, who in held.said:
            counts, note = standing(snapshot, owner, config, held, name, now)
            said.append(SetView(allowance=name, since=who.since, by=who.by, counts=counts, note=note))
        return PreferencesView(
            tenant=config.tenant,
            extension=config.name,
            number=config.number,
            may_change=may_change(owner.config, config),
            status=held.status,
            forwarding=held.forwarding,
            greeting=held.greeting,
            queues=held.queues,
            said=tuple(said),
        )

    def _found(self, tenant: str, extension: str) -> tuple[TenantSnapshot, ExtensionConfig]:
        owner = self._snapshot().tenants.get(tenant)
        config = None if owner is None else owner.items.get(_ref((tenant, extension)))
        if owner is None or not isinstance(config, ExtensionConfig):
            raise NotFound(_unknown(tenant, extension))
        return owner, config


def _ref(key: PreferenceKey) -> ConfigRef:
    return ConfigRef(key[0], "Extension", key[1])


def _unknown(tenant: str, extension: str) -> str:
    return f"no manifest that runs declares Extension {tenant}/{extension}; `trunkline get resources --kind Extension` lists them"


def _named(keys: Sequence[PreferenceKey], most: int = 10) -> str:
    told = ", ".join("/".join(key) for key in sorted(keys)[:most])
    return told if len(keys) <= most else f"{told} and {len(keys) - most} more"
