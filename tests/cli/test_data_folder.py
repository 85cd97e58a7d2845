"""The data folder: made for its owner, and one server's at a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.data_folder import DataFolder, DataFolderError


def test_it_is_created_for_its_owner(tmp_path: Path) -> None:
    DataFolder.take(tmp_path / "data").release()
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


def test_a_second_server_is_refused_by_name(tmp_path: Path) -> None:
    first = DataFolder.take(tmp_path)
    with pytest.raises(DataFolderError, match=r"another server runs on .* \(process [0-9]+\)"):
        DataFolder.take(tmp_path)
    first.release()
    DataFolder.take(tmp_path).release()


def test_a_file_is_no_data_folder(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("", encoding="utf-8")
    with pytest.raises(DataFolderError, match="choose another with --data"):
        DataFolder.take(tmp_path / "data")
