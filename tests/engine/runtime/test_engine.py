"""The whole engine on loopback: what `apply` changes and what it leaves alone, the order of a turn, and the end."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.cause import Outcome
from engine.config.listener import ListenerConfig
from engine.config.secret import LOCK_MARK, NO_SECRETS, SecretRef, Secrets
from engine.config.snapshot import Snapshot, TenantItem, TenantSnapshot
from engine.config.system import MediaConfig, SipConfig
from engine.errors import EngineError, NotFound, PrepareRefused
from engine.identity import CallId
from engine.live_event import CallChanged, CallEnded, ListenerGone, LiveEvent, RegistrationChanged
from engine.runtime.engine import Engine
from engine.sip.message import SipRequest, SipResponse
from engine.views import Retired
from tests.support.compiled import COMPILED
from tests.support.ports import free_udp_port, free_udp_range, is_free
from tests.support.wire_phone import LOOPBACK, SECRETS, WirePhone, connect, listener, snapshot

GOODBYE_S = 0.1
"""Phones of these stories are gone before the engine stops."""
HOUSEKEEPING_S = 0.1


class Place:
    """Free ports for one test."""

    def __init__(self, folder: Path, host: str = LOOPBACK) -> None:
        self.folder = folder
        self.engine = Engine(folder, host, goodbye_s=GOODBYE_S, housekeeping_s=HOUSEKEEPING_S)
        self.port = free_udp_port()
        self.other_port = free_udp_port()
        first = free_udp_range(40)
        self.media = MediaConfig(first_port=first, last_port=first + 39)

    def again(self) -> "Place":
        """The same after a restart."""
        restarted = Place(self.folder)
        restarted.port, restarted.other_port, restarted.media = self.port, self.other_port, self.media
        return restarted

    def config(self, *listeners: ListenerConfig, media: MediaConfig | None = None) -> Snapshot:
        return snapshot(listeners or (listener("main", self.port),), media or self.media)


@asynccontextmanager
async def running(folder: Path, host: str = LOOPBACK) -> AsyncIterator[Place]:
    place = Place(folder, host)
    await place.engine.start()
    try:
        yield place
    finally:
        await place.engine.stop()


def run(story: Callable[[Place], Awaitable[None]], folder: Path, host: str = LOOPBACK) -> None:
    async def main() -> None:
        async with running(folder, host) as place:
            await story(place)

    asyncio.run(main())


async def eventually(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0.02)


# A call.


def test_a_call_from_invite_to_record(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        await place.engine.apply(place.config(), SECRETS)
        with WirePhone("101", place.port) as caller, WirePhone("102", place.port) as callee:
            await caller.registers()
            await callee.registers()
            invite, answer, _ = await connect(caller, callee)
            (call,) = place.engine.calls()
            assert (call.state, call.caller, call.callee) == ("answered", "101", "102")
            assert place.engine.call(call.id).id == call.id
            caller.send(caller.in_dialog("BYE", invite, answer))
            callee.answer(await callee.asked("BYE"), 200)
            await caller.hears(200)
            assert place.engine.calls() == ()

    run(story, tmp_path)


def test_who_watches_is_told_of_phones_and_calls(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        await place.engine.apply(place.config(), SECRETS)
        told: list[LiveEvent] = []
        end = place.engine.watch(told.extend)
        with WirePhone("101", place.port) as caller, WirePhone("102", place.port) as callee:
            await caller.registers()
            await callee.registers()
            invite, answer, _ = await connect(caller, callee)
            await eventually(lambda: any(isinstance(event, CallChanged) and event.call.answered_at for event in told))
            assert {e.registration.listener for e in told if isinstance(e, RegistrationChanged)} == {"main"}
            told.clear()
            renamed = place.config(listener("renamed", place.port))
            await place.engine.apply(renamed, SECRETS)
            await eventually(lambda: any(isinstance(event, ListenerGone) for event in told))
            shown = [e.registration for e in told if isinstance(e, RegistrationChanged)]
            assert [(one.number, one.listener) for one in shown] == [("101", "renamed"), ("102", "renamed")]
            caller.send(caller.in_dialog("BYE", invite, answer))
            callee.answer(await callee.asked("BYE"), 200)
            await eventually(lambda: any(isinstance(event, CallEnded) for event in told))
        end()

    run(story, tmp_path)


def test_a_moment_is_what_calls_are_decided_by_now(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        await place.engine.apply(place.config(), SECRETS)
        with WirePhone("101", place.port) as caller, WirePhone("102", place.port) as callee:
            await caller.registers()
            before = place.engine.moment()
            assert before.snapshot is place.engine.snapshot
            tenant = next(iter(before.snapshot.tenants))
            assert [before.facts.contacts(tenant, number) for number in ("101", "102", "999")] == [1, 0, 0]
            await callee.registers()
            await connect(caller, callee)
            now = place.engine.moment()
            assert (now.facts.contacts(tenant, "102"), now.facts.calls(tenant)) == (1, 1)
            assert now.at > before.at

    run(story, tmp_path)


def test_ipv6(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        await place.engine.apply(place.config(), SECRETS)
        with WirePhone("101", place.port, "::1") as caller, WirePhone("102", place.port, "::1") as callee:
            await caller.registers()
            await callee.registers()
            await caller.calls("102")
            incoming = await callee.asked("INVITE")
            assert b"IN IP6 ::1" in incoming.body
            assert incoming.contacts[0].uri.host in ("::1", "[::1]")
            assert f"@[::1]:{place.port}" in incoming.contacts[0].uri_text
            assert f"[::1]:{place.port}" in (incoming.headers.first("Via") or "")
            callee.answer(incoming, 486)
            await callee.asked("ACK")
            await caller.hears(486)

    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("no IPv6 on this machine's loopback")
    run(story, tmp_path, "::1")


def test_hanging_up_what_is_not_there(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        await place.engine.apply(place.config(), SECRETS)
        with pytest.raises(NotFound, match="get calls"):
            place.engine.hang_up(CallId("nothing"))
        with pytest.raises(NotFound):
            place.engine.call(CallId("nothing"))

    run(story, tmp_path)


# Prepare.


def test_a_taken_port_refuses_and_leaves_nothing_behind(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        before = place.config()
        await place.engine.apply(before, SECRETS)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind((LOOPBACK, 0))
            range_ = free_udp_range(10)
            after = place.config(
                listener("main", place.port),
                listener("new", place.other_port),
                listener("taken", taken.getsockname()[1]),
                media=MediaConfig(first_port=range_, last_port=range_ + 9),
            )
            with pytest.raises(PrepareRefused, match=r"Listener 'taken' can't listen on udp 127\.0\.0\.1 port"):
                await place.engine.apply(after, Secrets("2", SECRETS.values))
        assert is_free(place.other_port)
        assert all(is_free(port) for port in range(range_, range_ + 10))
        assert place.engine.snapshot is before
        assert place.engine.secrets is SECRETS
        assert [view.name for view in place.engine.listeners()] == ["main"]
        with WirePhone("101", place.port) as phone:
            await phone.registers()

    run(story, tmp_path)


def test_a_taken_media_range_refuses_and_leaves_nothing_behind(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        before = place.config()
        await place.engine.apply(before, SECRETS)
        first = free_udp_range(2)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind((LOOPBACK, first))
            after = place.config(
                listener("new", place.other_port), media=MediaConfig(first_port=first, last_port=first + 1)
            )
            with pytest.raises(PrepareRefused, match="System media"):
                await place.engine.apply(after, SECRETS)
        assert is_free(first + 1)
        assert is_free(place.other_port)
        assert place.engine.snapshot is before

    run(story, tmp_path)


def test_an_address_of_another_machine_refuses(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        with pytest.raises(PrepareRefused, match=r"192\.0\.2\.7"):
            await place.engine.apply(place.config(listener("main", place.port, address="192.0.2.7")), SECRETS)
        with pytest.raises(PrepareRefused, match="System media"):
            await place.engine.apply(place.config(media=replace(place.media, address="192.0.2.7")), SECRETS)
        assert is_free(place.port)
        assert place.engine.snapshot.listeners == {}

    run(story, tmp_path)


def test_a_missing_secret_refuses_and_names_whose_but_not_what(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        with pytest.raises(PrepareRefused) as refused:
            await place.engine.apply(place.config(), NO_SECRETS)
        assert len(refused.value.reasons) == 2
        assert "Extension acme/e101: its secret env:P is missing" in refused.value.reasons[0]
        await place.engine.apply(place.config(), SECRETS)
        with pytest.raises(PrepareRefused):
            await place.engine.apply(place.config(), Secrets("2", {SecretRef("env:Q"): "secret"}))
        assert place.engine.secrets is SECRETS
        with WirePhone("101", place.port) as phone:
            await phone.registers()

    run(story, tmp_path)


def test_two_applies_at_once_come_one_after_the_other(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        one = place.config(listener("one", place.port))
        two = place.config(listener("two", place.other_port))
        await asyncio.gather(place.engine.apply(one, SECRETS), place.engine.apply(two, SECRETS))
        assert place.engine.snapshot is two
        assert [(view.name, view.problem) for view in place.engine.listeners()] == [("two", None)]
        assert is_free(place.port)

    run(story, tmp_path)


# Listeners under live calls.


async def talk_and_end(place: Place, change: Callable[[], Awaitable[None]]) -> tuple[WirePhone, WirePhone]:
    """A call is up while `change` happens; then each side asks something of the other, over the ports they knew."""
    caller, callee = WirePhone("101", place.port), WirePhone("102", place.port)
    await caller.registers()
    await callee.registers()
    invite, answer, incoming = await connect(caller, callee)
    await change()
    info = caller.in_dialog("INFO", invite, answer)
    info.headers.replace("Content-Type", "application/dtmf-relay")
    info.body = b"Signal=5\r\n"
    caller.send(info)
    await caller.hears(200)
    callee.answer(await callee.asked("INFO"), 200)
    callee.send(callee.in_callee_dialog("BYE", incoming))
    await callee.hears(200)
    caller.answer(await caller.asked("BYE"), 200)
    assert {port for _, port in caller.sources} == {place.port}
    assert {port for _, port in callee.sources} == {place.port}
    return caller, callee


def test_a_renamed_listener_keeps_its_socket_its_calls_and_its_phones(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        async def rename() -> None:
            assert await place.engine.apply(place.config(listener("renamed", place.port)), SECRETS) == []

        await place.engine.apply(place.config(), SECRETS)
        caller, callee = await talk_and_end(place, rename)
        with caller, callee:
            assert [view.listener for view in place.engine.registrations()] == ["renamed", "renamed"]
            await connect(caller, callee)

    run(story, tmp_path)


def test_listeners_that_change_names_with_each_other(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        one, two = place.port, place.other_port

        async def change() -> None:
            await place.engine.apply(place.config(listener("a", two), listener("b", one)), SECRETS)

        await place.engine.apply(place.config(listener("a", one), listener("b", two)), SECRETS)
        caller, callee = await talk_and_end(place, change)
        with caller, callee:
            assert {view.name: view.bound for view in place.engine.listeners()} == {
                "a": f"{LOOPBACK}:{two}",
                "b": f"{LOOPBACK}:{one}",
            }
            assert {view.listener for view in place.engine.registrations()} == {"b"}

    run(story, tmp_path)


def test_a_listener_that_moves_serves_its_calls_on_the_old_port_until_they_end(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        async def move() -> None:
            (draining,) = await place.engine.apply(place.config(listener("main", place.other_port)), SECRETS)
            assert (draining.ref.name, draining.done) == ("main", False)
            with WirePhone("101", place.port) as late:
                late.send(late.request("REGISTER", "sip:acme.example"))
                await late.hears(503)
            with WirePhone("101", place.other_port) as new:
                await new.registers()

        await place.engine.apply(place.config(), SECRETS)
        caller, callee = await talk_and_end(place, move)
        with caller, callee:
            await eventually(lambda: is_free(place.port))
            assert [(view.name, view.problem) for view in place.engine.listeners()] == [("main", None)]

    run(story, tmp_path)


def test_a_phone_of_a_listener_that_moved_is_called_over_the_one_that_is_left(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        await place.engine.apply(place.config(), SECRETS)
        with WirePhone("102", place.port) as callee, WirePhone("101", place.other_port) as caller:
            await callee.registers()
            await place.engine.apply(place.config(listener("main", place.other_port)), SECRETS)
            assert is_free(place.port)
            await caller.registers()
            await caller.calls("102")
            incoming = await callee.asked("INVITE")
            assert callee.sources[-1][1] == place.other_port
            callee.server = (LOOPBACK, place.other_port)
            callee.answer(incoming, 486)
            await caller.hears(486)

    run(story, tmp_path)


def test_going_back_takes_the_draining_socket_again(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        async def there_and_back() -> None:
            await place.engine.apply(place.config(listener("main", place.other_port)), SECRETS)
            assert await place.engine.apply(place.config(), SECRETS) == []
            assert is_free(place.other_port)

        await place.engine.apply(place.config(), SECRETS)
        caller, callee = await talk_and_end(place, there_and_back)
        with caller, callee:
            await connect(caller, callee)

    run(story, tmp_path)


def test_another_default_tenant_counts_at_once(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        await place.engine.apply(place.config(), SECRETS)
        with WirePhone("101", place.port) as phone:
            phone.domain = "elsewhere.example"
            register = phone.request("REGISTER", "sip:elsewhere.example")
            phone.send(register)
            await phone.hears(401)
            await place.engine.apply(place.config(listener("main", place.port, tenant=None)), SECRETS)
            phone.send(phone.request("REGISTER", "sip:elsewhere.example", cseq=2))
            await phone.hears(403)

    run(story, tmp_path)


# Media under live calls.


def test_another_media_range_is_for_new_calls_and_the_old_goes_with_its_last(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        first = free_udp_range(20)
        moved = MediaConfig(first_port=first, last_port=first + 19)

        async def move() -> None:
            (draining,) = await place.engine.apply(place.config(media=moved), SECRETS)
            assert (str(draining.ref), draining.done) == ("System system", False)
            assert not is_free(place.media.first_port)

        await place.engine.apply(place.config(), SECRETS)
        caller, callee = await talk_and_end(place, move)
        with caller, callee:
            await eventually(lambda: is_free(place.media.first_port))
            await connect(caller, callee)
            (call,) = place.engine.calls()
            ports = [int((leg.local_rtp or ":0").rpartition(":")[2]) for leg in call.legs]
            assert all(first <= port <= first + 19 for port in ports)

    run(story, tmp_path)


@pytest.mark.parametrize("ports", [8, 24, 60])
def test_a_media_range_may_shrink_and_grow_where_it_is_and_change_back_under_a_live_call(
    tmp_path: Path, ports: int
) -> None:
    """All its ports are bound ahead, and are no obstacle for the range that takes its place."""

    async def story(place: Place) -> None:
        other = replace(place.media, last_port=place.media.first_port + ports - 1)

        async def there_and_back() -> None:
            for media in (replace(other, first_port=other.first_port + 2), place.media, other, place.media):
                await place.engine.apply(place.config(media=media), SECRETS)

        await place.engine.apply(place.config(media=other), SECRETS)
        await place.engine.apply(place.config(), SECRETS)
        caller, callee = await talk_and_end(place, there_and_back)
        with caller, callee:
            await connect(caller, callee)
            (call,) = place.engine.calls()
            assert all(leg.local_rtp for leg in call.legs)

    run(story, tmp_path)


def test_a_refused_change_leaves_the_media_ports_ready(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        await place.engine.apply(place.config(), SECRETS)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind((LOOPBACK, place.other_port))
            wider = replace(place.media, last_port=place.media.last_port - 2)
            with pytest.raises(PrepareRefused):
                await place.engine.apply(
                    place.config(listener("main", place.port), listener("more", place.other_port), media=wider),
                    SECRETS,
                )
        await eventually(lambda: not is_free(place.media.first_port))
        with WirePhone("101", place.port) as caller, WirePhone("102", place.port) as callee:
            await caller.registers()
            await callee.registers()
            await connect(caller, callee)

    run(story, tmp_path)


def test_a_late_offer_outlives_a_change_of_the_media_range(tmp_path: Path) -> None:
    """The call has no port yet when the range changes, but its legs are of the old range."""

    async def story(place: Place) -> None:
        first = free_udp_range(20)
        await place.engine.apply(place.config(), SECRETS)
        with WirePhone("101", place.port) as caller, WirePhone("102", place.port) as callee:
            await caller.registers()
            await callee.registers()
            request = caller.request("INVITE", "sip:102@acme.example", call_id="late")
            caller.send(request)
            caller.send(caller.authorized(request, await caller.hears(401)))
            incoming = await callee.asked("INVITE")
            await place.engine.apply(place.config(media=MediaConfig(first_port=first, last_port=first + 19)), SECRETS)
            callee.answer(
                incoming,
                200,
                b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n",
            )
            assert (await caller.hears(200)).body

    run(story, tmp_path)


# Secrets and extensions.


def test_a_rotated_secret_counts_at_once_and_drops_no_registration(tmp_path: Path) -> None:
    """The phone that was registered before goes on with the old one, though not for longer; others can't begin with it."""

    async def story(place: Place) -> None:
        config = place.config()
        await place.engine.apply(config, SECRETS)
        with WirePhone("101", place.port) as phone, WirePhone("102", place.port) as other:
            await phone.registers()
            [before] = place.engine.registrations()
            await place.engine.apply(config, Secrets("2", {SecretRef("env:P"): "other"}))
            await phone.registers()
            [after] = place.engine.registrations()
            assert abs(after.expires_at - before.expires_at) <= timedelta(seconds=2)
            await other.registers(401)
            phone.password = other.password = "other"
            await phone.registers()
            await other.registers()

    run(story, tmp_path)


def test_a_secret_that_is_taken_away_or_named_elsewhere_counts_no_longer_at_all(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        config = place.config()
        await place.engine.apply(config, SECRETS)
        with WirePhone("101", place.port) as phone:
            await phone.registers()
            await place.engine.apply(config, Secrets("2", {SecretRef("env:P"): f"{LOCK_MARK}nobody knows this"}))
            await phone.registers(401)
            await place.engine.apply(config, Secrets("3", {SecretRef("env:P"): "third"}))
            await phone.registers(401)
            phone.password = "third"
            await phone.registers()
            elsewhere = {"env:P": "third", "env:Q": "fourth"}
            moved = snapshot((listener("main", place.port),), place.media, password="env:Q")
            await place.engine.apply(moved, Secrets("4", {SecretRef(ref): value for ref, value in elsewhere.items()}))
            await phone.registers(401)

    run(story, tmp_path)


def test_a_removed_extension_loses_its_registration_and_keeps_its_call(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        async def remove() -> None:
            (retired,) = await place.engine.apply(
                snapshot([listener("main", place.port)], place.media, ["101"]), SECRETS
            )
            (drain,) = place.engine.drains()
            until = drain.until.strftime("%Y-%m-%dT%H:%M:%SZ")
            assert retired == Retired(
                ref=drain.ref, done=False, reason=f"draining: 1 calls until {until}; 1 registrations dropped"
            )
            assert (str(drain.ref), list(drain.calls)) == ("Extension acme/e102", [c.id for c in place.engine.calls()])
            assert timedelta(hours=3.9) < drain.until - datetime.now(UTC) < timedelta(hours=4.1)

        await place.engine.apply(place.config(), SECRETS)
        caller, callee = await talk_and_end(place, remove)
        with caller, callee:
            assert place.engine.drains() == ()
            assert [view.number for view in place.engine.registrations()] == ["101"]
            await caller.calls("102")
            await caller.hears(404)
            await callee.registers(401)

    run(story, tmp_path)


def test_a_removed_extension_without_a_call_is_retired_at_once(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        await place.engine.apply(place.config(), SECRETS)
        with WirePhone("102", place.port) as phone:
            await phone.registers()
            (retired,) = await place.engine.apply(
                snapshot([listener("main", place.port)], place.media, ["101"]), SECRETS
            )
            assert (retired.ref.name, retired.done, retired.reason) == ("e102", True, "1 registrations dropped")

    run(story, tmp_path)


# What drains.


@pytest.mark.parametrize("drain_s", [0.0, 0.3])
@pytest.mark.parametrize("what", ["extension", "listener", "media"])
def test_calls_are_hung_up_when_what_they_use_is_gone_and_the_drain_over(
    tmp_path: Path, what: str, drain_s: float
) -> None:
    async def story(place: Place) -> None:
        await place.engine.apply(place.config(), SECRETS)
        first = free_udp_range(20)
        moved = MediaConfig(first_port=first, last_port=first + 19) if what == "media" else place.media
        port = place.other_port if what == "listener" else place.port
        numbers = ["101"] if what == "extension" else ["101", "102"]
        with WirePhone("101", place.port) as caller, WirePhone("102", place.port) as callee:
            await caller.registers()
            await callee.registers()
            await connect(caller, callee)
            (call,) = place.engine.calls()
            await place.engine.apply(snapshot([listener("main", port)], moved, numbers, drain_s=drain_s), SECRETS)
            assert len(place.engine.calls()) == (1 if drain_s else 0)
            for phone in (caller, callee):
                bye = await phone.asked("BYE")
                assert "removed from the configuration" in (bye.headers.first("Reason") or "")
                phone.answer(bye, 200)
            assert (place.engine.calls(), place.engine.drains()) == ((), ())
            place.engine.open_records()
            await eventually_recorded(place, call.id, "removed from the configuration")
            await eventually(
                lambda: what == "extension" or is_free(place.port if what == "listener" else place.media.first_port)
            )

    run(story, tmp_path)


async def eventually_recorded(place: Place, call_id: CallId, reason: str) -> None:
    async with asyncio.timeout(5):
        while True:
            try:
                record = await place.engine.records.cdr(call_id)
            except EngineError:
                await asyncio.sleep(0.05)
                continue
            assert record.cause.reason == reason
            return


def test_what_is_added_again_drains_no_more(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        async def there_and_back() -> None:
            less = snapshot([listener("main", place.port)], place.media, ["101"], drain_s=0.3)
            await place.engine.apply(less, SECRETS)
            assert len(place.engine.drains()) == 1
            await place.engine.apply(place.config(), SECRETS)
            assert place.engine.drains() == ()
            await asyncio.sleep(0.6)

        await place.engine.apply(place.config(), SECRETS)
        caller, callee = await talk_and_end(place, there_and_back)
        with caller, callee:
            pass

    run(story, tmp_path)


def test_a_disabled_extension_is_not_called_and_keeps_its_call(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        async def disable() -> None:
            config = snapshot([listener("main", place.port)], place.media, disabled=["102"])
            assert await place.engine.apply(config, SECRETS) == []

        await place.engine.apply(place.config(), SECRETS)
        caller, callee = await talk_and_end(place, disable)
        with caller, callee:
            await caller.calls("102")
            await caller.hears(403)
            await callee.registers(403)

    run(story, tmp_path)


def test_a_number_that_becomes_anothers_is_not_rung_at_its_old_owners_phone(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        await place.engine.apply(place.config(), SECRETS)
        with WirePhone("101", place.port) as caller, WirePhone("102", place.port) as old:
            await caller.registers()
            await old.registers()
            config = place.config()
            tenant = config.tenants["acme"]
            new = replace(tenant.extensions["102"], name="somebody-else", auth_user="else")
            items: list[TenantItem] = [tenant.config, tenant.extensions["101"], new]
            after = Snapshot.build(
                system=config.system,
                listeners=config.listeners.values(),
                tenants=[TenantSnapshot.build(items, predecessor=tenant)],
            )
            (retired,) = await place.engine.apply(after, SECRETS)
            assert (retired.ref.name, retired.reason) == ("e102", "1 registrations dropped")
            await caller.calls("102")
            await caller.hears(480)

    run(story, tmp_path)


def test_another_nonce_lifetime_and_server_name(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        config = place.config()
        await place.engine.apply(config, SECRETS)
        sip = SipConfig(nonce_lifetime_s=60, user_agent="Ours")
        after = Snapshot.build(
            system=replace(config.system, sip=sip),
            listeners=config.listeners.values(),
            tenants=config.tenants.values(),
        )
        with WirePhone("101", place.port) as phone:
            first = phone.request("REGISTER", "sip:acme.example")
            phone.send(first)
            challenge = await phone.hears(401)
            await place.engine.apply(after, SECRETS)
            phone.send(phone.authorized(first, challenge))
            await phone.hears(401)
            phone.send(phone.request("OPTIONS", "sip:acme.example"))
            assert (await phone.hears(200)).headers.first("Server") == "Ours"

    run(story, tmp_path)


# The turn.


def test_the_journal_is_written_before_anything_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.runtime.journal import Journal
    from engine.runtime.udp_listener import UdpListener

    order: list[str] = []
    flush, send = Journal.flush, UdpListener.send

    def noted_flush(journal: Journal) -> None:
        order.append("flush")
        flush(journal)

    def noted_send(socket_: UdpListener, datagrams: list[tuple[bytes, tuple[str, int]]]) -> None:
        order.append("send")
        written = b"".join(path.read_bytes() for path in (tmp_path / "journal").iterdir() if path.is_file())
        for data, _ in datagrams:
            if data.startswith(b"INVITE"):
                assert b'"101"' in written
        send(socket_, datagrams)

    monkeypatch.setattr(Journal, "flush", noted_flush)
    monkeypatch.setattr(UdpListener, "send", noted_send)

    async def story(place: Place) -> None:
        await place.engine.apply(place.config(), SECRETS)
        with WirePhone("101", place.port) as caller, WirePhone("102", place.port) as callee:
            await caller.registers()
            await callee.registers()
            await connect(caller, callee)

    run(story, tmp_path)
    sends = [index for index, what in enumerate(order) if what == "send"]
    assert sends
    assert all(order[index - 1] == "flush" for index in sends)


@pytest.mark.skipif(COMPILED, reason="a compiled class takes no bug from outside")
def test_a_bug_costs_one_datagram_and_is_logged_without_its_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(place: Place) -> None:
        await place.engine.apply(place.config(), SECRETS)
        with WirePhone("101", place.port) as phone:
            switch = place.engine._switch
            real = type(switch)._on_options

            def bug(*_: object) -> None:
                raise ZeroDivisionError

            monkeypatch.setattr(type(switch), "_on_options", bug)
            phone.send(
                phone.request("OPTIONS", "sip:acme.example", extra={"Authorization": 'Digest response="s3cret"'})
            )
            await phone.hears(500)
            monkeypatch.setattr(type(switch), "_on_options", real)
            await phone.registers()
            assert dict(place.engine.engine().counters)["dropped: bug in processing"] == 1

    with caplog.at_level(logging.ERROR):
        run(story, tmp_path)
    assert "was dropped by a bug" in caplog.text
    assert "s3cret" not in caplog.text


def test_an_earlier_deadline_is_kept(tmp_path: Path) -> None:
    """The alarm is set for 10 s; what comes in between is due sooner."""

    async def story(place: Place) -> None:
        await place.engine.apply(place.config(), SECRETS)
        engine = place.engine
        rung: list[str] = []
        now = engine._enter()
        engine._wheel.schedule(now + 10, lambda _: rung.append("late"))
        engine._turn()
        engine._wheel.schedule(now + 0.1, lambda _: rung.append("soon"))
        engine._turn()
        await eventually(lambda: rung == ["soon"])

    run(story, tmp_path)


def test_a_timer_with_a_bug_stops_no_other(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def story(place: Place) -> None:
        await place.engine.apply(place.config(), SECRETS)
        engine = place.engine
        rung: list[str] = []

        def bug(_: float) -> None:
            raise ZeroDivisionError

        now = engine._enter()
        engine._wheel.schedule(now + 0.05, bug)
        engine._wheel.schedule(now + 0.05, lambda _: rung.append("other"))
        engine._turn()
        await eventually(lambda: rung == ["other"])
        assert dict(engine.engine().counters)["dropped: bug in processing"] == 1

    with caplog.at_level(logging.ERROR):
        run(story, tmp_path)
    assert "ZeroDivisionError" in caplog.text


# The end.


def test_stopping_ends_the_calls_and_says_so(tmp_path: Path) -> None:
    async def main() -> None:
        place = Place(tmp_path)
        await place.engine.start()
        await place.engine.apply(place.config(), SECRETS)
        with WirePhone("101", place.port) as caller, WirePhone("102", place.port) as callee:
            await caller.registers()
            await callee.registers()
            await connect(caller, callee)
            stopping = asyncio.create_task(place.engine.stop())
            for phone in (caller, callee):
                phone.answer(await phone.asked("BYE"), 200)
            async with asyncio.timeout(1.5):
                await stopping
        assert is_free(place.port)
        assert is_free(place.media.first_port)

    asyncio.run(main())

    async def again() -> None:
        engine = Engine(tmp_path, LOOPBACK)
        closed = engine._journal
        await engine.start()
        records = closed.take_closed(10)
        assert [record.cause.outcome for record in records] == [Outcome.INTERRUPTED]
        assert records[0].answered_at is not None
        await engine.stop()

    asyncio.run(again())


def test_a_phone_that_has_not_said_that_it_rings_is_cancelled_when_the_server_stops(tmp_path: Path) -> None:
    async def main() -> None:
        place = Place(tmp_path)
        await place.engine.start()
        await place.engine.apply(place.config(), SECRETS)
        with WirePhone("101", place.port) as caller, WirePhone("102", place.port) as callee:
            await caller.registers()
            await callee.registers()
            await caller.calls("102")
            incoming = await callee.asked("INVITE")
            stopping = asyncio.create_task(place.engine.stop())
            await caller.hears(503)
            callee.answer(incoming, 180)
            await callee.asked("CANCEL")
            await stopping

    asyncio.run(main())


def test_stopping_does_not_wait_long_for_phones_that_are_gone(tmp_path: Path) -> None:
    async def main() -> None:
        place = Place(tmp_path)
        await place.engine.start()
        await place.engine.apply(place.config(), SECRETS)
        with WirePhone("101", place.port) as caller, WirePhone("102", place.port) as callee:
            await caller.registers()
            await callee.registers()
            await connect(caller, callee)
            async with asyncio.timeout(GOODBYE_S + 1):
                await place.engine.stop()

    asyncio.run(main())


def test_an_engine_that_never_served_stops(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        assert place.engine.engine().media == "not open"
        assert place.engine.listeners() == ()

    run(story, tmp_path)


def test_a_ringing_call_is_refused_when_the_server_stops(tmp_path: Path) -> None:
    async def main() -> None:
        place = Place(tmp_path)
        await place.engine.start()
        await place.engine.apply(place.config(), SECRETS)
        with WirePhone("101", place.port) as caller, WirePhone("102", place.port) as callee:
            await caller.registers()
            await callee.registers()
            invite = await caller.calls("102")
            incoming = await callee.asked("INVITE")
            callee.answer(incoming, 180)
            await caller.hears(180)
            stopping = asyncio.create_task(place.engine.stop())
            told: list[SipRequest | SipResponse] = [await caller.hears(503), await callee.asked("CANCEL")]
            assert told[0].headers.first("Retry-After")
            caller.send(caller.ack(invite, told[0])) if isinstance(told[0], SipResponse) else None
            await stopping

    asyncio.run(main())
