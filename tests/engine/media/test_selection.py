"""Which media backend is chosen."""

from __future__ import annotations

import logging

import pytest

from engine.media import selection
from engine.media.backend import MediaSettings
from engine.media.twin import PythonMediaBackend
from engine.native import COMPILED


@pytest.mark.skipif(not COMPILED, reason="the native part is not built: no compiler or no Python.h")
def test_the_compiled_one_where_it_is_built() -> None:
    assert selection.select_backend(MediaSettings()).compiled


def test_the_twin_otherwise_with_a_warning(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(selection, "COMPILED", False)
    with caplog.at_level(logging.WARNING):
        assert isinstance(selection.select_backend(MediaSettings()), PythonMediaBackend)
    assert "Install gcc" in caplog.text
