"""What people set: stored before it counts, forgotten with their extensions, and back after a restart before the database is open."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest

from engine.config.snapshot import Snapshot
from engine.errors import JournalError, NotChangeable, NotFound
from engine.preferences import FORWARDING, STATUS, PreferenceChange, PreferenceKey, Preferences
from engine.runtime.database.database import Database
from engine.runtime.database.preference_store import SqlPreferenceStore
from engine.runtime.preference_keeper import PreferenceKeeper, warm_preferences
from engine.views import PreferencesView
from tests.support.memory_preferences import MemoryPreferences
from tests.support.routed import extension, snapshot, tenant

T = TypeVar("T")

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
BOTH = (STATUS, FORWARDING)
DND = PreferenceChange(fields=frozenset({"status"}), status="doNotDisturb")
NOTHING = PreferenceChange(fields=frozenset({"status", "forwarding", "greeting", "queues"}))


def company(*numbers: str, may_change: tuple[str, ...] = BOTH, name: str = "acme") -> Snapshot:
    return snapshot(tenant(*[extension(n, tenant=name, may_change=may_change) for n in numbers], name=name))


class Keeper:
    """A keeper over a store in memory, and the snapshot that it is told of."""

    def __init__(self, *numbers: str) -> None:
        self.store: MemoryPreferences | None = MemoryPreferences()
        self.snapshot = Snapshot.empty()
        self.held: dict[PreferenceKey, Preferences] = {}
        self.marked: list[PreferenceKey] = []
        self.keeper = PreferenceKeeper(
            self.held,
            store=lambda: self.store,
            problem=lambda: "the disk is full",
            snapshot=lambda: self.snapshot,
            utc_now=lambda: NOW,
            mark=self.marked.append,
        )
        self.apply(company(*(numbers or ("101", "102"))))

    def apply(self, after: Snapshot) -> None:
        before, self.snapshot = self.snapshot, after
        self.keeper.heed(before, after)

    def prefer(self, number: str, change: PreferenceChange = DND) -> PreferencesView:
        return run(self.keeper.prefer("acme", number, change, "ada"))

    @property
    def stored(self) -> set[PreferenceKey]:
        assert self.store is not None
        return set(self.store.stored)

    def keep_house(self, now: float) -> None:
        async def story() -> None:
            self.keeper.keep_house(now)
            while self.keeper.is_writing:
                await asyncio.sleep(0)

        run(story())


def without() -> MemoryPreferences | None:
    """The store while the database is not open."""
    return None


def run(story: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(story)


def test_what_is_set_is_stored_and_counts() -> None:
    keeper = Keeper()
    view = keeper.prefer("101")
    assert (view.status, view.said[0].by, view.said[0].since, view.said[0].counts) == ("doNotDisturb", "ada", NOW, True)
    assert keeper.stored == {("acme", "101")} == set(keeper.held)
    assert keeper.marked == [("acme", "101")]
    assert keeper.keeper.keys("acme") == [("acme", "101")]
    assert keeper.keeper.keys("zebra") == []


def test_what_is_set_again_is_not_written_again() -> None:
    keeper = Keeper()
    keeper.prefer("101")
    assert keeper.store is not None
    keeper.store.failure = "nothing may be written now"
    assert keeper.prefer("101").status == "doNotDisturb"


def test_what_is_taken_back_is_removed() -> None:
    keeper = Keeper()
    keeper.prefer("101")
    assert keeper.prefer("101", NOTHING).said == ()
    assert not keeper.stored
    assert not keeper.held


def test_what_cannot_be_stored_does_not_count() -> None:
    keeper = Keeper()
    assert keeper.store is not None
    keeper.store.failure = "the disk is full"
    with pytest.raises(JournalError, match="the disk is full"):
        keeper.prefer("101")
    keeper.store = without()
    with pytest.raises(JournalError, match="what people set can't be stored now: the disk is full"):
        keeper.prefer("101")
    assert not keeper.held


def test_who_is_not_there_and_who_may_not() -> None:
    keeper = Keeper()
    with pytest.raises(NotFound, match="no manifest that runs declares Extension acme/109"):
        keeper.prefer("109")
    keeper.apply(company("101", may_change=()))
    with pytest.raises(NotChangeable, match="mayChange of Extension acme/101"):
        keeper.prefer("101")
    assert not keeper.stored


def test_with_its_extension_it_goes_and_does_not_come_back() -> None:
    keeper = Keeper()
    keeper.prefer("101")
    keeper.prefer("102")
    keeper.apply(company("102"))
    assert set(keeper.held) == {("acme", "102")}
    keeper.keep_house(1.0)
    assert keeper.stored == {("acme", "102")}
    keeper.apply(company("101", "102"))
    assert keeper.keeper.view("acme", "101").said == ()
    assert keeper.keeper.view("acme", "102").status == "doNotDisturb"


def test_with_its_tenant_it_goes() -> None:
    keeper = Keeper()
    keeper.prefer("101")
    keeper.apply(Snapshot.empty())
    keeper.keep_house(1.0)
    assert not keeper.stored


def test_what_could_not_be_forgotten_is_tried_again() -> None:
    keeper = Keeper()
    keeper.prefer("101")
    assert keeper.store is not None
    keeper.store.failure = "busy"
    keeper.apply(company("102"))
    keeper.keep_house(1.0)
    assert keeper.stored
    keeper.store.failure = None
    keeper.keep_house(2.0)
    assert keeper.stored, "not before its time"
    keeper.keep_house(20.0)
    assert not keeper.stored


def test_a_change_of_the_manifests_leaves_what_is_set_and_tells_who_watches() -> None:
    keeper = Keeper()
    keeper.prefer("101")
    keeper.marked.clear()
    keeper.apply(company("101", "102", may_change=()))
    assert keeper.marked == [("acme", "101")]
    view = keeper.keeper.view("acme", "101")
    assert (view.status, view.may_change, view.said[0].counts) == ("doNotDisturb", (), False)
    keeper.apply(keeper.snapshot)
    assert keeper.marked == [("acme", "101")], "a round that changes nothing"
    assert keeper.stored == {("acme", "101")}
    assert keeper.prefer("101", NOTHING).said == ()


def test_an_extension_that_goes_while_it_is_stored_keeps_nothing() -> None:
    keeper = Keeper()

    class Slow(MemoryPreferences):
        async def put_preferences(self, preferences: Preferences) -> None:
            await super().put_preferences(preferences)
            keeper.apply(company("102"))

    keeper.store = Slow()
    with pytest.raises(NotFound):
        keeper.prefer("101")
    assert not keeper.held
    keeper.keep_house(1.0)
    assert not keeper.stored


def test_what_is_gone_is_shown_as_nothing() -> None:
    view = Keeper().keeper.view_if_any(("acme", "gone"))
    assert (view.number, view.status, view.said) == ("", "available", ())


# Over a restart


def database_with(path: Path, *people: Preferences) -> None:
    database = Database.open(path)
    store = SqlPreferenceStore(database)
    for one in people:
        run(store.put_preferences(one))
    database.close()


def of(number: str, name: str = "acme") -> Preferences:
    return Preferences(tenant=name, extension=number, status="away")


def test_it_is_read_before_the_database_is_open(tmp_path: Path) -> None:
    database_with(tmp_path / "db", of("101"), of("102"))
    keeper = Keeper("101")
    keeper.snapshot = Snapshot.empty()
    run(keeper.keeper.load(tmp_path / "db"))
    keeper.apply(company("101", "103"))
    assert keeper.held == {("acme", "101"): of("101")}, "102 went while nothing ran"


def test_a_tenant_that_is_held_back_at_start_keeps_what_its_people_set(tmp_path: Path) -> None:
    database_with(tmp_path / "db", of("101", "zebra"))
    keeper = Keeper()
    keeper.snapshot = Snapshot.empty()
    run(keeper.keeper.load(tmp_path / "db"))
    keeper.apply(company("101"))
    assert keeper.keeper.keys(None) == []
    keeper.apply(company("101", name="zebra"))
    assert keeper.keeper.keys(None) == [("zebra", "101")]


def test_without_a_database_or_table_there_is_nothing(tmp_path: Path) -> None:
    assert warm_preferences(tmp_path / "none").preferences == ()
    (tmp_path / "empty").touch()
    found = warm_preferences(tmp_path / "empty")
    assert (found.preferences, found.problem) == ((), None)


def test_what_is_not_understood_is_told_and_counts_for_nothing(tmp_path: Path) -> None:
    database_with(tmp_path / "db", of("101"), of("102"))
    database = Database.open(tmp_path / "db")
    database.run_now(
        lambda connection: connection.exec_driver_sql("UPDATE preference SET document='{' WHERE extension='102'")
    )
    database.close()
    found = warm_preferences(tmp_path / "db")
    assert found.preferences == (of("101"),)
    assert found.problem is not None
    assert found.problem.startswith("what 1 people have set can't be read from ")


def test_what_could_not_be_read_at_start_is_read_later(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "db").write_bytes(b"no database at all, but long enough to be taken for something else" * 20)
    keeper = Keeper()
    keeper.snapshot = Snapshot.empty()
    run(keeper.keeper.load(tmp_path / "db"))
    assert "it counts again once the database is open" in caplog.text
    keeper.apply(company("101", "102"))
    with pytest.raises(JournalError):
        keeper.prefer("102")
    assert keeper.store is not None
    keeper.store.stored = {one.key: one for one in (of("101"), of("109"))}
    keeper.keep_house(1.0)
    assert set(keeper.held) == {("acme", "101")}
    assert keeper.prefer("102").status == "doNotDisturb"
