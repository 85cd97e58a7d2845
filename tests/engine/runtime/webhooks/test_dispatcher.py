"""Delivery in virtual time: in order, whatever the receiver does, for as long as it takes; and nobody waits for anybody else's receiver."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from engine.runtime.webhooks import dispatcher as dispatching
from engine.runtime.webhooks.dispatcher import Dispatcher
from engine.runtime.webhooks.http_post import Answer, PostFailed, Receiver
from engine.runtime.webhooks.outbox import Hook, Line
from tests.support.memory_outbox import MemoryOutbox
from tests.support.virtual_loop import VirtualLoop

EPOCH = 1_800_000_000.0
ACME = Line("acme", "cdr")
BETA = Line("beta", "cdr")
HOUR_S = 3600.0
DAY_S = 24 * HOUR_S


def hook(host: str, password: str = "p", signing_secret: str | None = None) -> Hook:
    receiver = Receiver(url=f"https://{host}/", auth="basic", user="u", password=password, timeout_s=10.0)
    return Hook(receiver=receiver, signing_secret=signing_secret)


class World:
    """A dispatcher over an outbox in memory and receivers that are functions. `got`: (seconds, body), of what was answered with 200."""

    def __init__(self) -> None:
        self.outbox = MemoryOutbox()
        self.hooks: dict[Line, Hook] = {ACME: hook("acme.example"), BETA: hook("beta.example")}
        self.answers: dict[str, Callable[[str], Answer]] = {}
        self.delays_s: dict[str, float] = {}
        self.attempts: list[tuple[float, str]] = []
        self.got: list[tuple[float, str]] = []
        self.headers: list[Mapping[str, str]] = []
        self.dispatcher = Dispatcher(
            self.outbox, self._post, self.hooks.get, wall=self.wall, chance=lambda: 1.0, turn=self._turn
        )
        self._running = asyncio.ensure_future(self.dispatcher.run())

    @property
    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def wall(self) -> float:
        return EPOCH + self.now

    def put(self, line: Line, *bodies: str) -> None:
        for body in bodies:
            self.outbox.put(line, datetime.fromtimestamp(self.wall(), UTC), body)
        self.dispatcher.grown([line])

    def answer(self, line: Line, status: int, retry_after: str | None = None) -> None:
        self.answers[f"https://{line.tenant}.example/"] = lambda _: Answer(status, retry_after)

    def down(self, line: Line) -> None:
        def nobody(_: str) -> Answer:
            raise PostFailed("can't be reached: Connection refused")

        self.answers[f"https://{line.tenant}.example/"] = nobody

    def refuse(self, line: Line, body: str, status: int) -> None:
        """Everything but this one is welcome."""
        self.answers[f"https://{line.tenant}.example/"] = lambda one: Answer(status if one == body else 200, None)

    @property
    def bodies(self) -> list[str]:
        return [body for _, body in self.got]

    async def stop(self) -> None:
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)
        await self.dispatcher.stop()

    async def _post(self, receiver: Receiver, headers: Mapping[str, str], body: bytes) -> Answer:
        await asyncio.sleep(self.delays_s.get(receiver.url, 0.01))
        text = body.decode()
        self.attempts.append((self.now, text))
        self.headers.append(headers)
        answering = self.answers.get(receiver.url)
        answer = Answer(200, None) if answering is None else answering(text)
        if answer.status == 200:
            self.got.append((self.now, text))
        return answer

    async def _turn(self) -> None:
        pass


def play(story: Callable[[World], Awaitable[None]]) -> World:
    async def main() -> World:
        world = World()
        await story(world)
        await world.stop()
        return world

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main())


def test_all_arrive_in_their_order_and_leave_the_outbox() -> None:
    async def story(world: World) -> None:
        world.put(ACME, *[str(n) for n in range(120)])
        await asyncio.sleep(5)

    world = play(story)
    assert world.bodies == [str(n) for n in range(120)]
    assert world.outbox.left == []
    assert world.dispatcher.counters == {"delivered": 120}
    assert len(world.outbox.removals) <= 5


def test_what_waited_before_the_start_is_found() -> None:
    async def story(world: World) -> None:
        world.outbox.put(ACME, datetime.fromtimestamp(EPOCH, UTC), "old")
        await asyncio.sleep(1)

    assert play(story).bodies == ["old"]


@pytest.mark.parametrize("down_s", [HOUR_S, DAY_S, 6 * DAY_S])
@pytest.mark.parametrize("how", ["down", 503, 401, 302])
def test_a_receiver_that_is_down_misses_nothing_and_gets_it_in_order(down_s: float, how: str | int) -> None:
    async def story(world: World) -> None:
        world.down(ACME) if isinstance(how, str) else world.answer(ACME, how)
        for number in range(50):
            world.put(ACME, str(number))
            await asyncio.sleep(down_s / 50)
        back_at = world.now
        world.answer(ACME, 200)
        await asyncio.sleep(301)
        assert world.got[0][0] - back_at <= 301

    world = play(story)
    assert world.bodies == [str(n) for n in range(50)]
    assert {body for at, body in world.attempts if at < down_s} == {"0"}
    assert world.outbox.left == []


def test_attempts_grow_rarer_up_to_five_minutes() -> None:
    async def story(world: World) -> None:
        world.down(ACME)
        world.put(ACME, "x")
        await asyncio.sleep(HOUR_S)

    times = [at for at, _ in play(story).attempts]
    gaps = [round(later - earlier) for earlier, later in pairwise(times)]
    assert gaps[:10] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]
    assert set(gaps[10:]) == {300}


def test_a_receiver_that_asks_for_time_gets_it() -> None:
    async def story(world: World) -> None:
        world.answer(ACME, 429, "90")
        world.put(ACME, "x")
        await asyncio.sleep(1)
        world.answer(ACME, 200)
        await asyncio.sleep(100)

    [(first, _), (second, _)] = play(story).attempts
    assert 90 <= second - first < 91


def test_one_tenants_receiver_holds_up_no_other_and_no_other_webhook() -> None:
    events = Line("acme", "events")

    async def story(world: World) -> None:
        world.hooks[events] = hook("events.example")
        world.down(ACME)
        world.delays_s["https://acme.example/"] = 10.0
        world.put(ACME, "a")
        world.put(BETA, "b")
        world.put(events, "e")
        await asyncio.sleep(1)

    assert sorted(play(story).bodies) == ["b", "e"]


def test_many_dead_receivers_do_not_hold_up_a_live_one_for_long() -> None:
    async def story(world: World) -> None:
        for number in range(500):
            line = Line(f"t{number}", "cdr")
            world.hooks[line] = hook(f"t{number}.example")
            world.delays_s[f"https://t{number}.example/"] = 10.0
            world.down(line)
            world.put(line, "x")
        await asyncio.sleep(600)
        began = world.now
        world.put(BETA, "b")
        await asyncio.sleep(60)
        assert world.got[0][0] - began < 30

    assert play(story).bodies == ["b"]


@pytest.mark.parametrize("status", [400, 403, 404, 413, 422, 500])
def test_an_event_that_is_refused_for_an_hour_lets_others_go_first_and_is_not_given_up(status: int) -> None:
    async def story(world: World) -> None:
        world.refuse(ACME, "poison", status)
        world.put(ACME, "1", "poison", "2", "3")
        await asyncio.sleep(HOUR_S * 0.9)
        assert world.bodies == ["1"]
        await asyncio.sleep(HOUR_S * 0.3)
        assert world.bodies == ["1", "2", "3"]
        world.put(ACME, "4")  # at once, though the other one waits
        await asyncio.sleep(1)
        assert world.bodies == ["1", "2", "3", "4"]
        world.answer(ACME, 200)
        await asyncio.sleep(400)

    world = play(story)
    assert world.bodies == ["1", "2", "3", "4", "poison"]
    assert world.dispatcher.counters["set aside"] == 1


def test_of_two_that_are_refused_each_gets_its_turn() -> None:
    async def story(world: World) -> None:
        world.answers["https://acme.example/"] = lambda one: Answer(400 if one.startswith("p") else 200, None)
        world.put(ACME, "p1", "p2", "3")
        await asyncio.sleep(HOUR_S * 3)
        assert world.bodies == ["3"]
        world.refuse(ACME, "p1", 400)
        await asyncio.sleep(HOUR_S)

    assert play(story).bodies == ["3", "p2"]


def test_a_receiver_that_fails_at_all_of_them_for_a_day_misses_none() -> None:
    """It answers 500, so events give up their places one by one; then all arrive."""

    async def story(world: World) -> None:
        world.answer(ACME, 500)
        world.put(ACME, *[str(n) for n in range(100)])
        await asyncio.sleep(DAY_S)
        world.answer(ACME, 200)
        await asyncio.sleep(HOUR_S)

    world = play(story)
    assert sorted(world.bodies, key=int) == [str(n) for n in range(100)]
    assert len(world.bodies) == 100


def test_what_is_too_old_is_given_up_and_said(caplog: pytest.LogCaptureFixture) -> None:
    async def story(world: World) -> None:
        world.down(ACME)
        world.put(ACME, "old")
        await asyncio.sleep(6 * DAY_S)
        world.put(ACME, "young")
        await asyncio.sleep(1.1 * DAY_S)
        world.answer(ACME, 200)
        await asyncio.sleep(HOUR_S)

    with caplog.at_level(logging.ERROR):
        world = play(story)
    assert world.bodies == ["young"]
    assert world.dispatcher.counters["dropped: too old"] == 1
    assert world.dispatcher.states()[ACME].dropped == 1
    assert "webhook acme/cdr: 1 messages are given up undelivered: they are older than 7 days" in caplog.text


def test_a_line_that_grows_too_long_loses_its_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatching, "MOST_WAITING", 10)

    async def story(world: World) -> None:
        world.down(ACME)
        world.put(ACME, *[str(n) for n in range(15)])
        world.put(BETA, "b")
        await asyncio.sleep(70)
        world.answer(ACME, 200)
        await asyncio.sleep(301)

    world = play(story)
    assert [body for body in world.bodies if body != "b"] == [str(n) for n in range(5, 15)]
    assert world.dispatcher.counters["dropped: too many"] == 5


def test_a_corrected_configuration_is_tried_at_once() -> None:
    async def story(world: World) -> None:
        world.answer(ACME, 401)
        world.put(ACME, "x")
        await asyncio.sleep(HOUR_S)
        tried = len(world.attempts)
        world.dispatcher.changed()  # of somebody else
        await asyncio.sleep(1)
        assert len(world.attempts) == tried
        world.hooks[ACME] = hook("new.example")
        world.dispatcher.changed()
        await asyncio.sleep(1)

    assert play(story).bodies == ["x"]


def test_a_webhook_that_is_gone_keeps_what_waits_until_it_is_back() -> None:
    async def story(world: World) -> None:
        kept = world.hooks.pop(ACME)
        world.put(ACME, "x")
        await asyncio.sleep(HOUR_S)
        assert (world.attempts, world.outbox.left) == ([], ["x"])
        assert world.dispatcher.states()[ACME].error == "no webhook is configured for this any more"
        world.hooks[ACME] = kept
        world.dispatcher.changed()
        await asyncio.sleep(1)

    assert play(story).bodies == ["x"]


def test_an_outbox_that_is_down_is_waited_for() -> None:
    async def story(world: World) -> None:
        world.put(ACME, "1")
        world.outbox.is_down = True
        await asyncio.sleep(30)
        world.outbox.is_down = False
        await asyncio.sleep(10)

    world = play(story)
    assert set(world.bodies) == {"1"}
    assert world.outbox.left == []


def test_headers_tell_who_and_when_the_attempt_was_made_and_sign_it() -> None:
    async def story(world: World) -> None:
        world.hooks[ACME] = hook("acme.example", signing_secret="s")
        world.answer(ACME, 503)
        world.put(ACME, "x")
        await asyncio.sleep(4)

    first, second, *_ = play(story).headers
    assert first["Webhook-Id"] == second["Webhook-Id"] == "m1"
    assert first["Webhook-Timestamp"] < second["Webhook-Timestamp"]
    assert first["Webhook-Signature"] != second["Webhook-Signature"]
    assert first["Content-Type"] == "application/json"


def test_a_signing_secret_that_is_none_is_an_error_that_is_told() -> None:
    async def story(world: World) -> None:
        world.hooks[ACME] = hook("acme.example", signing_secret="whsec_geheim!")
        world.put(ACME, "x")
        await asyncio.sleep(4)

    world = play(story)
    error = world.dispatcher.states()[ACME].error
    assert error is not None
    assert "no base64" in error
    assert "geheim" not in error
    assert (world.attempts, world.outbox.left) == ([], ["x"])


def test_what_is_told_of_a_line(caplog: pytest.LogCaptureFixture) -> None:
    async def story(world: World) -> None:
        world.answer(ACME, 404)
        world.put(ACME, "1", "2")
        await asyncio.sleep(10)
        state = world.dispatcher.states()[ACME]
        assert (state.error, state.failures, state.delivered) == ("answered 404 Not Found", 4, 0)
        assert state.next_attempt_at is not None
        assert state.next_attempt_at > datetime.fromtimestamp(world.wall(), UTC)
        world.answer(ACME, 200)
        await asyncio.sleep(10)
        state = world.dispatcher.states()[ACME]
        assert (state.error, state.next_attempt_at, state.delivered) == (None, None, 2)
        assert state.delivered_at is not None
        assert datetime.fromtimestamp(world.wall(), UTC) - state.delivered_at < timedelta(seconds=10)

    with caplog.at_level(logging.WARNING):
        play(story)
    told = [one.getMessage() for one in caplog.records]
    assert told == [
        "webhook acme/cdr: acme.example answered 404 Not Found; message m1 and all behind it wait",
        "webhook acme/cdr: delivers again",
    ]


def test_what_is_delivered_when_it_stops_is_not_sent_again() -> None:
    async def story(world: World) -> None:
        world.put(ACME, *[str(n) for n in range(30)])
        await asyncio.sleep(0.155)

    world = play(story)
    assert world.outbox.left == [str(n) for n in range(len(world.bodies), 30)]
    assert 10 <= len(world.bodies) <= 20
