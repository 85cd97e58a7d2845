"""`trunkline events` and what both followers stand on: lines of a stream, breaks, lists taken anew."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.events.encoding import encode
from cli.client import ClientError, Misasked
from cli.events import events, json_line, text_line
from cli.exit_code import Exit
from cli.follow import Broken, Lists, follow
from cli.output import Output
from cli.sse import Event, SseReader, lines_of
from engine.config.destination import DestinationConfig
from engine.config.extension import ForwardingConfig
from engine.config.ref import ConfigRef
from engine.live_event import (
    BanLifted,
    Banned,
    CallChanged,
    CallEnded,
    Figures,
    ListenerChanged,
    ListenerGone,
    LiveEvent,
    PreferencesChanged,
    Rates,
    RegistrationChanged,
    RegistrationGone,
    TrunkChanged,
    TrunkGone,
)
from engine.views import BanView, ListenerView, PreferencesView, SetView, TrunkState, TrunkView
from tests.api.test_routes import Site, binding, call, record
from tests.support.served import answering

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
TRUNK = TrunkView(
    ref=ConfigRef("acme", "Trunk", "carrier"),
    state=TrunkState.REFUSED,
    reason="403 Forbidden",
    since=NOW,
    registers=True,
    registered_until=None,
    servers=(),
    channels=2,
    max_channels=10,
)
LISTENER = ListenerView(
    name="phones", transport="udp", bound="192.0.2.1:5060", advertised="192.0.2.1:5060", tenant=None, problem=None
)
BAN = BanView(
    source="192.0.2.66", reason="guessed passwords", since=NOW, until=NOW + timedelta(hours=1), count=10, dropped=7
)
AWAY = PreferencesView(
    tenant="acme",
    extension="101",
    number="101",
    may_change=("doNotDisturb", "forwarding"),
    status="away",
    forwarding=(
        ForwardingConfig(when="busy", hours="out", to=DestinationConfig(kind="external", value="+442079460100")),
    ),
    greeting=None,
    queues=(),
    said=(
        SetView(allowance="doNotDisturb", since=NOW, by="front-desk", counts=True, note=""),
        SetView(allowance="forwarding", since=NOW, by="front-desk", counts=True, note=""),
    ),
)
EVENTS: tuple[LiveEvent, ...] = (
    CallChanged(replace(call(102), decided_by="Extension acme/102 (people.yaml:7)")),
    CallEnded(record(2)),
    RegistrationChanged(binding("101")),
    RegistrationGone("acme", "101", "sip:a@192.0.2.1", "expired"),
    PreferencesChanged(AWAY),
    TrunkChanged(TRUNK),
    TrunkGone(ConfigRef("", "Trunk", "shared")),
    ListenerChanged(LISTENER),
    ListenerGone("phones", None, "udp", "192.0.2.1:5060"),
    Banned(BAN),
    BanLifted("192.0.2.66"),
    Rates(NOW, Figures(1, 2, 3, 4, 5, 6, 7), {}),
)
LINES = """\
call              acme  101 -> 102  answered  in 1  Extension acme/102 (people.yaml:7)
call-ended        acme  101 -> 102  ANSWERED: caller hung up  talked 60.0 s
registration      acme  101  sip:a@192.0.2.1  until 2026-11-20T09:05:00Z
registration-gone acme  101  sip:a@192.0.2.1  expired
preferences       acme  101  away  status away; forwarding busy out of hours -> external +442079460100
trunk             acme  carrier  refused: 403 Forbidden  2 calls
trunk-gone        tenant None  name shared
listener          phones  udp 192.0.2.1:5060  listens
listener-gone     name phones  transport udp  bound 192.0.2.1:5060
ban               192.0.2.66  guessed passwords  until 2026-11-20T10:00:00Z  7 dropped
ban-lifted        source 192.0.2.66
rates             calls 1  registrations 2  started 3  answered 4  ended 5  failed 6  refused 7
"""


def sent(event: LiveEvent) -> Event:
    encoded = encode(event)
    assert encoded is not None
    return Event(encoded.type, json.loads(encoded.data), encoded.data)


def test_each_event_is_a_line() -> None:
    assert "".join(f"{text_line(sent(event))}\n" for event in EVENTS) == LINES


def test_each_event_is_a_line_of_json() -> None:
    for event in EVENTS:
        found = json.loads(json_line(sent(event)))
        assert (found["event"], found["data"]) == (sent(event).name, sent(event).data)


def test_what_a_terminal_would_act_on_is_escaped() -> None:
    hostile = RegistrationChanged(binding("101", contact="sip:\x1b[2Ja@192.0.2.1"))
    assert "\x1b" not in text_line(sent(hostile))


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_lines_end_at_lf_alone_however_they_come(size: int) -> None:
    text = 'data: {"a": "x\u2028y\x85z"}\n\nid: é\n\n'.encode()
    chunks = [text[at : at + size] for at in range(0, len(text), size)]
    assert list(lines_of(chunks)) == ['data: {"a": "x\u2028y\x85z"}', "", "id: é", ""]


def test_an_event_that_was_cut_short_is_none_and_does_not_count_as_seen() -> None:
    sse = SseReader()
    lines = ["id: e-1", "event: call", 'data: {"id": 1}', "", "id: e-2", "event: call", 'data: {"id": 2}']
    assert [event.data for event in sse.events(lines) if event is not None] == [{"id": 1}]
    assert sse.last_id == "e-1"


class Told:
    """A site whose engine is told in its own thread."""

    def __init__(self, site: Site, loop: asyncio.AbstractEventLoop) -> None:
        self.site = site
        self._loop = loop

    def tell(self, *events: LiveEvent) -> None:
        self._loop.call_soon_threadsafe(lambda: self.site.engine.tell(*events))


@contextmanager
def told(data: Path) -> Iterator[Told]:
    site = Site()
    with answering(site.app, data) as loop:
        yield Told(site, loop)


def test_lists_are_taken_anew_after_a_restart_and_not_after_a_break(tmp_path: Path) -> None:
    waits: list[float] = []
    following = follow(tmp_path, {}, lists=("calls", "registrations"), pause=waits.append)
    with told(tmp_path) as at:
        at.site.engine.live_calls.append(call(1))
        first = [next(following) for _ in range(2)]
        assert isinstance(first[0], Event)
        assert isinstance(first[1], Lists)
        assert [item["callee"] for item in first[1].items["calls"]] == ["1"]
        at.tell(CallChanged(call(2)))
        event = next(following)
        assert isinstance(event, Event)
        assert event.data["callee"] == "2"
    assert next(following) == Broken("the server has ended the stream")
    gone = next(following)
    assert isinstance(gone, Broken)
    assert "no server answers on" in gone.why
    with told(tmp_path):
        again = [next(following) for _ in range(2)]
        assert isinstance(again[0], Event)
        assert again[0].data["resumed"] is False
        assert isinstance(again[1], Lists)
    assert waits == [1.0, 1.0]


def test_where_there_is_no_server_it_says_so_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert events(None, None, tmp_path, Output.TEXT) is Exit.PROBLEMS
    assert "no server runs on the data folder" in capsys.readouterr().err
    with pytest.raises(ClientError):
        next(follow(tmp_path, {}))


def test_a_wrong_type_is_refused_with_the_right_ones(tmp_path: Path) -> None:
    with told(tmp_path), pytest.raises(Misasked, match="'calls' is no event type; there are: call, call-ended"):
        next(follow(tmp_path, {"types": "calls"}))


def test_it_tells_until_it_is_interrupted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "cli.events.follow",
        _then_interrupted(
            Event("hello", {"resumed": False}, ""),
            Broken("gone"),
            Broken("gone"),
            Event("hello", {"resumed": True}, ""),
            sent(EVENTS[0]),
        ),
    )
    assert events(None, None, tmp_path, Output.TEXT) is Exit.FINE
    out, err = capsys.readouterr()
    assert out == LINES.splitlines(keepends=True)[0]
    assert err.splitlines() == [
        "trunkline events: gone; trying again",
        "trunkline events: connected again: nothing was missed",
    ]


def _then_interrupted(*told: Event | Broken) -> Callable[..., Iterator[Event | Broken]]:
    def follow(*_: object, **__: object) -> Iterator[Event | Broken]:
        yield from told
        raise KeyboardInterrupt

    return follow


@pytest.mark.parametrize(("count", "told"), [(0, "0 calls"), (1, "1 call"), (2, "2 calls")])
def test_one_is_no_plural(count: int, told: str) -> None:
    event = encode(TrunkChanged(replace(TRUNK, channels=count)))
    assert event is not None
    assert text_line(Event("trunk", json.loads(event.data), event.data)).endswith(told)
