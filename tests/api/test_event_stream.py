"""The event stream: order, resuming, filters, heartbeats, readers that leave or don't read. The hub in virtual time, then over HTTP."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from api import control_socket
from api.caller import KEY, NO_TENANT, Caller
from api.caller import Scope as Rights
from api.events.entry import EventType, Wanted
from api.events.hub import MOST_OF_ONE, Hub, Reader, TooManyReaders
from api.events.response import EventStream
from api.server import ControlServer
from cli.sse import SseReader
from engine.config.ref import ConfigRef
from engine.live_event import (
    BanLifted,
    CallChanged,
    CallEnded,
    Figures,
    ListenerGone,
    LiveEvent,
    Missed,
    Rates,
    RegistrationChanged,
    RegistrationGone,
    TrunkGone,
)
from reconciler.views import ReconcileView
from tests.api.test_routes import FakeReconcile, Site, binding, call, record
from tests.support.fake_engine import FakeEngine
from tests.support.virtual_loop import VirtualLoop

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SECRET = bytes(range(32))
RATES = Rates(
    NOW, Figures(calls=3, started=2), {"acme": Figures(calls=2, started=1), "beta": Figures(calls=1, started=1)}
)


class Following(FakeReconcile):
    """`turned`: how its status differs from the usual."""

    def __init__(self) -> None:
        super().__init__()
        self.turned: dict[str, object] = {}

    def status(self) -> ReconcileView:
        return replace(super().status(), **self.turned)  # type: ignore[arg-type]  # each test names fields that there are


class Stand:
    """A hub over a fake engine; epochs are e1, e2..."""

    def __init__(self, most_entries: int = 100, most_bytes: int = 1_000_000) -> None:
        self.engine = FakeEngine()
        self.reconcile = Following()
        epochs = count(1)
        self.hub = Hub(
            self.engine,
            self.reconcile,
            "1.2.3",
            epoch=lambda: f"e{next(epochs)}",
            key=lambda: SECRET,
            utc_now=lambda: NOW,
            most_entries=most_entries,
            most_bytes=most_bytes,
        )


def told(reader: Reader) -> list[str]:
    """The events that a reader takes, each as its name and what it is of."""
    found = []
    while chunk := reader.take():
        for event in SseReader().events(chunk.decode().splitlines()):
            assert event is not None
            subject = event.data.get("id") or event.data.get("call_id") or event.data.get("number") or ""
            found.append(f"{event.name} {subject}".strip())
    return found


def hello(reader: Reader) -> Mapping[str, object]:
    (event,) = SseReader().events(reader.hello().decode().splitlines())
    assert event is not None
    assert event.name == "hello"
    return event.data


def in_virtual_time(story: Callable[[Stand], Awaitable[None]], stand: Stand | None = None) -> None:
    async def main() -> None:
        at = stand or Stand()
        await story(at)
        at.hub.close()
        assert at.engine.takers == []

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(main())


def test_events_come_in_order_and_are_encoded_once() -> None:
    async def story(at: Stand) -> None:
        one, two = at.hub.open(Wanted(), None), at.hub.open(Wanted(), None)
        assert hello(one) == {"epoch": "e1", "version": "1.2.3", "resumed": False, "at": "2026-11-20T09:00:00Z"}
        at.engine.tell(CallChanged(call(1)), CallEnded(record(1)))
        at.engine.tell(RegistrationChanged(binding("101")))
        assert told(one) == ["call 0199-0001", "call-ended 0199-0001", "registration 101"]
        assert two.take(1) is at.hub.ring.at(0).frame

    in_virtual_time(story)


RESUMED: list[tuple[str, str | None, bool, list[str]]] = [
    ("from the beginning", "e1-0", False, []),  # the ring of 4 has let the first one go
    ("from the oldest kept", "e1-1", True, ["call 0199-0002", "call 0199-0003", "call 0199-0004", "call 0199-0005"]),
    ("from the middle", "e1-3", True, ["call 0199-0004", "call 0199-0005"]),
    ("nothing missed", "e1-5", True, []),
    ("from the future", "e1-6", False, []),
    ("another epoch", "e9-3", False, []),
    ("nothing", None, False, []),
    ("no number", "e1-x", False, []),
    ("no ASCII number", "e1-٣", False, []),
    ("no epoch", "3", False, []),
    ("empty", "", False, []),
]


@pytest.mark.parametrize(("last", "resumed", "then"), [case[1:] for case in RESUMED], ids=[case[0] for case in RESUMED])
def test_resuming(last: str | None, resumed: bool, then: list[str]) -> None:
    async def story(at: Stand) -> None:
        at.hub.open(Wanted(), None)
        for number in range(1, 6):
            at.engine.tell(CallChanged(call(number)))
        reader = at.hub.open(Wanted(), last)
        assert hello(reader)["resumed"] is resumed
        assert told(reader) == then

    in_virtual_time(story, Stand(most_entries=4))


def last_id(reader: Reader) -> str:
    """Of all that a reader takes now."""
    sse = SseReader()
    while chunk := reader.take():
        list(sse.events(chunk.decode().splitlines()))
    assert sse.last_id is not None
    return sse.last_id


def test_a_tenant_s_reader_goes_on_where_it_was() -> None:
    async def story(at: Stand) -> None:
        acme = at.hub.open(Wanted(tenant="acme"), None)
        at.engine.tell(CallChanged(call(1, "acme")), CallChanged(call(2, "beta")))
        seen = last_id(acme)
        at.engine.tell(CallChanged(call(3, "beta")), CallChanged(call(4, "acme")), RATES)
        again = at.hub.open(Wanted(tenant="acme"), seen)
        assert (hello(again)["resumed"], told(again)) == (True, ["call 0199-0004", "rates"])
        quiet = at.hub.open(Wanted(frozenset({EventType.BAN}), tenant="acme"), None)
        sse = SseReader()
        list(sse.events(quiet.heartbeat().decode().splitlines()))
        assert hello(at.hub.open(Wanted(tenant="acme"), sse.last_id))["resumed"] is True

    in_virtual_time(story)


def test_a_tenant_s_ids_tell_nothing_of_the_others() -> None:
    async def story(at: Stand) -> None:
        acme = at.hub.open(Wanted(tenant="acme"), None)
        ids: list[str] = []
        for number in range(40):
            at.engine.tell(CallChanged(call(number, "acme")), *[CallChanged(call(1, "beta"))] * number)
            ids.append(last_id(acme))
        assert len(set(ids)) == 40
        assert ids != sorted(ids)
        assert {len(one) for one in ids} == {len("e1-") + 32}
        plain = last_id(at.hub.open(Wanted(), "e1-0"))
        for tenant, foreign in (("beta", ids[-1]), (None, ids[-1]), ("acme", plain), ("acme", "e1-" + "0" * 32)):
            assert hello(at.hub.open(Wanted(tenant=tenant), foreign))["resumed"] is False

    in_virtual_time(story, Stand(most_entries=10_000))


def test_the_ring_lives_a_minute_after_the_last_reader_and_then_the_epoch_is_another() -> None:
    async def story(at: Stand) -> None:
        at.hub.open(Wanted(), None).close()
        await asyncio.sleep(59)
        at.engine.tell(CallChanged(call(1)))
        again = at.hub.open(Wanted(), "e1-0")
        assert (hello(again)["resumed"], told(again)) == (True, ["call 0199-0001"])
        again.close()
        await asyncio.sleep(61)
        assert at.engine.takers == []
        assert (at.hub.ring.end, at.hub.ring.size) == (0, 0)
        late = at.hub.open(Wanted(), "e1-1")
        assert (hello(late)["resumed"], hello(late)["epoch"]) == (False, "e2")

    in_virtual_time(story)


TENANTS_SEE: list[tuple[LiveEvent, list[str]]] = [
    (CallChanged(call(1, "acme")), ["acme"]),
    (CallChanged(call(1, "beta")), ["beta"]),
    (CallEnded(record(1, "beta")), ["beta"]),
    (RegistrationChanged(binding("101", tenant="beta")), ["beta"]),
    (RegistrationGone("beta", "101", "sip:x", "expired"), ["beta"]),
    (TrunkGone(ConfigRef("acme", "Trunk", "t")), ["acme"]),
    (TrunkGone(ConfigRef("", "Trunk", "shared")), []),
    (ListenerGone("phones", "acme", "udp", "192.0.2.1:5060"), ["acme"]),
    (ListenerGone("phones", None, "udp", "192.0.2.1:5060"), []),
    (BanLifted("192.0.2.66"), []),
    (RATES, ["acme", "beta"]),
]


@pytest.mark.parametrize(("event", "seen_by"), TENANTS_SEE, ids=lambda one: type(one).__name__)
def test_a_tenant_is_shown_what_is_its_own(event: LiveEvent, seen_by: list[str]) -> None:
    async def story(at: Stand) -> None:
        readers = {name: at.hub.open(Wanted(tenant=name), None) for name in ("acme", "beta", "nobody")}
        everyone = at.hub.open(Wanted(), None)
        at.engine.tell(event)
        found = [name for name, reader in readers.items() if name != "nobody" and told(reader)]
        assert found == seen_by
        assert len(told(everyone)) == 1
        if event is not RATES:
            assert told(readers["nobody"]) == []

    in_virtual_time(story)


def test_a_tenant_s_rates_are_its_own() -> None:
    async def story(at: Stand) -> None:
        readers = [at.hub.open(Wanted(tenant=name), None) for name in ("beta", "nobody")] + [
            at.hub.open(Wanted(), None)
        ]
        at.engine.tell(RATES)
        chunks = [reader.take().decode() for reader in readers]
        assert [json.loads(chunk.splitlines()[2].removeprefix("data: "))["calls"] for chunk in chunks] == [1, 0, 3]

    in_virtual_time(story)


def test_only_the_types_that_are_wanted_and_the_place_moves_on() -> None:
    async def story(at: Stand) -> None:
        reader = at.hub.open(Wanted(types=frozenset({EventType.RATES})), None)
        for number in range(5):
            at.engine.tell(CallChanged(call(number)))
        assert told(reader) == []
        sse = SseReader()
        assert list(sse.events(reader.heartbeat().decode().splitlines())) == [None]
        assert sse.last_id == "e1-5"

    in_virtual_time(story)


def test_following_is_told_when_it_is_otherwise_and_not_when_it_only_looked_again() -> None:
    async def story(at: Stand) -> None:
        reader = at.hub.open(Wanted(), None)
        at.engine.tell(RATES)
        at.reconcile.turned["last_round_at"] = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
        at.engine.tell(RATES)
        assert told(reader) == ["rates", "rates"]
        at.reconcile.turned["source_problem"] = "the folder is empty"
        at.engine.tell(RATES)
        assert told(reader) == ["reconcile", "rates"]

    in_virtual_time(story)


def test_a_tenant_reads_of_following_only_how_itself_stands() -> None:
    async def story(at: Stand) -> None:
        readers = {name: at.hub.open(Wanted(tenant=name), None) for name in ("acme", "beta")}
        at.engine.tell(RATES)
        at.reconcile.turned["source_problem"] = "beta's file can't be read"
        at.engine.tell(RATES)
        for name, units in (("acme", []), ("beta", ["beta"])):
            events = [event for event in SseReader().events(readers[name].take().decode().splitlines()) if event]
            (body,) = [event.data for event in events if event.name == "reconcile"]
            assert [unit["unit"] for unit in body["units"]] == units  # type: ignore[attr-defined]
            assert (body["source_problem"], body["proposal"]) == ("the manifests can't be read now", None)

    in_virtual_time(story)


def test_who_is_left_behind_is_cut_off_and_the_others_are_not() -> None:
    async def story(at: Stand) -> None:
        slow, quick = at.hub.open(Wanted(), None), at.hub.open(Wanted(), None)
        for number in range(6):
            at.engine.tell(CallChanged(call(number)))
            told(quick)
        assert (slow.take(), slow.ended) == (b"", "it reads too slowly")
        assert quick.ended is None
        assert at.hub.counters["cut_off"] == 1

    in_virtual_time(story, Stand(most_entries=4))


def test_the_ring_is_bounded_in_bytes() -> None:
    async def story(at: Stand) -> None:
        at.hub.open(Wanted(), None)
        for number in range(100):
            at.engine.tell(CallChanged(call(number)))
        assert at.hub.ring.size <= 10_000
        assert 5 <= at.hub.ring.end - at.hub.ring.start < 20

    in_virtual_time(story, Stand(most_bytes=10_000))


def test_what_the_rates_of_many_tenants_hold_counts() -> None:
    async def story(at: Stand) -> None:
        at.hub.open(Wanted(), None)
        rates = replace(RATES, tenants={f"tenant{number}": Figures(calls=1) for number in range(100)})
        for _ in range(100):
            at.engine.tell(rates)
        assert at.hub.ring.end - at.hub.ring.start < 10

    in_virtual_time(story, Stand(most_bytes=200_000))


def test_one_caller_does_not_take_all_places() -> None:
    async def story(at: Stand) -> None:
        readers = [at.hub.open(Wanted(), None, "wallboard") for _ in range(MOST_OF_ONE)]
        with pytest.raises(TooManyReaders, match="50 event streams of wallboard are open"):
            at.hub.open(Wanted(), None, "wallboard")
        at.hub.open(Wanted(), None, "somebody else")
        readers[0].close()
        at.hub.open(Wanted(), None, "wallboard")

    in_virtual_time(story)


def test_when_the_engine_lost_events_all_begin_anew() -> None:
    async def story(at: Stand) -> None:
        reader = at.hub.open(Wanted(), None)
        at.engine.tell(Missed(3), CallChanged(call(1)))
        assert (reader.take(), reader.ended) == (b"", "events were lost")
        assert hello(at.hub.open(Wanted(), "e1-0")) == {
            "epoch": "e2",
            "version": "1.2.3",
            "resumed": False,
            "at": "2026-11-20T09:00:00Z",
        }

    in_virtual_time(story)


def test_what_can_t_be_encoded_is_not_missed_in_silence() -> None:
    async def story(at: Stand) -> None:
        reader = at.hub.open(Wanted(), None)
        at.engine.tell(CallChanged(replace(call(1), legs=None)), CallChanged(call(2)))  # type: ignore[arg-type]
        assert reader.ended == "events were lost"
        again = at.hub.open(Wanted(), "e1-0")
        assert hello(again)["resumed"] is False
        at.engine.tell(CallChanged(call(3)))
        assert told(again) == ["call 0199-0003"]

    in_virtual_time(story)


class Client:
    """An ASGI client: `sent` is what the application sent; `stuck`: takes nothing more."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.stuck = False
        self.left = asyncio.Event()
        self.aborted = False

    async def receive(self) -> MutableMapping[str, object]:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: MutableMapping[str, object]) -> None:
        if self.stuck:
            await self.left.wait()
        body = message.get("body", b"")
        assert isinstance(body, bytes)
        self.sent.append(body)

    def abort(self) -> None:
        self.aborted = True
        self.left.set()


def streaming(at: Stand, client: Client) -> asyncio.Task[None]:
    stream = EventStream(at.hub.open(Wanted(), None))
    return asyncio.create_task(stream({"state": {"abort": client.abort}}, client.receive, client.send))


def test_a_heartbeat_comes_where_nothing_happens() -> None:
    async def story(at: Stand) -> None:
        client = Client()
        task = streaming(at, client)
        await asyncio.sleep(31)
        assert [b"heartbeat" in chunk for chunk in client.sent] == [False, False, True, True]
        client.left.set()
        await task
        assert at.hub.readers == set()

    in_virtual_time(story)


def test_who_takes_nothing_is_broken_off() -> None:
    async def story(at: Stand) -> None:
        client = Client()
        task = streaming(at, client)
        await asyncio.sleep(1)
        client.stuck = True
        at.engine.tell(CallChanged(call(1)))
        await asyncio.sleep(29)
        assert not task.done()
        await asyncio.sleep(2)
        assert (client.aborted, task.done(), at.hub.counters["cut_off"]) == (True, True, 1)
        assert at.hub.readers == set()

    in_virtual_time(story)


def test_a_client_that_left_leaves_nothing() -> None:
    async def story(at: Stand) -> None:
        clients = [Client() for _ in range(20)]
        tasks = [streaming(at, client) for client in clients]
        at.engine.tell(CallChanged(call(1)))
        await asyncio.sleep(1)
        for client in clients:
            client.left.set()
        await asyncio.gather(*tasks)
        assert at.hub.readers == set()
        assert {len(client.sent) for client in clients} == {3}
        assert len(asyncio.all_tasks()) == 1

    in_virtual_time(story)


# Over a real socket.


def test_the_stream_on_the_control_socket_and_the_server_s_end(tmp_path: Path) -> None:
    site = Site()

    async def main() -> list[tuple[str, object]]:
        server = ControlServer(site.app, control_socket.listen(tmp_path))
        await server.start()
        transport = httpx.AsyncHTTPTransport(uds=str(tmp_path / control_socket.NAME))
        found: list[tuple[str, object]] = []
        async with (
            httpx.AsyncClient(transport=transport, base_url="http://trunkline") as client,
            client.stream("GET", "/v1/events", params={"types": "call,call-ended", "tenant": "acme"}) as response,
        ):
            assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
            assert response.headers["cache-control"] == "no-store"
            reader = SseReader()
            lines: list[str] = []
            async for line in response.aiter_lines():
                lines.append(line)
                if line:
                    continue
                for event in reader.events(lines):
                    assert event is not None
                    found.append((event.name, event.data.get("id")))
                lines = []
                if len(found) == 1:
                    site.engine.tell(CallChanged(call(1, "beta")), RATES, CallChanged(call(2)))
                else:
                    # Ends the stream in good order, and does not wait for it.
                    async with asyncio.timeout(1.5):
                        await server.stop()
        return found

    assert asyncio.run(main()) == [("hello", None), ("call", "0199-0002")]
    assert site.engine.takers == []


def test_a_client_that_reads_nothing_is_cut_off_and_its_connection_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EventStream, "stuck_s", 0.2)
    site = Site()
    hub = site.app.state.hub

    async def main() -> int:
        server = ControlServer(site.app, control_socket.listen(tmp_path))
        await server.start()
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(tmp_path / control_socket.NAME))
            client.sendall(b"GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n")
            async with asyncio.timeout(10):
                while not hub.readers:
                    await asyncio.sleep(0.01)
                site.engine.tell(*[CallChanged(call(1))] * 2000)  # more than the buffers of both sides hold
                while hub.readers:
                    await asyncio.sleep(0.01)
            client.settimeout(5)
            came = 0
            while part := client.recv(65536):  # what lay in the socket, then its end
                came += len(part)
        await server.stop()
        return came

    assert 1000 < asyncio.run(main()) < 600_000
    assert hub.counters["cut_off"] == 1


BAD: list[tuple[dict[str, str], str]] = [
    ({"types": "call,calls"}, "'calls' is no event type"),
    ({"types": ""}, "'' is no event type"),
    ({"tenant": "x" * 300}, "tenant"),
    ({"last_event_id": "x" * 65}, "last_event_id"),
]


@pytest.mark.parametrize(("query", "says"), BAD, ids=[str(case[0])[:30] for case in BAD])
def test_a_wrong_question_is_refused(query: dict[str, str], says: str) -> None:
    response = Site().request("GET", "/v1/events", **query)
    assert response.status_code == 422
    assert says in response.json()["detail"]


CALLERS: list[tuple[str | None, str | None, str | None]] = [
    (None, None, None),
    (None, "acme", "acme"),
    ("acme", None, "acme"),
    ("acme", "acme", "acme"),
    ("acme", "beta", NO_TENANT),
]


@pytest.mark.parametrize(("own", "asked", "shown"), CALLERS)
def test_who_is_of_a_tenant_is_shown_no_other_whatever_is_asked_for(
    own: str | None, asked: str | None, shown: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Site()
    wanted: list[Wanted] = []

    def opened(what: Wanted, *_: object) -> Reader:
        wanted.append(what)
        raise TooManyReaders("enough for this test")

    monkeypatch.setattr(site.app.state.hub, "open", opened)

    async def as_caller(scope: Scope, receive: Receive, send: Send) -> None:
        await site.app({**scope, KEY: Caller(name="t", scope=Rights.READ, tenant=own)}, receive, send)

    async def ask() -> int:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=as_caller), base_url="http://t") as client:
            return (await client.get("/v1/events", params={} if asked is None else {"tenant": asked})).status_code

    assert asyncio.run(ask()) == 503
    assert [one.tenant for one in wanted] == [shown]


def test_too_many_streams_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.events.hub.MOST_READERS", 0)
    response = Site().request("GET", "/v1/events")
    assert (response.status_code, response.headers["content-type"]) == (503, "application/problem+json")
