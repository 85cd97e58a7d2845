"""The media backend in use and those that end with their calls: prepared, swapped, retired, without sockets."""

import asyncio
import logging
import os
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

import pytest

from engine.config.system import MediaConfig, NetworkConfig
from engine.errors import EngineError, PrepareRefused
from engine.media.backend import MediaEvent, MediaSettings
from engine.media.errors import PortsExhausted
from engine.runtime.media_set import MediaSet
from engine.sdp.description import parse_description
from tests.support.media_backend import MemoryBackend
from tests.support.pbx import sdp

HOST = "127.0.0.1"
OFFER = parse_description(sdp())


class WatchedBackend(MemoryBackend):
    """In memory, with a pipe for its events."""

    def __init__(self, settings: MediaSettings) -> None:
        super().__init__()
        self.settings = settings
        self.is_open = False
        self.events: list[MediaEvent] = []
        self._read, self._write = os.pipe()

    def open(self) -> None:
        if self.settings.first_port == 50000:
            raise PortsExhausted("no RTP port free in 50000-50100 on 127.0.0.1")
        self.is_open = True

    def close(self) -> None:
        self.is_open = False
        os.close(self._read)
        os.close(self._write)

    def fileno(self) -> int:
        return self._read

    def take_events(self) -> Sequence[MediaEvent]:
        os.read(self._read, 100)
        events, self.events = self.events, []
        return events

    def tell(self, *events: MediaEvent) -> None:
        self.events.extend(events)
        os.write(self._write, b"x")


class Fixture:
    def __init__(self) -> None:
        self.made: list[WatchedBackend] = []
        self.turns = 0
        self.counters: Counter[str] = Counter()
        self.set = MediaSet(HOST, self.make, lambda: 7.0, self.turn, self.counters)

    def make(self, settings: MediaSettings) -> WatchedBackend:
        self.made.append(WatchedBackend(settings))
        return self.made[-1]

    def turn(self) -> None:
        self.turns += 1

    def apply(self, config: MediaConfig) -> None:
        self.set.swap(self.set.prepare(config))
        self.set.retire()


def run(story: Callable[[Fixture], Awaitable[None]]) -> None:
    async def main() -> None:
        fixture = Fixture()
        await story(fixture)
        fixture.set.close()
        assert not any(backend.is_open for backend in fixture.made)

    asyncio.run(main())


def test_nothing_is_open_before_the_first() -> None:
    async def story(f: Fixture) -> None:
        assert f.set.describe() == "not open"
        with pytest.raises(EngineError):
            f.set.open(HOST, 1)
        f.apply(MediaConfig(first_port=40000, last_port=40099))
        assert f.set.describe() == "pure Python, 127.0.0.1 ports 40000-40099, 0 of 1000 pairs in use"
        f.set.open(HOST, 1)

    run(story)


def test_the_same_place_keeps_its_backend_and_tells_another_address() -> None:
    async def story(f: Fixture) -> None:
        config = MediaConfig(first_port=40000, last_port=40099)
        f.apply(config)
        f.apply(MediaConfig(first_port=40000, last_port=40099, advertised_address="203.0.113.1"))
        assert len(f.made) == 1
        sent = f.set.open(HOST, 1).outgoing(OFFER)
        assert b"c=IN IP4 203.0.113.1" in sent.to_bytes()
        f.apply(MediaConfig(first_port=40000, last_port=40099, inactivity_timeout_s=5))
        assert len(f.made) == 1

    run(story)


def test_phones_are_told_the_networks_address_where_media_say_nothing() -> None:
    class Nat(NetworkConfig):
        """Behind one even on loopback."""

        __slots__ = ()

        def told(self, bound: str) -> str:
            return "203.0.113.5"

    async def story(f: Fixture) -> None:
        config = MediaConfig(first_port=40000, last_port=40099)
        f.set.swap(f.set.prepare(config, Nat()))
        assert b"c=IN IP4 203.0.113.5" in f.set.open(HOST, 1).outgoing(OFFER).to_bytes()
        f.set.swap(
            f.set.prepare(MediaConfig(first_port=40000, last_port=40099, advertised_address="203.0.113.9"), Nat())
        )
        assert b"c=IN IP4 203.0.113.9" in f.set.open(HOST, 2).outgoing(OFFER).to_bytes()

    run(story)


@pytest.mark.parametrize(
    "config",
    [MediaConfig(first_port=50000, last_port=50100), MediaConfig(first_port=40001, last_port=40001)],
    ids=["taken", "no range"],
)
def test_a_range_that_cannot_be_had_leaves_the_old(config: MediaConfig) -> None:
    async def story(f: Fixture) -> None:
        f.apply(MediaConfig(first_port=40000, last_port=40099))
        with pytest.raises(PrepareRefused, match=r"System media: .*; change spec\.media"):
            f.set.prepare(config)
        assert f.made[0].is_open
        assert "40000-40099" in f.set.describe()

    run(story)


def test_a_discarded_change_is_closed() -> None:
    async def story(f: Fixture) -> None:
        f.apply(MediaConfig(first_port=40000, last_port=40099))
        f.set.discard(f.set.prepare(MediaConfig(first_port=41000, last_port=41099)))
        assert [backend.is_open for backend in f.made] == [True, False]
        f.set.discard(f.set.prepare(MediaConfig(first_port=40000, last_port=40099)))
        assert f.made[0].is_open

    run(story)


def test_a_backend_ends_with_the_last_session_even_if_that_has_no_port_yet() -> None:
    async def story(f: Fixture) -> None:
        f.apply(MediaConfig(first_port=40000, last_port=40099))
        session = f.set.open(HOST, 1)
        f.apply(MediaConfig(first_port=41000, last_port=41099))
        assert [backend.is_open for backend in f.made] == [True, True]
        session.outgoing(OFFER)
        assert len(f.made[0].in_use) == 1
        f.set.open(HOST, 2).outgoing(OFFER)
        assert len(f.made[1].in_use) == 1
        session.release()
        f.set.retire()
        assert [backend.is_open for backend in f.made] == [False, True]

    run(story)


def test_silence_reaches_its_session_and_ends_a_turn() -> None:
    async def story(f: Fixture) -> None:
        f.apply(MediaConfig(first_port=40000, last_port=40099))
        reported: list[tuple[float, float]] = []
        session = f.set.open(HOST, 1)
        session.on_silent = lambda silent_s, now: reported.append((silent_s, now))
        session.outgoing(OFFER)
        session.watch(0, 60.0)
        f.made[0].tell(f.made[0].silent(0, 61.0))
        await asyncio.sleep(0.01)
        assert reported == [(61.0, 7.0)]
        assert f.turns == 1

    run(story)


def test_a_bug_at_one_sessions_silence_keeps_it_from_no_other(caplog: pytest.LogCaptureFixture) -> None:
    async def story(f: Fixture) -> None:
        f.apply(MediaConfig(first_port=40000, last_port=40099))
        reported: list[float] = []

        def bug(silent_s: float, now: float) -> None:
            raise ZeroDivisionError

        for number, hook in enumerate((bug, lambda silent_s, _: reported.append(silent_s))):
            session = f.set.open(HOST, number)
            session.on_silent = hook
            session.outgoing(OFFER)
            session.watch(0, 60.0)
        f.made[0].tell(f.made[0].silent(0, 61.0), f.made[0].silent(1, 62.0))
        await asyncio.sleep(0.01)
        assert reported == [62.0]
        assert f.counters["dropped: bug in processing"] == 1
        assert f.turns == 1

    with caplog.at_level(logging.ERROR):
        run(story)
    assert "ZeroDivisionError" in caplog.text


# What the calls' ports are of: the range before and the one after, how many streams have a port, whether that is given up. The backend
# gives 33000, 33002...
GIVEN_UP = [
    ("another range", (33000, 33099), (34000, 34099), 1, "127.0.0.1 33000-33099"),
    ("a smaller one with the port", (33000, 33099), (33000, 33009), 1, None),
    ("a smaller one with some of the ports", (33000, 33099), (33000, 33002), 2, "127.0.0.1 33000-33099"),
    ("RTCP outside", (33000, 33099), (32000, 33000), 1, "127.0.0.1 33000-33099"),
    ("a wider one", (33000, 33099), (32000, 33999), 2, None),
    ("the same", (33000, 33099), (33000, 33099), 2, None),
    ("no port yet, another range", (33000, 33099), (33000, 33009), 0, "127.0.0.1 33000-33099"),
    ("no port yet, a wider one", (33000, 33099), (32000, 33999), 0, None),
]


@pytest.mark.parametrize(
    ("before", "after", "streams", "expected"), [case[1:] for case in GIVEN_UP], ids=[case[0] for case in GIVEN_UP]
)
def test_given_up(before: tuple[int, int], after: tuple[int, int], streams: int, expected: str | None) -> None:
    async def story(f: Fixture) -> None:
        f.apply(MediaConfig(first_port=before[0], last_port=before[1]))
        session = f.set.open(HOST, 1)
        offer = sdp() + b"m=video 6000 RTP/AVP 96\r\n" if streams == 2 else sdp()
        if streams:
            session.reserve(parse_description(offer))
        f.apply(MediaConfig(first_port=after[0], last_port=after[1]))
        fresh = f.set.open(HOST, 2)
        fresh.reserve(OFFER)
        assert f.set.given_up(session) == expected
        assert f.set.given_up(fresh) is None

    run(story)


def test_another_address_gives_up_the_ports_and_going_back_takes_them_again() -> None:
    async def story(f: Fixture) -> None:
        config = MediaConfig(first_port=33000, last_port=33099)
        f.apply(config)
        session = f.set.open(HOST, 1)
        session.reserve(OFFER)
        f.apply(MediaConfig(address="127.0.0.2", first_port=33000, last_port=33099))
        assert f.set.given_up(session) == "127.0.0.1 33000-33099"
        f.apply(config)
        assert f.set.given_up(session) is None

    run(story)
