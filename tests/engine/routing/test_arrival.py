"""Extensions that forward, ring groups with their strategies, and chains of both: nothing goes round in circles."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialing.schedule import Schedule
from dialing.time_range import TimeRange
from engine.cause import (
    DISABLED,
    FORWARD_LOOP,
    NOT_ALLOWED,
    NOT_CARRIED_OUT,
    OFFLINE,
    OVER_QUOTA,
    TOO_MANY_FORWARDS,
    WRONG_NUMBER,
    Cause,
    Outcome,
)
from engine.config.declared import DeclaredConfig
from engine.config.extension import ForwardingConfig
from engine.config.snapshot import Snapshot, TenantItem
from engine.config.tenant import QuotaConfig
from engine.routing.decide import decide
from engine.routing.decision import Dial, DialOut, Hunt, Refuse, RouteDecision, Verdict
from engine.routing.facts import RecordedFacts
from engine.routing.onward import decide_onward
from tests.support.routed import (
    NOON,
    dials,
    extension,
    forwarding,
    group,
    here,
    hours,
    outbound,
    snapshot,
    tenant,
    to,
    trunk,
)

HELP = DeclaredConfig(tenant="acme", kind="Queue", name="help", spec="{}", number="7000")
ALL = ("100", "101", "102", "103")
NINE_TO_FIVE = hours("office", Schedule(week=((TimeRange(540, 1020),),) * 7))


def company(*items: TenantItem, quotas: QuotaConfig | None = None) -> Snapshot:
    named = {getattr(item, "number", "") for item in items}
    people = [extension(number) for number in ALL if number not in named]
    return snapshot(tenant(*people, *items, NINE_TO_FIVE, trunk("carrier"), quotas=quotas))


def forwards(number: str, *entries: ForwardingConfig, **values: Any) -> TenantItem:
    return extension(number, forwarding=entries, **values)


def ask(where: Snapshot, dialled: str, known: RecordedFacts | None = None, late_h: int = 0) -> RouteDecision:
    query = dials(where, "100", dialled, NOON + timedelta(hours=late_h))
    decision = decide(where, here(*ALL) if known is None else known, query)
    assert decide(where, RecordedFacts.of(decision.trace.facts), query) == decision
    return decision


def rung(decision: RouteDecision) -> list[list[str]]:
    """Who rings, step by step."""
    match decision:
        case Dial(targets):
            return [[target.number for target in targets]]
        case Hunt(_, steps):
            return [[target.number for target in step.targets] for step in steps]
        case _:
            return []


def cause(decision: RouteDecision) -> Cause:
    assert isinstance(decision, Refuse), decision
    return decision.cause


@pytest.mark.parametrize(
    ("kind", "value", "cause_", "who", "why"),
    [
        ("queue", "help", NOT_CARRIED_OUT, "help", "Queue acme/help is declared and not carried out yet"),
        ("queue", "other", WRONG_NUMBER, "101", "there is no queue 'other' to send the call to"),
        ("receptionist", "help", WRONG_NUMBER, "101", "there is no receptionist 'help' to send the call to"),
        (
            "voicemail",
            "102",
            NOT_CARRIED_OUT,
            "102",
            "the call goes to the voicemail of extension 102, which is not carried out yet",
        ),
        ("voicemail", "999", WRONG_NUMBER, "101", "there is no extension '999' whose voicemail could take the call"),
    ],
)
def test_what_is_not_carried_out_yet_says_so(kind: str, value: str, cause_: Cause, who: str, why: str) -> None:
    decision = ask(company(forwards("101", forwarding("always", kind, value)), HELP), "101")
    last = decision.trace.steps[-1]
    assert (cause(decision), last.rule and last.rule.name, last.why) == (cause_, who, why)


def test_its_number_does_not_go_outside() -> None:
    where = company(HELP, outbound("all"), extension("100", may_call_outside=True))
    decision = ask(where, "7000")
    assert cause(decision) is NOT_CARRIED_OUT
    assert decision.trace.steps[-1].rule == HELP.ref
    assert isinstance(ask(where, "7001"), DialOut)


def test_forwarding_always() -> None:
    decision = ask(company(forwards("101", forwarding("always", "extension", "102"))), "101")
    assert rung(decision) == [["102"]]
    steps = [(step.rule and step.rule.name, step.why) for step in decision.trace.steps]
    assert steps == [
        ("101", "extension 101 forwards every call: to extension 102"),
        ("102", "extension 102 rings"),
    ]
    assert all(step.origin is not None for step in decision.trace.steps)


def test_forwarding_when_offline() -> None:
    where = company(forwards("101", forwarding("offline", "extension", "102")))
    assert rung(ask(where, "101")) == [["101"]]
    assert rung(ask(where, "101", here("102"))) == [["102"]]
    assert cause(ask(where, "101", here())) is OFFLINE


def test_the_first_entry_that_fits_counts() -> None:
    where = company(
        forwards(
            "101",
            forwarding("always", "extension", "102", "out"),
            forwarding("always", "extension", "103", "in"),
            forwarding("always", "hangUp", "busy"),
            office_hours="office",
        )
    )
    assert rung(ask(where, "101")) == [["103"]]
    assert rung(ask(where, "101", late_h=8)) == [["102"]]
    assert any(step.rule is not None and step.rule.name == "office" for step in ask(where, "101").trace.steps)


def test_what_ringing_may_end_in_goes_along() -> None:
    where = company(
        forwards(
            "101",
            forwarding("noAnswer", "extension", "102", "in"),
            forwarding("noAnswer", "extension", "103", "out"),
            forwarding("busy", "ringGroup", "sales"),
            forwarding("unavailable", "hangUp", "busy"),
            forwarding("offline", "hangUp", "declined"),
            office_hours="office",
        )
    )
    decision = ask(where, "101")
    assert isinstance(decision, Dial)
    assert [
        (sorted(outcome.value for outcome in onward.when), str(onward.to), onward.by) for onward in decision.onward
    ] == [
        (["NO_ANSWER"], "extension 102", "101"),
        (["BUSY"], "ringGroup sales", "101"),
        (["DECLINED", "UNAVAILABLE"], "hangUp busy", "101"),
        (["OFFLINE"], "hangUp declined", "101"),
    ]


def test_forwarding_outside_is_the_call_of_who_forwards() -> None:
    free = forwards("101", forwarding("always", "external", "+4930123456"), outbound_caller_id="+442079460101")
    decision = ask(company(free, outbound("mine", extensions=("101",))), "101")
    assert isinstance(decision, DialOut)
    assert (decision.routes[0].by, decision.routes[0].caller_id) == ("101", "+442079460101")
    bound = forwards("101", forwarding("always", "external", "+4930123456"), may_call_outside=False)
    assert cause(ask(company(bound, outbound("all")), "101")) is NOT_ALLOWED


def test_circles_end() -> None:
    where = company(
        forwards("101", forwarding("always", "extension", "102")),
        forwards("102", forwarding("always", "extension", "101")),
    )
    decision = ask(where, "101")
    assert cause(decision) is FORWARD_LOOP
    assert decision.trace.steps[-1].why == "the call is sent to extension 101, where it has been"
    itself = company(forwards("101", forwarding("always", "extension", "101")))
    assert cause(ask(itself, "101")) is FORWARD_LOOP


def test_chains_have_an_end() -> None:
    def chain(length: int) -> Snapshot:
        links = [forwards(f"2{n:02}", forwarding("always", "extension", f"2{n + 1:02}")) for n in range(length)]
        return snapshot(tenant(extension("100"), *links, extension(f"2{length:02}")))

    assert rung(ask(chain(9), "200", here("209"))) == [["209"]]
    assert cause(ask(chain(10), "200", here("210"))) is TOO_MANY_FORWARDS


def test_a_disabled_extension_forwards_nothing() -> None:
    assert (
        cause(ask(company(forwards("101", forwarding("always", "extension", "102"), enabled=False)), "101")) is DISABLED
    )


# Ring groups: the strategy, what is known, who rings.
STRATEGIES: list[tuple[str, str, dict[str, dict[str, int]], list[list[str]]]] = [
    ("together", "simultaneous", {}, [["103", "101", "102"]]),
    ("in order", "sequential", {}, [["103"], ["101"], ["102"]]),
    ("nobody rung yet", "roundRobin", {}, [["103"], ["101"], ["102"]]),
    (
        "not last time",
        "roundRobin",
        {"last_rung": {"acme/sales/103": 7, "acme/sales/101": 6}},
        [["102"], ["101"], ["103"]],
    ),
    ("another group's", "roundRobin", {"last_rung": {"acme/other/103": 7}}, [["103"], ["101"], ["102"]]),
    (
        "answered nothing yet",
        "leastTalkTime",
        {"talk_s": {"acme/sales/103": 1, "acme/sales/101": 0}},
        [["101"], ["102"], ["103"]],
    ),
    (
        "talked least",
        "leastTalkTime",
        {"talk_s": {"acme/sales/103": 60, "acme/sales/101": 61, "acme/sales/102": 5}},
        [["102"], ["103"], ["101"]],
    ),
]


@pytest.mark.parametrize(("strategy", "known", "expected"), [c[1:] for c in STRATEGIES], ids=[c[0] for c in STRATEGIES])
def test_strategies(strategy: str, known: dict[str, dict[str, int]], expected: list[list[str]]) -> None:
    where = company(
        group("sales", "600", "103", "101", "102", strategy=strategy, ring_time_s=40, member_ring_time_s=15)
    )
    decision = ask(where, "600", here(*ALL, **known))
    assert isinstance(decision, Hunt)
    assert rung(decision) == expected
    assert {step.ring_time_s for step in decision.steps} == {40 if strategy == "simultaneous" else 15}
    assert decision.ring_time_s == 40


def test_a_group_is_dialled_with_separators_too() -> None:
    assert rung(ask(company(group("sales", "600", "101")), "6 00")) == [["101"]]


def test_who_can_not_be_rung_is_left_out_and_named() -> None:
    where = company(group("sales", "600", "100", "101", "104", "102", "999", "103"), extension("104", enabled=False))
    decision = ask(where, "600", here("100", "101", "103", "104"))
    assert rung(decision) == [["101", "103"]]
    missed = [step.why for step in decision.trace.steps if step.verdict is Verdict.MISSED]
    assert missed == ["not rung: 100 (calls), 104 (disabled), 102 (no registered phone), 999 (no such extension)"]


def test_with_nobody_there_the_call_goes_on_at_once() -> None:
    sales = group("sales", "600", "101", no_answer=to("ringGroup", "support"))
    support = group("support", "601", "102", no_answer=to("extension", "103"))
    where = company(sales, support)
    assert rung(ask(where, "600", here("102"))) == [["102"]]
    assert rung(ask(where, "600", here("103"))) == [["103"]]
    assert cause(ask(company(group("sales", "600", "101")), "600", here())) is OFFLINE
    assert cause(ask(company(group("sales", "600", "101", enabled=False)), "600")) is DISABLED


def test_a_group_that_nobody_answers_goes_on_whatever_they_said() -> None:
    decision = ask(company(group("sales", "600", "101", no_answer=to("extension", "103"))), "600")
    assert isinstance(decision, Hunt)
    (onward,) = decision.onward
    assert onward.when >= {Outcome.NO_ANSWER, Outcome.BUSY, Outcome.DECLINED, Outcome.OFFLINE, Outcome.FAILED}
    assert not onward.when & {Outcome.ANSWERED, Outcome.CANCELLED}


def test_going_on_remembers_where_the_call_has_been() -> None:
    where = company(
        forwards("101", forwarding("always", "extension", "102")),
        forwards("102", forwarding("noAnswer", "extension", "101")),
    )
    query = dials(where, "100", "101")
    decision = decide(where, here(*ALL), query)
    assert isinstance(decision, Dial)
    again = decide_onward(where, here(*ALL), query, decision.onward[0])
    assert cause(again) is FORWARD_LOOP


def test_going_on_asks_the_facts_of_that_moment_and_no_quota_twice() -> None:
    where = company(
        forwards("101", forwarding("noAnswer", "extension", "102")), quotas=QuotaConfig(max_concurrent_calls=1)
    )
    query = dials(where, "100", "101")
    decision = decide(where, here(*ALL), query)
    assert isinstance(decision, Dial)
    assert rung(decide_onward(where, here("102", calls={"acme": 1}), query, decision.onward[0])) == [["102"]]
    assert cause(decide_onward(where, here("101"), query, decision.onward[0])) is OFFLINE
    assert cause(decide(where, here(*ALL, calls={"acme": 1}), query)) is OVER_QUOTA


places = st.sampled_from(
    [
        *(("extension", number) for number in (*ALL, "999")),
        ("ringGroup", "a"),
        ("ringGroup", "b"),
        ("ringGroup", "c"),
        ("external", "+4930123456"),
        ("hangUp", "busy"),
    ]
)
entries = st.builds(
    lambda when, place, hour: forwarding(when, place[0], place[1], hour),
    st.sampled_from(["always", "offline", "noAnswer", "busy", "unavailable"]),
    places,
    st.sampled_from(["any", "in", "out"]),
)


@given(
    st.lists(st.lists(entries, max_size=3), min_size=4, max_size=4),
    st.lists(
        st.tuples(st.lists(st.sampled_from([*ALL, "999"]), min_size=1, max_size=3), st.none() | places),
        min_size=2,
        max_size=2,
    ),
    st.sets(st.sampled_from(ALL)),
    st.sampled_from([*ALL, "600", "601"]),
)
def test_whatever_is_configured_a_call_comes_to_an_end(
    entries_of: list[list[ForwardingConfig]],
    groups: list[tuple[list[str], tuple[str, str] | None]],
    registered: set[str],
    dialled: str,
) -> None:
    people = [forwards(number, *entries) for number, entries in zip(ALL, entries_of, strict=True)]
    made = [
        group(name, number, *members, no_answer=None if place is None else to(*place))
        for name, number, (members, place) in zip("ab", ("600", "601"), groups, strict=True)
    ]
    where = company(*people, *made, outbound("all"))
    query = dials(where, "100", dialled)
    waiting = [decide(where, here(*registered), query)]
    decided = 0
    while waiting:
        decision = waiting.pop()
        decided += 1
        assert decided < 100_000
        if isinstance(decision, Dial | Hunt):
            waiting += [decide_onward(where, here(*registered), query, onward) for onward in decision.onward]
