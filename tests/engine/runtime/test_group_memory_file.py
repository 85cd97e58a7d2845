"""What ring groups remember, on disk: what is written comes back, and what is damaged harms no call."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config.ref import ConfigRef
from engine.routing.group_memory import GroupMemory, GroupMemoryRow
from engine.runtime.group_memory_file import NAME, GroupMemoryFile, read_rows, write_rows

SALES = ConfigRef("acme", "RingGroup", "sales")
NAMES = st.text(st.characters(codec="utf-8"), max_size=64)
ROWS = st.lists(st.builds(GroupMemoryRow, NAMES, NAMES, NAMES, st.integers(0, 2**62), st.floats(0, 1e12)), max_size=5)


@given(ROWS)
def test_what_is_written_comes_back(tmp_path_factory: pytest.TempPathFactory, rows: list[GroupMemoryRow]) -> None:
    path = tmp_path_factory.mktemp("groups") / NAME
    write_rows(path, rows)
    assert read_rows(path) == (rows, None)
    assert path.stat().st_mode & 0o777 == 0o600


def test_without_a_file_nothing_is_remembered(tmp_path: Path) -> None:
    assert read_rows(tmp_path / NAME) == ([], None)


def of(*row: object) -> bytes:
    return json.dumps({"version": 1, "members": [row]}).encode()


DAMAGED = [
    pytest.param(b"", id="empty"),
    pytest.param(b"{", id="cut off"),
    pytest.param(b"\xff\xfe\x00", id="no text"),
    pytest.param(b"[]", id="a list"),
    pytest.param(b'{"version": 2, "members": []}', id="of a newer Trunkline"),
    pytest.param(b'{"version": 1}', id="no members"),
    pytest.param(b'{"version": 1, "members": 7}', id="no list"),
    pytest.param(of("acme", "sales", "102", 1), id="too short"),
    pytest.param(of("acme", "sales", 102, 1, 0.0), id="a number for a number"),
    pytest.param(of("acme", "sales", "102", -1, 0.0), id="rung before the first"),
    pytest.param(of("acme", "sales", "102", 2**63, 0.0), id="rung too often"),
    pytest.param(of("acme", "sales", "102", 1, float("nan")), id="no time"),
    pytest.param(of("acme", "sales", "102", 1, float("inf")), id="for ever"),
    pytest.param(of("acme", "sales", "102", 1, 10**400), id="longer than that"),
    pytest.param(of("a" * 257, "sales", "102", 1, 0.0), id="a long name"),
    pytest.param(b"[" * 100_000, id="deep"),
]


@pytest.mark.parametrize("data", DAMAGED)
def test_what_is_damaged_is_said_and_left(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / NAME
    path.write_bytes(data)
    rows, problem = read_rows(path)
    assert rows == []
    assert problem is not None
    assert str(path) in problem


def test_it_is_written_some_seconds_after_a_change_and_read_at_the_next_start(tmp_path: Path) -> None:
    async def story() -> None:
        memory = GroupMemory()
        kept = GroupMemoryFile(tmp_path, memory)
        await kept.load()
        kept.keep_house(0.0)
        memory.rung(SALES, "102")
        kept.keep_house(1.0)
        while memory.is_changed or not (tmp_path / NAME).exists():
            await asyncio.sleep(0)
        memory.rung(SALES, "103")
        kept.keep_house(2.0)
        assert [row.number for row in read_rows(tmp_path / NAME)[0]] == ["102"]  # not so soon again
        await kept.close()
        again = GroupMemory()
        await GroupMemoryFile(tmp_path, again).load()
        assert again.rows() == memory.rows()
        assert again.last_rung("acme", "sales", "103") == 2

    asyncio.run(story())


def test_a_folder_that_takes_nothing_stops_nobody(tmp_path: Path) -> None:
    async def story() -> None:
        memory = GroupMemory()
        kept = GroupMemoryFile(tmp_path / "missing", memory)
        memory.rung(SALES, "102")
        await kept.close()
        assert kept.problem is not None
        assert memory.is_changed
        (tmp_path / "missing").mkdir()
        await kept.close()
        assert kept.problem is None

    asyncio.run(story())
