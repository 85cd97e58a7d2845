"""Both media backends, one after the other, and parties to talk through them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from engine.media.backend import MediaBackend, MediaSettings
from engine.media.twin import PythonMediaBackend
from engine.native import COMPILED
from tests.support.media_call import BIND_HOST, Call
from tests.support.rtp_party import Party

TEST_SETTINGS = MediaSettings(bind_host=BIND_HOST, first_port=40000, last_port=40399, ahead=4, quarantine_s=0.0)


def native(settings: MediaSettings) -> MediaBackend:
    from engine.media.native_backend import NativeMediaBackend

    return NativeMediaBackend(settings)


needs_native = pytest.mark.skipif(not COMPILED, reason="the native part is not built: no compiler or no Python.h")


@pytest.fixture(
    params=[pytest.param(native, id="native", marks=needs_native), pytest.param(PythonMediaBackend, id="twin")]
)
def make(request: pytest.FixtureRequest) -> Iterator[Callable[..., MediaBackend]]:
    """Makes opened backends, closes them at the end."""
    made: list[MediaBackend] = []

    def make_backend(**changes: str | float) -> MediaBackend:
        settings = replace(TEST_SETTINGS, **changes)  # type: ignore[arg-type]  # whoever calls uses its field names
        backend: MediaBackend = request.param(settings)
        made.append(backend)
        backend.open()
        return backend

    yield make_backend
    for backend in made:
        backend.close()


@pytest.fixture
def parties() -> Iterator[Callable[..., Party]]:
    made: list[Party] = []

    def make_party(host: str) -> Party:
        made.append(Party(host))
        return made[-1]

    yield make_party
    for party in made:
        party.close()


@pytest.fixture
def call(make: Callable[..., MediaBackend], parties: Callable[..., Party]) -> Call:
    return Call(make(), parties)
