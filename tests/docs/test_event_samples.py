"""The samples of docs/events.md are what the server sends."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Final

import pytest

from api.bodies.event import HelloBody
from api.events.encoding import encode_reconcile
from api.events.entry import EventType
from tests.api.test_routes import FakeReconcile
from tests.cli.test_events import EVENTS, sent
from tests.support.phone import ROOT

PAGE: Final = ROOT / "docs" / "events.md"
HELLO: Final = HelloBody(
    epoch="8c1f0d2e9a41", version="0.4.0", resumed=False, at=datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
)


def _sample(data: str) -> str:
    return json.dumps(json.loads(data), indent=2, ensure_ascii=False)


SAMPLES: Final = {
    "hello": _sample(HELLO.model_dump_json()),
    "reconcile": _sample(encode_reconcile(FakeReconcile().status()).data),
    **{sent(event).name: _sample(sent(event).text) for event in EVENTS},
}


def test_each_event_has_a_sample_and_no_other_has() -> None:
    assert {*SAMPLES} == {"hello", *EventType}
    assert re.findall(r"^### `([a-z-]+)`$", PAGE.read_text(encoding="utf-8"), re.MULTILINE) == [
        "hello",
        *EventType,
    ]


@pytest.mark.parametrize("name", SAMPLES)
def test_the_page_shows_what_is_sent(name: str) -> None:
    section = PAGE.read_text(encoding="utf-8").partition(f"### `{name}`\n")[2].partition("\n### ")[0]
    assert re.findall(r"```json\n(.*?)\n```", section, re.DOTALL) == [SAMPLES[name]]
