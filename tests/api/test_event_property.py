"""A client that takes the lists when it is told to, and applies events, knows what the lists say: whatever happened, however often
it was cut off, and however long it stayed away.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from api.bodies.call import CallBody
from api.bodies.registration import RegistrationBody
from api.events.entry import Wanted
from api.events.hub import Hub, Reader
from cli.live_state import LiveState
from cli.sse import SseReader
from engine.sip.message import SipRequest, SipResponse
from tests.api.test_routes import FakeReconcile
from tests.support.pbx import Pbx, Phone, sdp
from tests.support.pbx_feed import HandFeed, PbxSources
from tests.support.virtual_loop import VirtualLoop

NUMBERS = ("101", "102")
ACTIONS = (
    "register",
    "unregister",
    "register",
    "call",
    "call",
    "ring",
    "answer",
    "refuse",
    "hang up",
    "wait",
    "look",
    "second",
)
ABSENCES = ("break off", "stay away", "let go")

Step = tuple[str, int]


class Office:
    """Phones that do what they are told, as far as it makes sense for them."""

    def __init__(self) -> None:
        self.pbx = Pbx(*NUMBERS)
        self.phones = [self.pbx.phone(number, 5001 + index) for index, number in enumerate(NUMBERS)]
        self.invites: dict[int, SipRequest] = {}

    def act(self, what: str, who: int) -> None:
        phone = self.phones[who]
        phone.inbox[:] = [message for message in phone.inbox if isinstance(message, SipRequest)]
        match what:
            case "register":
                self._aside(phone, phone.register)
            case "unregister":
                self._aside(phone, lambda: phone.register(0))
            case "call":
                self._aside(phone, lambda: phone.invite(NUMBERS[(who + 1) % len(NUMBERS)]))
            case "ring" | "answer" | "refuse":
                self._respond(phone, {"ring": 180, "answer": 200, "refuse": 486}[what])
            case "hang up":
                for call in list(self.pbx.switch.calls)[who : who + 1]:
                    self.pbx.hang_up(call)
            case "wait":
                self.pbx.advance(1 + who * 200)
                self.pbx.registrar.expire(self.pbx.now)

    @staticmethod
    def _aside(phone: Phone, act: Callable[[], object]) -> None:
        held, phone.inbox = phone.inbox, []
        act()
        phone.inbox = held + [message for message in phone.inbox if not isinstance(message, SipResponse)]

    @staticmethod
    def _respond(phone: Phone, status: int) -> None:
        for message in phone.inbox:
            if isinstance(message, SipRequest) and message.method == "INVITE":
                phone.answer(message, status, sdp(phone.port + 1000) if status == 200 else b"")
                if status != 180:
                    phone.inbox.remove(message)
                return


class Client:
    """Follows as `trunkline top` does."""

    def __init__(self, hub: Hub, sources: PbxSources) -> None:
        self.hub = hub
        self.sources = sources
        self.state = LiveState()
        self.sse = SseReader()
        self.reader: Reader | None = None
        self.resumed = 0

    def read(self) -> None:
        if self.reader is None:
            self.reader = self.hub.open(Wanted(), self.sse.last_id)
            self._apply(self.reader.hello())
        while chunk := self.reader.take(300):
            self._apply(chunk)
        self._apply(self.reader.heartbeat())

    def leave(self) -> None:
        if self.reader is not None:
            self.reader.close()
            self.reader = None

    def _apply(self, chunk: bytes) -> None:
        for event in self.sse.events(chunk.decode().splitlines()):
            if event is not None and self.state.apply(event.name, event.data):
                self.state.take("calls", calls(self.sources))
                self.state.take("registrations", registrations(self.sources))
            elif event is not None and event.name == "hello":
                self.resumed += 1


def calls(sources: PbxSources) -> list[dict[str, object]]:
    return [CallBody.model_validate(view).model_dump(mode="json") for view in sources.calls()]


def registrations(sources: PbxSources) -> list[dict[str, object]]:
    return [RegistrationBody.model_validate(view).model_dump(mode="json") for view in sources.registrations()]


def by(found: list[dict[str, object]], *keys: str) -> dict[tuple[object, ...], dict[str, object]]:
    return {tuple(one[key] for key in keys): one for one in found}


steps = st.lists(
    st.tuples(st.sampled_from(ACTIONS * 3 + ABSENCES + ("read",) * 8), st.integers(0, len(NUMBERS) - 1)),
    min_size=40,
    max_size=90,
)


@settings(max_examples=100, deadline=None)
@given(steps, st.integers(1, 40))
def test_applying_events_is_as_good_as_asking(story: list[Step], kept: int) -> None:
    async def main() -> None:
        office = Office()
        sources = PbxSources(office.pbx)
        feed = HandFeed(sources, slice_of=3)
        epochs = count(1)
        hub = Hub(
            feed,
            FakeReconcile(),
            "1",
            epoch=lambda: f"e{next(epochs)}",
            key=lambda: bytes(32),
            utc_now=lambda: datetime(2026, 1, 1, tzinfo=UTC),
            most_entries=kept,
        )
        client = Client(hub, sources)
        for what, who in [*story, ("read", 0), ("look", 0), ("read", 0)]:
            match what:
                case "read":
                    client.read()
                    if client.reader is not None and client.reader.ended is not None:
                        client.leave()  # it was too slow
                        client.read()
                case "look":
                    feed.look()
                case "second":
                    feed.second()
                case "break off":
                    client.leave()
                case "stay away" | "let go":
                    client.leave()
                    await asyncio.sleep(10 if what == "stay away" else 61)
                case _:
                    office.act(what, who)
        assert client.state.lists["calls"] == by(calls(sources), "id")
        assert client.state.lists["registrations"] == by(registrations(sources), "tenant", "number", "contact")
        assert office.pbx.bugs == []
        client.leave()
        hub.close()
        assert office.pbx.stack.marks is None

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(main())
