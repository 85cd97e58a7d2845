"""Who is banned, when, for how long; in virtual time, and against a model that is simple and slow."""

from collections import Counter, defaultdict
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config.security import RateConfig, SecurityConfig
from engine.guard.ban import Ban, Reason
from engine.guard.guard import Guard
from engine.guard.networks import Verdict
from engine.guard.tally import SLOTS

DEFAULTS = SecurityConfig()
HERE, THERE = "192.0.2.7", "192.0.2.8"
STANDING_S = 3600.0


def guard_of(config: SecurityConfig = DEFAULTS) -> Guard:
    guard = Guard(Counter())
    guard.configure(config, ["192.0.2.1", "198.18.0.0/24", "2001:db8:7::7"], STANDING_S)
    return guard


def fail(guard: Guard, host: str, times: int, now: float, *, begin: int = 0) -> None:
    for number in range(begin, begin + times):
        guard.challenged(host, now)
        guard.failed(host, f"response {number}", now)


def send(guard: Guard, host: str, times: int, now: float) -> list[bool]:
    return [guard.admits(host, now) for _ in range(times)]


def reasons(guard: Guard) -> dict[str, Reason]:
    return {ban.source: ban.reason for ban in guard.bans()}


# Failed authentications.


def test_the_tenth_failure_bans_for_an_hour() -> None:
    guard = guard_of()
    fail(guard, HERE, 9, 100.0)
    assert guard.admits(HERE, 100.0)
    fail(guard, HERE, 1, 100.0, begin=9)
    assert not guard.admits(HERE, 100.1)
    assert guard.admits(THERE, 100.1)
    [ban] = guard.bans()
    assert (ban.source, ban.reason, ban.since, ban.until, ban.count, ban.dropped) == (
        HERE,
        Reason.FAILED,
        100.0,
        3700.0,
        10,
        1,
    )
    assert guard.take_news() == [ban]
    assert guard.take_news() == []
    assert not guard.admits(HERE, 3699.9)
    assert guard.admits(HERE, 3700.0)
    guard.expire(3700.0)
    assert guard.bans() == []


def test_failures_further_apart_do_not_add_up() -> None:
    guard = guard_of()
    for number in range(100):
        guard.failed(HERE, f"response {number}", 100.0 + 1.2 * number)
    assert guard.bans() == []


def test_a_retransmission_is_no_second_guess() -> None:
    guard = guard_of()
    for _ in range(50):
        guard.failed(HERE, "one response", 100.0)
    assert guard.bans() == []


def test_the_same_credentials_for_ever_are_unanswered_challenges() -> None:
    guard = guard_of()
    for number in range(501):
        guard.failed(HERE, "one response", 100.0 + number * 0.001)
        guard.challenged(HERE, 100.0 + number * 0.001)
    assert reasons(guard) == {HERE: Reason.UNANSWERED}


def test_failures_ban_an_office_too_and_it_is_remembered_that_it_is_one() -> None:
    guard = guard_of()
    guard.proved(HERE, 99.0)
    fail(guard, HERE, 10, 100.0)
    assert [(ban.reason, ban.was_proved) for ban in guard.bans()] == [(Reason.FAILED, True)]


# Unanswered challenges.


def test_five_hundred_unanswered_challenges_ban() -> None:
    guard = guard_of()
    for _ in range(499):
        guard.challenged(HERE, 100.0)
    assert guard.bans() == []
    guard.challenged(HERE, 100.0)
    assert reasons(guard) == {HERE: Reason.UNANSWERED}


def test_answered_challenges_do_not_count() -> None:
    guard = guard_of()
    for number in range(2000):
        guard.challenged(HERE, 100.0 + number * 0.001)
        guard.proved(HERE, 100.0 + number * 0.001)
    assert guard.bans() == []


def test_where_a_password_was_proved_forged_requests_ban_nobody() -> None:
    guard = guard_of()
    guard.proved(HERE, 100.0)
    for number in range(5000):
        guard.challenged(HERE, 101.0 + number * 0.001)
    assert guard.bans() == []
    for _ in range(500):
        guard.challenged(HERE, 100.0 + STANDING_S)
    assert reasons(guard) == {HERE: Reason.UNANSWERED}, "for as long as a registration may last"


# Rates.


def test_level_2_bans_for_half_a_minute() -> None:
    guard = guard_of()
    assert send(guard, HERE, 2001, 100.0) == [True] * 1999 + [False] * 2
    assert reasons(guard) == {HERE: Reason.LEVEL2}
    assert not guard.admits(HERE, 129.9)
    assert guard.admits(HERE, 130.0)


def test_level_1_bans_for_an_hour() -> None:
    guard = guard_of()
    send(guard, HERE, 5000, 100.0)
    [ban] = guard.bans()
    assert (ban.reason, ban.since, ban.until, ban.count) == (Reason.LEVEL1, 100.0, 3700.0, 5000)
    assert ban.dropped == 3001
    assert [one.reason for one in guard.take_news()] == [Reason.LEVEL2, Reason.LEVEL1]
    send(guard, HERE, 20_000, 101.5)
    assert guard.take_news() == [], "it is said once"


def test_a_flood_that_outlasts_its_ban_is_banned_again() -> None:
    guard = guard_of()
    for second in range(100, 200):
        send(guard, HERE, 2500, float(second))
    guard.expire(200.0)
    assert [ban.reason for ban in guard.take_news()] == [Reason.LEVEL2] * 4


def test_a_steady_source_below_the_rate_is_left_alone() -> None:
    guard = guard_of()
    assert all(guard.admits(HERE, 100.0 + number / 1999) for number in range(20_000))


def test_where_a_password_was_proved_the_rest_of_the_second_is_dropped_and_no_more() -> None:
    guard = guard_of()
    guard.proved(HERE, 99.0)
    assert send(guard, HERE, 6000, 100.0) == [True] * 1999 + [False] * 4001
    assert guard.bans() == []
    assert guard.admits(HERE, 101.0)


def test_very_many_forged_sources_take_bounded_memory_and_hide_no_flood() -> None:
    guard = guard_of()
    for number in range(200_000):
        guard.admits(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", 100.0 + number * 1e-7)
        if number % 20 == 0:
            guard.admits(HERE, 100.0 + number * 1e-7)
    assert len(guard._seen) <= 65_536 + 1
    assert reasons(guard) == {HERE: Reason.LEVEL1}


def test_bans_beyond_what_is_kept_end_the_oldest() -> None:
    config = replace(DEFAULTS, failed_authentications=1)
    guard = guard_of(config)
    for number in range(20_005):
        guard.failed(f"10.1.{number >> 8}.{number & 255}", "r", 100.0 + number * 0.001)
    assert len(guard.bans()) == 20_000
    assert guard.bans()[0].source == "10.1.0.5"


# Who is never banned, and who always is.


@pytest.mark.parametrize(
    "host",
    ["198.51.100.9", "192.0.2.1", "198.18.0.5", "2001:db8:7::7"],
    ids=["allowed", "our own", "a trunk's network", "a trunk's IPv6 address"],
)
def test_nothing_bans_who_is_allowed(host: str) -> None:
    guard = guard_of(replace(DEFAULTS, allow=("198.51.100.0/24",)))
    fail(guard, host, 50, 100.0)
    for _ in range(1000):
        guard.challenged(host, 100.0)
    assert all(send(guard, host, 20_000, 100.0))
    assert guard.bans() == []


def test_the_denied_are_dropped_and_no_bans() -> None:
    guard = guard_of(replace(DEFAULTS, deny=("192.0.2.0/29",)))
    assert send(guard, HERE, 3, 100.0) == [False] * 3
    assert guard.admits(THERE, 100.0)
    assert guard.bans() == []
    assert guard._counters == Counter({"dropped: denied network": 3})
    assert guard.verdict(HERE) is Verdict.DENIED
    assert [guard.is_shut_out(host, 100.0) for host in (HERE, THERE)] == [True, False]


def test_without_automatic_bans_only_the_denied_are_dropped() -> None:
    guard = guard_of(replace(DEFAULTS, automatic_bans=False, deny=(THERE,)))
    fail(guard, HERE, 50, 100.0)
    assert all(send(guard, HERE, 20_000, 100.0))
    assert not guard.admits(THERE, 100.0)
    assert guard.bans() == []


@pytest.mark.parametrize("change", [{"allow": ("192.0.2.0/24",)}, {"automatic_bans": False}], ids=["allowed", "off"])
def test_a_ban_ends_when_the_configuration_says_so(change: dict[str, object]) -> None:
    guard = guard_of()
    fail(guard, HERE, 10, 100.0)
    [ban] = guard.bans()
    assert guard.configure(replace(DEFAULTS, **change), [], STANDING_S) == [ban]  # type: ignore[arg-type]
    assert guard.admits(HERE, 100.0)
    assert guard.bans() == []


def test_an_applied_change_of_something_else_forgets_no_failures() -> None:
    guard = guard_of()
    fail(guard, HERE, 9, 100.0)
    guard.configure(replace(DEFAULTS, ban_s=60.0), [], STANDING_S)
    fail(guard, HERE, 1, 100.0, begin=9)
    assert [ban.until for ban in guard.bans()] == [160.0]


def test_an_ipv6_customer_is_one_source() -> None:
    guard = guard_of()
    for number in range(10):
        guard.failed(f"2001:db8:0:7::{number + 1:x}", f"response {number}", 100.0)
    assert not guard.admits("2001:db8:0:7:ffff::1", 100.0)
    assert guard.admits("2001:db8:0:8::1", 100.0)
    assert reasons(guard) == {"2001:db8:0:7::/64": Reason.FAILED}


# Lifting, and the last run.


@pytest.mark.parametrize(
    ("host", "address"),
    [(HERE, HERE), ("2001:db8::1", "2001:db8::/64"), ("2001:db8::1", "2001:db8::2"), ("2001:db8::1", "2001:db8::1")],
)
def test_a_lifted_ban_begins_anew(host: str, address: str) -> None:
    guard = guard_of()
    fail(guard, host, 10, 100.0)
    assert not guard.admits(host, 100.0)
    lifted = guard.lift(address)
    assert lifted is not None
    assert lifted.source == guard.source_of(host)
    assert guard.admits(host, 100.0)
    fail(guard, host, 9, 100.0, begin=20)
    assert guard.bans() == [], "what led to it is forgotten"
    assert guard.lift(address) is None


def test_a_ban_of_the_last_run_goes_on() -> None:
    guard = guard_of()
    version = guard.version
    guard.restore([Ban(source=HERE, reason=Reason.FAILED, since=-50.0, until=150.0, count=10, dropped=7)])
    assert guard.version != version
    assert not guard.admits(HERE, 100.0)
    assert guard.bans()[0].dropped == 8
    guard.expire(150.0)
    assert guard.bans() == []
    assert guard.admits(HERE, 150.0)


def test_who_is_allowed_has_one_origin_and_others_their_own() -> None:
    guard = guard_of(replace(DEFAULTS, allow=("198.51.100.0/24",)))
    assert [guard.origin(host) for host in ("198.51.100.1", "198.51.100.2", HERE, "2001:db8::1")] == [
        "",
        "",
        HERE,
        "2001:db8::/64",
    ]


# The model: everything that ever happened, in lists.

SMALL = SecurityConfig(
    failed_authentications=3,
    unanswered_challenges=5,
    ban_s=20.0,
    level2=RateConfig(per_s=6, ban_s=3.0),
    level1=RateConfig(per_s=9, ban_s=30.0),
    allow=("10.0.0.3",),
    deny=("10.0.0.4",),
)
SOURCES = ("10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4")


class Model:
    def __init__(self) -> None:
        self.failures: list[tuple[str, int]] = []
        self.open: list[tuple[str, int]] = []
        self.proofs: dict[str, float] = {}
        self.bans: dict[str, tuple[Reason, float]] = {}
        self.second = 0.0
        self.sent: dict[str, int] = defaultdict(int)

    @staticmethod
    def slot(now: float) -> int:
        return int(now // (SMALL.period_s / SLOTS))

    def within(self, events: list[tuple[str, int]], source: str, now: float) -> int:
        return sum(of == source and at > self.slot(now) - SLOTS for of, at in events)

    def answer(self, source: str, now: float) -> None:
        if self.within(self.open, source, now):
            del self.open[max(index for index, (of, _) in enumerate(self.open) if of == source)]

    def is_banned(self, source: str, now: float) -> bool:
        return source in self.bans and now < self.bans[source][1]

    def has_standing(self, source: str, now: float) -> bool:
        return source in self.proofs and now - self.proofs[source] < STANDING_S

    def ban(self, source: str, reason: Reason, for_s: float, now: float) -> None:
        if source == "10.0.0.3":
            return
        if self.is_banned(source, now):
            before, until = self.bans[source]
            if until >= now + for_s or before is reason:
                return
        self.bans[source] = (reason, now + for_s)

    def admits(self, source: str, now: float) -> bool:
        if now >= self.second:
            self.second = now + 1.0
            self.sent.clear()
        self.sent[source] += 1
        count = self.sent[source]
        if source == "10.0.0.3":
            return True
        if source == "10.0.0.4":
            return False
        if self.is_banned(source, now):
            if count == SMALL.level1.per_s:
                self.ban(source, Reason.LEVEL1, SMALL.level1.ban_s, now)
            return False
        if count < SMALL.level2.per_s:
            return True
        if not self.has_standing(source, now):
            self.ban(source, Reason.LEVEL2, SMALL.level2.ban_s, now)
        return False


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["send", "send", "challenge", "challenge", "fail", "prove", "lift"]),
        st.sampled_from(SOURCES),
        st.integers(1, 6),
        st.sampled_from([0.0, 0.0, 0.3, 1.1, 4.0, 12.0]),
    ),
    max_size=60,
)


@given(STEPS)
def test_it_bans_as_who_remembers_everything(steps: list[tuple[str, str, int, float]]) -> None:
    guard, model, now, tried = guard_of(SMALL), Model(), 1000.0, 0
    for what, source, times, pause in steps:
        now += pause
        guard.expire(now)
        for _ in range(times):
            match what:
                case "send":
                    assert guard.admits(source, now) == model.admits(source, now)
                case "challenge":
                    guard.challenged(source, now)
                    model.open.append((source, model.slot(now)))
                    if model.within(model.open, source, now) >= 5 and not model.has_standing(source, now):
                        model.ban(source, Reason.UNANSWERED, SMALL.ban_s, now)
                case "fail":
                    tried += 1
                    guard.failed(source, f"response {tried}", now)
                    model.answer(source, now)
                    model.failures.append((source, model.slot(now)))
                    if model.within(model.failures, source, now) >= 3:
                        model.ban(source, Reason.FAILED, SMALL.ban_s, now)
                case "prove":
                    guard.proved(source, now)
                    model.answer(source, now)
                    model.proofs[source] = now
                case "lift":
                    lifted = guard.lift(source)
                    assert (lifted is not None) == model.is_banned(source, now)
                    if model.bans.pop(source, None) is not None and lifted is not None:
                        model.failures = [event for event in model.failures if event[0] != source]
                        model.open = [event for event in model.open if event[0] != source]
                        model.sent.pop(source, None)
        live = {of: reason for of, (reason, until) in model.bans.items() if now < until}
        assert reasons(guard) == live
