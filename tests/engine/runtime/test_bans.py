"""The guard in a running engine, on loopback: who guesses at 127.0.0.66 is banned, phones at 127.0.0.1 go on."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from engine.config.ip_rule import IpRuleConfig
from engine.config.security import RateConfig, SecurityConfig
from engine.config.snapshot import Snapshot, TenantSnapshot
from engine.config.trunk import ServerConfig, TrunkConfig
from engine.errors import NotFound, PrepareRefused
from engine.runtime.bans import Bans, trunk_networks
from engine.runtime.clock import Clock
from engine.runtime.engine import Engine
from engine.sip.message import SipResponse
from tests.engine.runtime.test_engine import Place, running
from tests.support.compiled import COMPILED
from tests.support.wire_phone import LOOPBACK, SECRETS, WirePhone

ATTACKER = "127.0.0.66"
SOON_S = 0.25


def guarded(place: Place, *rules: IpRuleConfig, **security: object) -> Awaitable[object]:
    """Serve with these rules, and these settings of the guard beside the defaults."""
    plain = place.config()
    guard = replace(SecurityConfig(), **security)  # type: ignore[arg-type]
    config = Snapshot.build(
        system=replace(plain.system, security=guard),
        listeners=plain.listeners.values(),
        tenants=plain.tenants.values(),
        ip_rules=rules,
    )
    return place.engine.apply(config, SECRETS)


class Stranger(WirePhone):
    """A phone at another address of this machine that tries to be 101."""

    def __init__(self, place: Place, host: str = ATTACKER) -> None:
        super().__init__("101", place.port, host)
        self.server = (LOOPBACK, place.port)

    def __enter__(self) -> Stranger:
        return self

    async def guesses(self, password: str) -> int | None:
        """The status of the last answer, None where nothing comes."""
        self.password = password
        first = self.request("REGISTER", "sip:acme.example", to="<sip:101@acme.example>")
        first.headers.replace("Call-ID", f"r{self.branch()}")
        self.send(first)
        challenge = await self.answer_within(SOON_S)
        if challenge is None:
            return None
        self.send(self.authorized(first, challenge))
        answer = await self.answer_within(SOON_S)
        return None if answer is None else answer.status

    async def answer_within(self, seconds: float) -> SipResponse | None:
        try:
            message = await asyncio.wait_for(self.hear(), seconds)
        except TimeoutError:
            return None
        assert isinstance(message, SipResponse)
        return message


async def banned(place: Place) -> None:
    with Stranger(place) as stranger:
        assert [await stranger.guesses(f"guess {number}") for number in range(11)] == [401] * 10 + [None]


def run(folder: Path, *stories: Callable[[Place], Awaitable[None]]) -> None:
    """Each story with an engine of its own, one after the other on the same data."""

    async def main() -> None:
        for story in stories:
            async with running(folder) as place:
                await story(place)

    asyncio.run(main())


def test_who_guesses_is_banned_while_phones_go_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def story(place: Place) -> None:
        await guarded(place)
        with WirePhone("101", place.port) as phone, Stranger(place, "127.0.0.67") as other:
            await phone.registers()
            await banned(place)
            await phone.registers()
            assert await other.guesses("secret") == 200
        [ban] = place.engine.bans()
        assert (ban.source, ban.reason, ban.count) == (ATTACKER, "failed authentications", 10)
        assert (ban.until - ban.since).total_seconds() == pytest.approx(3600, abs=0.01)
        assert dict(place.engine.engine().counters)["dropped: banned source"] == ban.dropped == 1

    with caplog.at_level(logging.INFO, "trunkline.guard"):
        run(tmp_path, story)
    [line] = [record.getMessage() for record in caplog.records if record.name == "trunkline.guard"]
    assert line.startswith(f"banned: source={ATTACKER} for_s=3600 reason='failed authentications' count=10 until=")
    assert "guess" not in caplog.text


def test_an_office_that_is_cut_off_is_told_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def story(place: Place) -> None:
        await guarded(place)
        with Stranger(place) as colleague:
            assert await colleague.guesses("secret") == 200
        await banned(place)

    with caplog.at_level(logging.INFO, "trunkline.guard"):
        run(tmp_path, story)
    assert "if this is an office, allow its network in System.spec.security.allow" in caplog.text


def test_a_ban_is_lifted_by_order(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def story(place: Place) -> None:
        await guarded(place, deny=("127.0.0.68/32",))
        await banned(place)
        view = place.engine.lift_ban(ATTACKER, "ada\n")
        assert (view.source, view.dropped) == (ATTACKER, 1)
        with Stranger(place) as stranger:
            assert await stranger.guesses("secret") == 200
        assert place.engine.bans() == ()
        with pytest.raises(NotFound, match=r"127\.0\.0\.66 is not banned; `trunkline get bans`"):
            place.engine.lift_ban(ATTACKER, "ada")
        with pytest.raises(NotFound, match=r"not banned but denied, by System\.spec\.security\.deny"):
            place.engine.lift_ban("127.0.0.68", "ada")
        with pytest.raises(NotFound):
            place.engine.lift_ban("\0 nonsense", "ada")

    with caplog.at_level(logging.INFO, "trunkline.guard"):
        run(tmp_path, story)
    assert f"unbanned: source={ATTACKER} by='ada\\n' reason='failed authentications' dropped=1" in caplog.text


def test_a_ban_survives_a_restart_until_its_time_is_over(tmp_path: Path) -> None:
    async def first(place: Place) -> None:
        await guarded(place, ban_s=1.5)
        await banned(place)

    async def second(place: Place) -> None:
        [ban] = place.engine.bans()
        assert (ban.source, ban.reason, ban.count, ban.dropped) == (ATTACKER, "failed authentications", 10, 1)
        await guarded(place, ban_s=1.5)
        with Stranger(place) as stranger:
            assert await stranger.guesses("secret") is None
            await asyncio.sleep(1.5)
            assert await stranger.guesses("secret") == 200
        assert place.engine.bans() == ()

    async def third(place: Place) -> None:
        assert place.engine.bans() == ()

    run(tmp_path, first, second, third)


def test_a_ban_is_on_disk_within_a_second_or_two(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        await guarded(place)
        await banned(place)
        for _ in range(40):
            await asyncio.sleep(0.1)
            if (tmp_path / "bans.json").exists():
                break
        document = json.loads((tmp_path / "bans.json").read_text())
        assert [row["source"] for row in document["bans"]] == [ATTACKER]

    run(tmp_path, story)


@pytest.mark.parametrize("change", [{"allow": ("127.0.0.64/26",)}, {"automatic_bans": False}], ids=["allowed", "off"])
def test_the_configuration_ends_bans_also_after_a_restart(tmp_path: Path, change: dict[str, object]) -> None:
    async def first(place: Place) -> None:
        await guarded(place)
        await banned(place)

    async def second(place: Place) -> None:
        await guarded(place, **change)
        assert place.engine.bans() == ()
        with Stranger(place) as stranger:
            assert [await stranger.guesses(f"guess {number}") for number in range(12)] == [401] * 12
            assert await stranger.guesses("secret") == 200

    run(tmp_path, first, second)


def test_the_denied_get_nothing_and_who_denies_this_machine_is_refused(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        await guarded(place, deny=("127.0.0.64/26",))
        with Stranger(place) as stranger, WirePhone("101", place.port) as phone:
            assert await stranger.guesses("secret") is None
            await phone.registers()
            with pytest.raises(PrepareRefused, match=r"covers 127\.0\.0\.1, this machine's own address"):
                await guarded(place, deny=("127.0.0.0/8",))
            await guarded(place, deny=("127.0.0.0/8",), allow=("127.0.0.1/32",))
            await phone.registers()
            assert await stranger.guesses("secret") is None
        assert place.engine.bans() == ()

    run(tmp_path, story)


def test_a_rule_shuts_out_and_lets_pass_as_the_lists_do(tmp_path: Path) -> None:
    denied = IpRuleConfig(name="scanners", network="127.0.0.64/26", is_allowed=False, expires_at=time.time() + 600)
    over = IpRuleConfig(name="over", network="127.0.0.0/8", is_allowed=False, expires_at=time.time() - 1)
    allowed = IpRuleConfig(name="ours", network="127.0.0.66/32", is_allowed=True)

    async def story(place: Place) -> None:
        await guarded(place, denied, over)
        with Stranger(place) as stranger, WirePhone("101", place.port) as phone:
            assert await stranger.guesses("secret") is None
            await phone.registers()
            await guarded(place, denied, allowed)
            assert await stranger.guesses("secret") == 200

    run(tmp_path, story)


def test_a_flood_is_banned_and_phones_go_on(tmp_path: Path) -> None:
    async def story(place: Place) -> None:
        await guarded(place, level2=RateConfig(per_s=200, ban_s=30.0), level1=RateConfig(per_s=500, ban_s=60.0))
        with Stranger(place) as flooder, WirePhone("101", place.port) as phone:
            for number in range(800):
                flooder.send(flooder.request("OPTIONS", "sip:acme.example"))
                if number % 50 == 0:
                    await asyncio.sleep(0)
            await phone.registers()
        [ban] = place.engine.bans()
        assert (ban.source, ban.reason) == (ATTACKER, "packets per second, level 1")
        assert ban.dropped >= 600

    run(tmp_path, story)


def test_a_registered_phone_is_known_to_be_one_after_a_restart(tmp_path: Path) -> None:
    async def first(place: Place) -> None:
        place.engine.open_records()
        await guarded(place)
        with Stranger(place) as phone:
            assert await phone.guesses("secret") == 200
        for _ in range(100):  # until the database is open and the registration in it
            await asyncio.sleep(0.1)
            if place.engine.records.problem is None:
                break
        await asyncio.sleep(1.0)

    async def second(place: Place) -> None:
        await guarded(place, unanswered_challenges=5)
        assert place.engine.engine().registrations == 1
        with Stranger(place) as forged:
            for _ in range(20):
                forged.send(forged.request("REGISTER", "sip:acme.example"))
            assert await forged.guesses("secret") is not None
        assert place.engine.bans() == ()

    run(tmp_path, first, second)


def test_a_damaged_file_is_told_and_keeps_nobody_from_serving(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "bans.json").write_bytes(b"{")

    async def story(place: Place) -> None:
        assert isinstance(place.engine, Engine)
        await guarded(place)
        with WirePhone("101", place.port) as phone:
            await phone.registers()

    run(tmp_path, story)
    assert "who was banned before is not banned any more" in caplog.text


def test_who_calls_through_a_trunk_is_never_banned(tmp_path: Path) -> None:
    trunk = TrunkConfig(
        tenant="acme",
        name="carrier",
        servers=(ServerConfig(host="127.0.0.66"), ServerConfig(host="sip.carrier.example")),
        addresses=("127.0.0.80/29",),
    )
    shared = replace(trunk, tenant="", servers=(ServerConfig(host="2001:db8::1"),), addresses=())

    async def story(place: Place) -> None:
        plain = place.config()
        acme = plain.tenants["acme"]
        tenant = TenantSnapshot.build([acme.config, *acme.extensions.values(), trunk])
        config = Snapshot.build(
            system=plain.system, listeners=plain.listeners.values(), tenants=[tenant], trunks=[shared]
        )
        assert trunk_networks(config) == {"127.0.0.66", "127.0.0.80/29", "2001:db8::1"}
        await place.engine.apply(config, SECRETS)
        for host in ("127.0.0.66", "127.0.0.81"):
            with Stranger(place, host) as carrier:
                assert [await carrier.guesses(f"guess {number}") for number in range(12)] == [401] * 12
        with Stranger(place, "127.0.0.88") as stranger:
            assert [await stranger.guesses(f"guess {number}") for number in range(11)] == [401] * 10 + [None]

    run(tmp_path, story)


def bans_of(folder: Path) -> Bans:
    bans = Bans(folder, Clock(), Counter())
    bans.configure(replace(SecurityConfig(), failed_authentications=1), (), (), (), 3600.0)
    return bans


def test_many_bans_at_once_are_few_lines(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    bans = bans_of(tmp_path)
    for number in range(100):
        bans.guard.failed(f"192.0.2.{number}", "response", time.monotonic())
    bans.note()
    assert len(caplog.records) == 21
    assert caplog.records[-1].getMessage() == "banned: 80 more sources; trunkline get bans"
    bans.note()
    assert len(caplog.records) == 21


def test_a_disk_that_takes_nothing_is_told_once_and_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        bans = bans_of(tmp_path)
        in_the_way = tmp_path / "bans.new"
        in_the_way.mkdir()
        bans.guard.failed(ATTACKER, "response", time.monotonic())
        for _ in range(3):
            bans.keep_house(time.monotonic())
            await asyncio.sleep(0.05)
        assert not (tmp_path / "bans.json").exists()
        in_the_way.rmdir()
        bans.keep_house(time.monotonic())
        await bans.close()
        later = Bans(tmp_path, Clock(), Counter())
        await later.load()
        assert [ban.source for ban in later.views()] == [ATTACKER]

    with caplog.at_level(logging.INFO, "trunkline.guard"):
        asyncio.run(main())
    told = [record.getMessage() for record in caplog.records]
    assert sum("a restart will forget them" in line for line in told) == 1
    assert told.count("bans are stored again") == 1


@pytest.mark.skipif(COMPILED, reason="nothing inherits from a compiled clock")
def test_a_wall_clock_that_was_set_moves_the_end_of_a_kept_ban_with_it(tmp_path: Path) -> None:
    """A ban is kept by wall time: who sets the clock back by an hour while we are down prolongs it by as much, no more."""

    class Shifted(Clock):
        def unix(self, at: float) -> float:
            return super().unix(at) - 3600.0

    async def main() -> None:
        bans = bans_of(tmp_path)
        bans.guard.failed(ATTACKER, "response", time.monotonic())
        await bans.close()
        later = Bans(tmp_path, Shifted(), Counter())
        await later.load()
        [ban] = later.guard.bans()
        assert ban.until - time.monotonic() == pytest.approx(7200.0, abs=5.0)

    asyncio.run(main())


@pytest.mark.skipif(COMPILED, reason="nothing inherits from a compiled clock")
def test_a_rule_ends_by_itself(tmp_path: Path) -> None:
    class Wall(Clock):
        at = 1000.0

        def unix(self, now: float) -> float:
            return self.at

    clock = Wall()
    bans = Bans(tmp_path, clock, Counter())
    rule = IpRuleConfig(name="a", network="192.0.2.7/32", is_allowed=False, expires_at=1060.0)
    bans.configure(SecurityConfig(), (rule,), (), (), 3600.0)
    assert not bans.guard.admits("192.0.2.7", 1.0)
    clock.at = 1059.0
    bans.keep_house(60.0)
    assert not bans.guard.admits("192.0.2.7", 60.0)
    clock.at = 1060.0
    bans.keep_house(61.0)
    assert bans.guard.admits("192.0.2.7", 61.0)


def test_what_is_denied_by_name_no_trunk_of_a_tenant_opens(tmp_path: Path) -> None:
    bans = Bans(tmp_path, Clock(), Counter())
    denied = (
        IpRuleConfig(name="a", network="192.0.2.7/32", is_allowed=False),
        IpRuleConfig(name="b", network="2001:db8::/48", is_allowed=False),
        IpRuleConfig(name="c", network="198.51.100.0/24", is_allowed=False),
    )
    trunks = ("192.0.2.7", "2001:DB8:0::/48", "198.51.100.9", "203.0.113.9")
    bans.configure(SecurityConfig(), denied, ("192.0.2.1",), trunks, 3600.0)
    admitted = {
        host
        for host in ("192.0.2.7", "198.51.100.9", "203.0.113.9", "2001:db8::5", "198.51.100.8")
        if bans.guard.admits(host, 1.0)
    }
    assert admitted == {
        "198.51.100.9",
        "203.0.113.9",
    }  # a carrier inside of a denied network is reached, as an allowed one is


def test_our_own_address_is_reached_whatever_is_denied(tmp_path: Path) -> None:
    bans = Bans(tmp_path, Clock(), Counter())
    denied = IpRuleConfig(name="a", network="192.0.2.1/32", is_allowed=False)
    bans.configure(SecurityConfig(), (denied,), ("192.0.2.1",), ("192.0.2.1",), 3600.0)
    assert bans.guard.admits("192.0.2.1", 1.0)


def test_a_rule_may_not_cover_this_machine(tmp_path: Path) -> None:
    bans = Bans(tmp_path, Clock(), Counter())
    rule = IpRuleConfig(name="a", network="192.0.2.0/24", is_allowed=False)
    with pytest.raises(PrepareRefused, match=r"or an IpRule, covers 192\.0\.2\.1, this machine's own address"):
        bans.check(SecurityConfig(), (rule,), ["192.0.2.1"])
    bans.check(SecurityConfig(allow=("192.0.2.1/32",)), (rule,), ["192.0.2.1"])
