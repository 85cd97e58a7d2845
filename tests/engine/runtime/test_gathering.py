"""What the call path marks, and what becomes of it: each thing once, with its whole state, however often it changed."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from engine.cause import Outcome
from engine.config.ref import ConfigRef
from engine.guard.ban import Ban, Reason
from engine.live_event import (
    BanLifted,
    Banned,
    CallChanged,
    CallEnded,
    Figures,
    ListenerChanged,
    ListenerGone,
    LiveEvent,
    Missed,
    Rates,
    RegistrationChanged,
    RegistrationGone,
    TrunkChanged,
    TrunkGone,
)
from engine.marks import Marks
from engine.runtime.gathering import HEARD_AGAIN
from engine.views import BanView, ListenerView, TrunkServerView, TrunkState, TrunkView
from tests.support.compiled import COMPILED
from tests.support.pbx import EPOCH, Pbx, Phone, call_up, sdp
from tests.support.pbx_feed import HandFeed, PbxSources

TRUNK = TrunkView(
    ref=ConfigRef("acme", "Trunk", "carrier"),
    state=TrunkState.UP,
    reason="1 of 1 servers answer",
    since=EPOCH,
    registers=True,
    registered_until=EPOCH + timedelta(minutes=5),
    servers=(TrunkServerView(address="192.0.2.9:5060", name="sip.example", state="up", reason="", since=EPOCH),),
    channels=0,
    max_channels=10,
)
LISTENER = ListenerView(
    name="phones", transport="udp", bound="192.0.2.1:5060", advertised="192.0.2.1:5060", tenant=None, problem=None
)
BAN = BanView(source="192.0.2.66", reason="guessed", since=EPOCH, until=EPOCH + timedelta(hours=1), count=10, dropped=0)


class Followed:
    """A PBX with two phones, whose feed somebody watches."""

    def __init__(self, slice_of: int = 100) -> None:
        self.pbx = Pbx("101", "102", "103")
        self.sources = PbxSources(self.pbx)
        self.feed = HandFeed(self.sources, slice_of)
        self.caller, self.callee = self.pbx.registered("101", 5001), self.pbx.registered("102", 5002)
        self.end = self.feed.watch(lambda _: None)

    def words(self) -> list[str]:
        return [word(event) for event in self.feed.look()]


def word(event: LiveEvent) -> str:
    match event:
        case CallChanged(call):
            return f"call {call.state} {'+'.join(leg.state for leg in call.legs)}"
        case CallEnded(record):
            return f"ended {record.cause.outcome.value}"
        case RegistrationChanged(registration):
            return f"registered {registration.number}"
        case RegistrationGone(number=number, reason=reason):
            return f"gone {number} {reason}"
        case _:
            return type(event).__name__


def test_a_call_is_told_at_each_step() -> None:
    at = Followed()
    invite = at.caller.invite("102")
    incoming = at.callee.incoming("INVITE")
    told = [at.words()]
    at.callee.answer(incoming, 180)
    told.append(at.words())
    at.callee.answer(incoming, 200, sdp(6000))
    told.append(at.words())
    at.caller.response(180)
    answer = at.caller.response(200)
    at.caller.send(at.caller.ack(invite, answer))
    at.caller.send(at.caller.in_dialog("BYE", invite, answer))
    told.append(at.words())
    assert told == [
        ["call ringing offered+calling"],
        ["call ringing ringing+ringing"],
        ["call answered answered+answered"],
        ["ended ANSWERED"],
    ]


def test_all_steps_between_two_looks_are_one_event() -> None:
    at = Followed()
    call_up(at.pbx, at.caller, at.callee)
    assert at.words() == ["call answered answered+answered"]
    assert at.words() == []


def test_a_call_that_came_and_went_between_two_looks_only_ended() -> None:
    at = Followed()
    invite, answer, _ = call_up(at.pbx, at.caller, at.callee)
    at.caller.send(at.caller.in_dialog("BYE", invite, answer))
    assert at.words() == ["ended ANSWERED"]


def test_a_call_refused_at_once_is_told() -> None:
    at = Followed()
    at.caller.invite("999")
    assert at.words() == ["ended WRONG_NUMBER"]


def removes(at: Followed) -> None:
    at.callee.register(0)


def expires(at: Followed) -> None:
    at.pbx.advance(601)
    at.pbx.registrar.expire(at.pbx.now)


def is_dropped(at: Followed) -> None:
    at.pbx.registrar.drop("acme", "102", at.pbx.now)


def refreshes(at: Followed) -> None:
    at.callee.register()


def goes_and_comes(at: Followed) -> None:
    at.callee.register(0)
    at.callee.register()


REGISTRATIONS: list[tuple[Callable[[Followed], None], list[str]]] = [
    (removes, ["gone 102 removed"]),
    (expires, ["gone 101 expired", "gone 102 expired"]),
    (is_dropped, ["gone 102 dropped"]),
    (refreshes, ["registered 102"]),
    (goes_and_comes, ["registered 102"]),
]


@pytest.mark.parametrize(("story", "told"), REGISTRATIONS, ids=lambda one: getattr(one, "__name__", ""))
def test_phones_come_and_go(story: Callable[[Followed], None], told: list[str]) -> None:
    at = Followed()
    story(at)
    assert sorted(at.words()) == told


def test_what_is_marked_goes_out_in_slices_and_gathers_meanwhile() -> None:
    at = Followed(slice_of=1)
    at.callee.register()
    at.caller.register()
    gathering = at.feed.gathering
    assert gathering is not None
    first = gathering.look()
    at.callee.register(0)
    assert gathering.waits
    assert [word(event) for event in [*first, *gathering.look(), *gathering.look()]] == [
        "registered 102",
        "registered 101",
        "gone 102 removed",
    ]
    assert not gathering.waits


def test_media_that_goes_on_is_told_and_media_that_does_not_is_not() -> None:
    at = Followed()
    call_up(at.pbx, at.caller, at.callee)
    at.feed.look()
    rounds = [[word(event) for event in at.feed.hear()] for _ in range(2 * HEARD_AGAIN)]
    (call,) = at.pbx.switch.calls.values()
    handle = next(iter(at.pbx.backend.in_use))
    at.pbx.backend.count(handle, packets_in=50)
    rounds += [[word(event) for event in at.feed.hear()] for _ in range(2 * HEARD_AGAIN)]
    assert [told for told in rounds if told] == [["call answered answered+answered"]]
    assert sum(leg.packets_in for leg in call.view().legs) == 50


def test_media_that_always_goes_on_is_told_once_in_all_looks_of_a_round() -> None:
    at = Followed()
    call_up(at.pbx, at.caller, at.callee)
    at.feed.look()
    handle = next(iter(at.pbx.backend.in_use))
    told = []
    for look in range(1, 3 * HEARD_AGAIN + 1):
        at.pbx.backend.count(handle, packets_in=look)
        told.append(len(at.feed.hear()))
    assert [sum(told[start : start + HEARD_AGAIN]) for start in range(0, len(told), HEARD_AGAIN)] == [1, 1, 1]


def test_each_second_has_its_figures_by_tenant() -> None:
    at = Followed()
    invite, answer, _ = call_up(at.pbx, at.caller, at.callee)
    at.caller.invite("999")
    at.feed.look()
    rates = at.feed.second()[-1]
    assert isinstance(rates, Rates)
    assert rates.tenants == {"acme": Figures(calls=1, registrations=2, started=2, answered=1, ended=1)}
    at.caller.send(at.caller.in_dialog("BYE", invite, answer))
    at.feed.look()
    rates = at.feed.second()[-1]
    assert isinstance(rates, Rates)
    assert rates.all == Figures(registrations=2, ended=1)


def test_records_that_find_no_room_are_counted_and_told_of() -> None:
    at = Followed()
    marks = Marks(most_closed=1)
    gathering = at.feed.gathering
    assert gathering is not None
    gathering.marks = at.pbx.stack.marks = marks
    for _ in range(3):
        at.caller.invite("999")
        at.caller.inbox.clear()
    assert at.feed.look()[0] == Missed(2)
    assert at.words() == []
    assert [record.cause.outcome for record in at.pbx.journal.closed] == [Outcome.WRONG_NUMBER] * 3


STANDING: list[tuple[str, Callable[[PbxSources], None], list[LiveEvent]]] = [
    ("nothing new", lambda _: None, []),
    ("clock drifts", lambda s: s.standing.__setitem__(0, replace(TRUNK, since=EPOCH + timedelta(milliseconds=3))), []),
    (
        "channels",
        lambda s: s.standing.__setitem__(0, replace(TRUNK, channels=1)),
        [TrunkChanged(replace(TRUNK, channels=1))],
    ),
    ("trunk gone", lambda s: s.standing.clear(), [TrunkGone(TRUNK.ref)]),
    (
        "server down",
        lambda s: s.standing.__setitem__(0, replace(TRUNK, servers=(replace(TRUNK.servers[0], state="down"),))),
        [TrunkChanged(replace(TRUNK, servers=(replace(TRUNK.servers[0], state="down"),)))],
    ),
    (
        "deaf",
        lambda s: s.sockets.__setitem__(0, replace(LISTENER, problem="no address")),
        [ListenerChanged(replace(LISTENER, problem="no address"))],
    ),
    ("listener gone", lambda s: s.sockets.clear(), [ListenerGone("phones", None, "udp", "192.0.2.1:5060")]),
    (
        "listener of another tenant",
        lambda s: s.sockets.__setitem__(0, replace(LISTENER, tenant="acme")),
        [
            ListenerGone("phones", None, "udp", "192.0.2.1:5060"),
            ListenerChanged(replace(LISTENER, tenant="acme")),
        ],
    ),
    ("dropped", lambda s: s.banned.__setitem__(0, replace(BAN, dropped=5)), [Banned(replace(BAN, dropped=5))]),
]


@pytest.mark.parametrize(("change", "told"), [case[1:] for case in STANDING], ids=[case[0] for case in STANDING])
def test_what_nobody_marks_is_compared_each_second(change: Callable[[PbxSources], None], told: list[LiveEvent]) -> None:
    sources = PbxSources(Pbx("101"))
    sources.standing, sources.sockets, sources.banned = [TRUNK], [LISTENER], [BAN]
    feed = HandFeed(sources)
    feed.watch(lambda _: None)
    change(sources)
    assert feed.second()[:-1] == told
    assert feed.second()[:-1] == []


def test_bans_that_begin_and_end_are_told() -> None:
    at = Followed()
    guard = at.pbx.guard
    ban = Ban(source="192.0.2.66", reason=Reason.FAILED, since=100.0, until=200.0, count=10, dropped=0)
    guard.restore([ban])
    at.sources.banned = [BAN]
    assert at.feed.look() == [Banned(BAN)]
    guard.expire(201.0)
    at.sources.banned = []
    assert at.feed.look() == [BanLifted("192.0.2.66")]


def test_of_very_many_bans_what_they_drop_is_not_told_each_second() -> None:
    sources = PbxSources(Pbx("101"))
    sources.banned = [replace(BAN, source=f"10.0.{number // 250}.{number % 250}") for number in range(201)]
    feed = HandFeed(sources)
    feed.watch(lambda _: None)
    sources.banned = [replace(ban, dropped=9) for ban in sources.banned]
    assert feed.second()[:-1] == []


def test_many_trunks_are_looked_at_in_parts() -> None:
    sources = PbxSources(Pbx("101"))
    sources.standing = [replace(TRUNK, ref=ConfigRef("acme", "Trunk", f"t{number}")) for number in range(95)]
    feed = HandFeed(sources)
    feed.watch(lambda _: None)
    sources.standing = [replace(trunk, channels=1) for trunk in sources.standing]
    gathering = feed.gathering
    assert gathering is not None
    assert [len(gathering.look_at_trunks()) for _ in range(12)] == [0, *[10] * 9, 5, 0]


def test_nobody_marks_where_nobody_watches() -> None:
    at = Followed()
    at.end()
    call_up(at.pbx, at.caller, at.callee)
    assert at.pbx.stack.marks is None
    assert at.feed.look() == at.feed.second() == []


@pytest.mark.skipif(COMPILED, reason="a compiled class counts its references by itself")
def test_marks_hold_no_call_alive() -> None:
    at = Followed()
    invite, answer, _ = call_up(at.pbx, at.caller, at.callee)
    at.caller.send(at.caller.in_dialog("BYE", invite, answer))
    at.callee.answer(at.callee.incoming("BYE"), 200)
    gc.collect()
    gc.disable()
    try:
        before = parts_of_calls()  # other tests of this process may have kept some
        hung_up(at.pbx, at.caller, at.callee)
        at.pbx.advance(140)
        left = parts_of_calls() - before
    finally:
        gc.enable()
    assert left == set()
    assert at.feed.look()


def parts_of_calls() -> set[tuple[str, int]]:
    names = {"Call", "CalleeLeg", "CallerLeg"}
    return {(type(one).__name__, id(one)) for one in gc.get_objects() if type(one).__name__ in names}


def hung_up(pbx: Pbx, caller: Phone, callee: Phone) -> None:
    caller.inbox.clear()
    callee.inbox.clear()
    invite, answer, _ = call_up(pbx, caller, callee)
    caller.send(caller.in_dialog("BYE", invite, answer))
    callee.answer(callee.incoming("BYE"), 200)
