"""All readers of the event stream, and the ring that they read from.

The engine is watched from the first reader until a minute after the last one has left; then the ring is let go, and the next reader
begins a new epoch. A reader holds a place in the ring and nothing else: however slow it is, it costs no memory. One that the ring
has left behind is cut off, and so are all when the engine could not keep all that happened: they come again and take the lists anew.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from api.bodies.event import HelloBody
from api.events.bookmark import Bookmarks
from api.events.encoding import encode, encode_reconcile
from api.events.entry import Encoded, Entry, Wanted
from api.events.ring import MOST_BYTES, MOST_ENTRIES, Ring
from engine.live_event import LiveEvent, Missed, Rates
from engine.ports import EventFeed
from reconciler.ports import ReconcileQuery
from reconciler.views import ReconcileView

log = logging.getLogger("trunkline.api")

LINGER_S: Final = 60.0
CHUNK: Final = 64 * 1024
MOST_READERS: Final = 500
MOST_OF_ONE: Final = 50
"""So that no token of a tenant takes all places."""


@dataclass(frozen=True, slots=True)
class StreamFigures:
    """`events`: how many streams were opened, resumed, cut off and begun anew since the start."""

    open: int = 0
    events: Mapping[str, int] = field(default_factory=dict)


class TooManyReaders(Exception):
    """So many streams are open that another one is refused."""


class Hub:
    """`epoch`: makes the name of the next one, `key` its secret (`Bookmarks`).

    `counters`: of streams: opened, resumed, cut_off for being slow, begun_anew."""

    def __init__(
        self,
        feed: EventFeed,
        reconcile: ReconcileQuery,
        version: str,
        *,
        epoch: Callable[[], str],
        key: Callable[[], bytes],
        utc_now: Callable[[], datetime],
        most_entries: int = MOST_ENTRIES,
        most_bytes: int = MOST_BYTES,
        linger_s: float = LINGER_S,
    ) -> None:
        self._feed = feed
        self._reconcile = reconcile
        self._version = version
        self._new_epoch = epoch
        self._new_key = key
        self._utc_now = utc_now
        self._most = (most_entries, most_bytes)
        self._linger_s = linger_s
        self._end_watching: Callable[[], None] | None = None
        self._letting_go: asyncio.TimerHandle | None = None
        self._standing: ReconcileView | None = None
        self._closed = False
        self._key = b""
        self._bookmarks = Bookmarks("", b"", None)
        self.epoch = ""
        self.ring = Ring(*self._most)
        self.readers: set[Reader] = set()
        self.counters: Counter[str] = Counter()

    def figures(self) -> StreamFigures:
        return StreamFigures(len(self.readers), dict(self.counters))

    def open(self, wanted: Wanted, last_id: str | None, owner: str = "") -> Reader:
        """A new reader of `owner`, from behind `last_id` on if that is still known. TooManyReaders."""
        if len(self.readers) >= MOST_READERS:
            raise TooManyReaders(f"{MOST_READERS} event streams are open, and no more are served at once")
        if sum(reader.owner == owner for reader in self.readers) >= MOST_OF_ONE:
            raise TooManyReaders(f"{MOST_OF_ONE} event streams of {owner} are open, and no more are served at once")
        if self._letting_go is not None:
            self._letting_go.cancel()
            self._letting_go = None
        if self._end_watching is None and not self._closed:
            self._begin()
        bookmarks = Bookmarks(self.epoch, self._key, wanted.tenant)
        place = bookmarks.place(last_id)
        resumed = place is not None and self.ring.start <= place <= self.ring.end
        start = place if place is not None and resumed else self.ring.end
        reader = Reader(self, wanted, start, bookmarks, owner=owner, resumed=resumed)
        if self._closed:
            reader.end("the server stops")
        self.readers.add(reader)
        self.counters["opened"] += 1
        self.counters["resumed"] += resumed
        return reader

    def leave(self, reader: Reader) -> None:
        self.readers.discard(reader)
        if not self.readers and self._end_watching is not None and self._letting_go is None:
            self._letting_go = asyncio.get_running_loop().call_later(self._linger_s, self._let_go)

    def close(self) -> None:
        """End all streams: the server stops."""
        self._closed = True
        self._end_all("the server stops")
        if self._letting_go is not None:
            self._letting_go.cancel()
        self._let_go()

    def hello(self, reader: Reader) -> bytes:
        body = HelloBody(epoch=self.epoch, version=self._version, resumed=reader.resumed, at=self._utc_now())
        return f"retry: 1000\nid: {reader.bookmark()}\nevent: hello\ndata: {body.model_dump_json()}\n\n".encode()

    def _begin(self) -> None:
        self._begin_epoch()
        self._standing = _quiet(self._reconcile.status())
        self._end_watching = self._feed.watch(self._take)

    def _begin_epoch(self) -> None:
        self.epoch = self._new_epoch()
        self._key = self._new_key()
        self._bookmarks = Bookmarks(self.epoch, self._key, None)
        self.ring = Ring(*self._most)

    def _let_go(self) -> None:
        self._letting_go = None
        if self._end_watching is not None:
            self._end_watching()
            self._end_watching = None
        self.ring = Ring(*self._most)
        self._standing = None

    def _take(self, events: Sequence[LiveEvent]) -> None:
        try:
            for event in events:
                self._tell(event)
        except Exception:
            # A supervised border (HOUSE B4): what can't be told must not be missed in silence, nor end the stream for good.
            log.exception("an event can't be told, for a bug")
            self._begin_anew(0)
        for reader in self.readers:
            reader.wake()

    def _tell(self, event: LiveEvent) -> None:
        if isinstance(event, Missed):
            self._begin_anew(event.count)
        elif isinstance(event, Rates):
            self._look_at_following()
        encoded = encode(event)
        if encoded is not None:
            self._append(encoded)

    def _append(self, encoded: Encoded) -> None:
        # The identity of an event is the place behind it: where who has seen it goes on.
        self.ring.append(Entry(self._bookmarks.of(self.ring.end + 1), encoded))

    def _look_at_following(self) -> None:
        view = self._reconcile.status()
        quiet = _quiet(view)
        if quiet != self._standing:
            self._standing = quiet
            self._append(encode_reconcile(view))

    def _begin_anew(self, lost: int) -> None:
        log.warning("event streams begin anew, for events were lost: ended_calls=%d", lost)
        self.counters["begun_anew"] += 1
        self._begin_epoch()
        self._end_all("events were lost")

    def _end_all(self, why: str) -> None:
        for reader in list(self.readers):
            reader.end(why)


class Reader:
    """One stream. `take` what there is, then wait for `news`; `ended`: why it gets no more; `is_stuck`: its client does not read."""

    def __init__(
        self, hub: Hub, wanted: Wanted, place: int, bookmarks: Bookmarks, *, owner: str, resumed: bool
    ) -> None:
        self._hub = hub
        self._ring = hub.ring
        self._wanted = wanted
        self._bookmarks = bookmarks
        self._news = asyncio.Event()
        self.place = place
        self.owner = owner
        self.resumed = resumed
        self.is_stuck = False
        self.ended: str | None = None

    def hello(self) -> bytes:
        return self._hub.hello(self)

    def heartbeat(self) -> bytes:
        """Also says how far it is, so that who is sent little can resume."""
        return f": heartbeat\nid: {self.bookmark()}\n\n".encode()

    def bookmark(self) -> str:
        """The id of all that it has seen."""
        return self._bookmarks.of(self.place)

    def take(self, most: int = CHUNK) -> bytes:
        """The next events, as many as fit; empty: none now, or it has ended."""
        ring, wanted = self._ring, self._wanted
        if self.ended is None and self.place < ring.start:
            self.cut_off("it reads too slowly")
        if self.ended is not None:
            return b""
        chunk: list[bytes] = []
        size = 0
        while self.place < ring.end and size < most:
            entry = ring.at(self.place)
            self.place += 1
            frame = entry.for_reader(wanted, self.bookmark)
            if frame:
                chunk.append(frame)
                size += len(frame)
        return b"".join(chunk)

    def cut_off(self, why: str) -> None:
        self._hub.counters["cut_off"] += 1
        log.warning("an event stream is cut off: %s", why)
        self.end(why)

    def end(self, why: str) -> None:
        self.ended = self.ended or why
        self.wake()

    def wake(self) -> None:
        self._news.set()

    async def news(self, timeout_s: float) -> bool:
        """Wait for something to take; False: nothing came in that time."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._news.wait()
        except TimeoutError:
            return False
        self._news.clear()
        return True

    def close(self) -> None:
        self.end("closed")
        self._hub.leave(self)


def _quiet(view: ReconcileView) -> ReconcileView:
    """Without what each look at the manifests changes though it finds nothing new."""
    return replace(view, last_round_at=None)
