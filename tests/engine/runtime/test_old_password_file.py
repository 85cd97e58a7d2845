"""Old passwords on disk: a restart ends no registration before its time, and what is damaged, or of somebody else, is worth nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.call.old_passwords import KeptPassword
from engine.config.secret import LOCK_MARK, SecretRef, Secrets
from engine.runtime.old_password_file import NAME, read_kept, write_kept
from engine.sip.digest import Algorithm
from tests.engine.runtime.test_engine import Place
from tests.support.wire_phone import SECRETS, WirePhone, listener, snapshot

EXCHANGED = Secrets("2", {SecretRef("env:P"): "fresh"})
TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
KEPT = st.builds(
    KeptPassword,
    tenant=TEXT,
    number=TEXT,
    user=TEXT,
    realm=TEXT,
    reference=TEXT,
    host=TEXT,
    until=st.floats(0, 1e12),
    hashes=st.dictionaries(st.tuples(TEXT, st.sampled_from(Algorithm)), TEXT, max_size=4),
)


@given(st.lists(KEPT, min_size=1, max_size=5))
def test_what_is_written_comes_back(tmp_path_factory: pytest.TempPathFactory, kept: list[KeptPassword]) -> None:
    path = tmp_path_factory.mktemp("old") / NAME
    write_kept(path, kept)
    assert read_kept(path) == (kept, None)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.iterdir()] == [NAME]


def test_where_nothing_is_kept_there_is_no_file(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("old")
    write_kept(tmp_path / NAME, [])
    assert list(tmp_path.iterdir()) == []
    assert read_kept(tmp_path / NAME) == ((), None)


def of(*row: object) -> bytes:
    return json.dumps({"version": 1, "passwords": [row]}).encode()


NAMES = ("acme", "101", "101", "acme.example", "env:P", "127.0.0.1")
DAMAGED = {
    "empty": b"",
    "cut off": b"{",
    "no text": b"\xff\xfe\x00",
    "a list": b"[]",
    "of a newer Trunkline": b'{"version": 2, "passwords": []}',
    "no passwords": b'{"version": 1}',
    "a short row": of(*NAMES, 1.0),
    "no time": of(*NAMES, float("nan"), []),
    "for ever": of(*NAMES, float("inf"), []),
    "no names": of(1, 2, 3, 4, 5, 6, 1.0, []),
    "a long name": of("a" * 3000, *NAMES[1:], 1.0, []),
    "no hash": of(*NAMES, 1.0, [["101", "MD5"]]),
    "an unknown algorithm": of(*NAMES, 1.0, [["101", "ROT13", "hunter2"]]),
    "deep": b"[" * 100_000,
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED)
def test_what_is_damaged_is_said_and_left(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / NAME
    path.write_bytes(data)
    path.chmod(0o600)
    kept, problem = read_kept(path)
    assert list(kept) == []
    assert problem is not None
    assert str(path) in problem
    assert "hunter2" not in problem


def test_what_others_could_read_or_write_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_bytes(of(*NAMES, 1e12, [["101", "MD5", "x"]]))
    path.chmod(0o640)
    assert read_kept(path)[1] == f"{path} can't be read: it is open to others"


# With the engine.


async def registered_then_exchanged(place: Place) -> str:
    """Phone 101 is registered with what was exchanged then; what the file holds."""
    await place.engine.start()
    await place.engine.apply(place.config(), SECRETS)
    with WirePhone("101", place.port) as phone:
        await phone.registers()
        await place.engine.apply(place.config(), EXCHANGED)
        await phone.registers()
    return (place.folder / NAME).read_text()


def test_a_restart_ends_no_registration_before_its_time(tmp_path: Path) -> None:
    async def story() -> None:
        place = Place(tmp_path)
        kept = await registered_then_exchanged(place)
        assert '"secret"' not in kept
        [before] = place.engine.registrations()
        await place.engine.stop()
        place = place.again()
        await place.engine.start()
        await place.engine.apply(place.config(), EXCHANGED)
        try:
            with WirePhone("101", place.port) as phone, WirePhone("102", place.port) as other:
                await phone.registers()
                [after] = place.engine.registrations()
                assert abs((after.expires_at - before.expires_at).total_seconds()) <= 2
                await other.registers(401)
                phone.password = "fresh"
                await phone.registers()
        finally:
            await place.engine.stop()
        assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600

    asyncio.run(story())


def meanwhile(change: Callable[[list[Any]], None]) -> Callable[[Path], None]:
    """The file says something else of its row."""

    def edit(path: Path) -> None:
        document = json.loads(path.read_text())
        change(document["passwords"][0])
        path.write_text(json.dumps(document))

    return edit


WORTH_NOTHING: dict[str, Callable[[Path], object]] = {
    "its time is over": meanwhile(lambda row: row.__setitem__(6, 1.0)),
    "of another address": meanwhile(lambda row: row.__setitem__(5, "192.0.2.1")),
    "of another user": meanwhile(lambda row: row.__setitem__(2, "ada")),
    "of another realm": meanwhile(lambda row: row.__setitem__(3, "other.example")),
    "by another reference": meanwhile(lambda row: row.__setitem__(4, "env:Q")),
    "of an extension that is gone": meanwhile(lambda row: row.__setitem__(1, "999")),
    "of a tenant that is gone": meanwhile(lambda row: row.__setitem__(0, "gone")),
    "it is damaged": lambda path: path.write_bytes(b"{"),
    "it is gone": lambda path: path.unlink(),
}


@pytest.mark.parametrize("change", WORTH_NOTHING.values(), ids=WORTH_NOTHING)
def test_it_counts_for_the_same_extension_alone(tmp_path: Path, change: Callable[[Path], object]) -> None:
    async def story() -> None:
        place = Place(tmp_path)
        await registered_then_exchanged(place)
        await place.engine.stop()
        change(tmp_path / NAME)
        place = place.again()
        await place.engine.start()
        await place.engine.apply(place.config(), EXCHANGED)
        try:
            with WirePhone("101", place.port) as phone:
                await phone.registers(401)
        finally:
            await place.engine.stop()

    asyncio.run(story())


ENDED = {
    "another reference": ("env:Q", Secrets("3", {SecretRef("env:Q"): "third"})),
    "taken away": ("env:P", Secrets("3", {SecretRef("env:P"): f"{LOCK_MARK}nobody knows it"})),
}


@pytest.mark.parametrize(("reference", "secrets"), ENDED.values(), ids=ENDED)
def test_what_is_ended_is_not_kept(tmp_path: Path, reference: str, secrets: Secrets) -> None:
    async def story() -> None:
        place = Place(tmp_path)
        await registered_then_exchanged(place)
        config = snapshot((listener("main", place.port),), place.media, password=reference)
        await place.engine.apply(config, secrets)
        assert not (tmp_path / NAME).exists()
        await place.engine.stop()

    asyncio.run(story())


def test_a_disk_that_is_full_stops_no_exchange(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(path: Path, kept: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("engine.runtime.old_password_file.write_kept", full)

    async def story() -> None:
        place = Place(tmp_path)
        await place.engine.start()
        await place.engine.apply(place.config(), SECRETS)
        with WirePhone("101", place.port) as phone:
            await phone.registers()
            await place.engine.apply(place.config(), EXCHANGED)
            await phone.registers()
        await place.engine.stop()

    asyncio.run(story())
    assert "a restart would end old passwords at once" in caplog.text
