"""Bans on disk: what is written comes back, and what is damaged harms nobody."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.guard.ban import Reason
from engine.runtime.ban_file import StoredBan, read_bans, write_bans

BAN = StoredBan(source="192.0.2.7", reason=Reason.FAILED, since=1e9, until=2e9, count=10, dropped=3)
BANS = st.builds(
    StoredBan,
    source=st.text(st.characters(codec="utf-8"), min_size=1, max_size=64),
    reason=st.sampled_from(Reason),
    since=st.floats(0, 4e9),
    until=st.floats(0, 4e9),
    count=st.integers(0, 10**9),
    dropped=st.integers(0, 10**12),
)


@given(st.lists(BANS, max_size=5))
def test_what_is_written_comes_back(tmp_path_factory: pytest.TempPathFactory, bans: list[StoredBan]) -> None:
    path = tmp_path_factory.mktemp("bans") / "bans.json"
    write_bans(path, bans)
    assert read_bans(path).bans == tuple(bans)
    assert path.stat().st_mode & 0o777 == 0o600


def test_without_a_file_nobody_is_banned(tmp_path: Path) -> None:
    found = read_bans(tmp_path / "bans.json")
    assert (found.bans, found.problem) == ((), None)


def row(**changes: object) -> str:
    ban = {"source": "192.0.2.7", "reason": str(Reason.FAILED), "since": 1.0, "until": 2.0, "count": 10, "dropped": 3}
    return json.dumps({"version": 1, "bans": [ban | changes]})


DAMAGED = [
    pytest.param(b"", id="empty"),
    pytest.param(b"{", id="cut off"),
    pytest.param(b"\xff\xfe\x00", id="no text"),
    pytest.param(b"[]", id="a list"),
    pytest.param(b'{"version": 2, "bans": []}', id="of a newer Trunkline"),
    pytest.param(b'{"version": 1, "bans": 7}', id="no list"),
    pytest.param(b'{"version": 1, "bans": [7]}', id="no ban"),
    pytest.param(b'{"version": 1, "bans": [{}]}', id="an empty ban"),
    pytest.param(b"[" * 100_000, id="deep"),
    pytest.param(row(reason="looks").encode(), id="another reason"),
    pytest.param(row(until=float("nan")).encode(), id="no time"),
    pytest.param(row(until=float("inf")).encode(), id="for ever"),
    pytest.param(row(until="soon").encode(), id="words for a time"),
    pytest.param(row(source=7).encode(), id="a number for a source"),
    pytest.param(row(source="x" * 65).encode(), id="a long source"),
]


@pytest.mark.parametrize("data", DAMAGED)
def test_a_damaged_file_is_told_and_left_alone(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "bans.json"
    path.write_bytes(data)
    found = read_bans(path)
    assert found.bans == ()
    assert found.problem is not None
    assert found.problem.startswith(f"{path} can't be read: ")
    assert path.read_bytes() == data


def test_a_write_that_fails_leaves_what_was(tmp_path: Path) -> None:
    path = tmp_path / "bans.json"
    write_bans(path, [BAN])
    path.with_suffix(".new").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_bans(path, [])
    assert read_bans(path).bans == (BAN,)
