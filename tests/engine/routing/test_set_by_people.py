"""Do not disturb, away and forwarding that people set: where the manifests let it count it decides, else it is told and does not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dialing.schedule import Schedule
from dialing.time_range import TimeRange
from engine.cause import (
    DOES_NOT_WANT_TO_BE_DISTURBED,
    FORWARD_LOOP,
    IS_AWAY,
    NOT_ALLOWED,
    OFFLINE,
    Cause,
    Outcome,
)
from engine.config.extension import ForwardingConfig
from engine.config.snapshot import Snapshot, TenantItem
from engine.preferences import FORWARDING, STATUS, Preferences, Said
from engine.routing.decide import decide
from engine.routing.decision import Dial, DialOut, Hop, Hunt, Refuse, RouteDecision
from engine.routing.facts import Facts, RecordedFacts
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
    trunk,
)

ALL = ("100", "101", "102", "103")
NINE_TO_FIVE = hours("office", Schedule(week=((TimeRange(540, 1020),),) * 7))
SAID = tuple((name, Said(NOON - timedelta(hours=1), "front-desk")) for name in (STATUS, FORWARDING))
BOTH = (STATUS, FORWARDING)
TO_102 = forwarding("busy", "extension", "102")


class People(RecordedFacts):
    """Facts in which everybody has a phone, and some have set something."""

    def __init__(self, *people: Preferences, phones: tuple[str, ...] = ALL) -> None:
        super().__init__(here(*phones).values)
        self.people = {one.key: one for one in people}

    def preferences(self, tenant: str, extension: str) -> Preferences | None:
        return self.people.get((tenant, extension))


def sets(number: str, status: str = "available", *entries: ForwardingConfig, only: bool = False) -> Preferences:
    """With `only`: forwarding is set, even to nowhere."""
    given = entries if entries or only else None
    return Preferences(tenant="acme", extension=number, status=status, forwarding=given, said=SAID)


def company(*items: TenantItem) -> Snapshot:
    named = {getattr(item, "number", "") for item in items}
    people = [extension(number, may_change=BOTH) for number in ALL if number not in named]
    return snapshot(tenant(*people, *items, NINE_TO_FIVE, trunk("carrier"), outbound("all")))


def ask(where: Snapshot, dialled: str, known: Facts, late_h: int = 0) -> RouteDecision:
    """Return the decision; what is recorded of it decides the same again."""
    query = dials(where, "100", dialled, NOON + timedelta(hours=late_h))
    decision = decide(where, known, query)
    assert decide(where, RecordedFacts.of(decision.trace.facts), query) == decision
    return decision


def cause(decision: RouteDecision) -> Cause:
    assert isinstance(decision, Refuse), decision
    return decision.cause


def rung(decision: RouteDecision) -> list[str]:
    match decision:
        case Dial(targets):
            return [target.number for target in targets]
        case Hunt(_, steps):
            return [target.number for step in steps for target in step.targets]
        case DialOut(routes):
            return [routes[0].number]
        case _:
            return []


def why(decision: RouteDecision) -> list[str]:
    return [step.why for step in decision.trace.steps]


@pytest.mark.parametrize(
    ("status", "ends", "words"),
    [
        ("doNotDisturb", DOES_NOT_WANT_TO_BE_DISTURBED, "do not disturb"),
        ("away", IS_AWAY, "away"),
    ],
)
def test_a_status_keeps_calls_from_the_phones(status: str, ends: Cause, words: str) -> None:
    decision = ask(company(), "101", People(sets("101", status)))
    assert cause(decision) == ends
    assert (ends.sip_status, ends.outcome) == (480, Outcome.UNAVAILABLE)
    assert why(decision)[-1] == f"extension 101: {words} since 2026-03-04T11:00:00Z, set by front-desk"
    assert [fact.name for fact in decision.trace.facts] == ["preferences"]


def test_of_who_has_set_nothing_nothing_is_written_down() -> None:
    decision = ask(company(), "102", People(sets("101", "doNotDisturb")))
    assert rung(decision) == ["102"]
    assert [fact.name for fact in decision.trace.facts] == ["contacts", "calls"]


ENTRIES = {
    "dnd": forwarding("doNotDisturb", "extension", "102"),
    "away": forwarding("away", "extension", "103"),
    "unavailable": forwarding("unavailable", "extension", "103"),
    "offline": forwarding("offline", "extension", "102"),
    "busy": forwarding("busy", "extension", "102"),
    "always": forwarding("always", "hangUp", "busy"),
    "out": forwarding("doNotDisturb", "extension", "102", "out"),
    "in": forwarding("doNotDisturb", "extension", "103", "in"),
}


@pytest.mark.parametrize(
    ("status", "entries", "late_h", "expected"),
    [
        ("doNotDisturb", ("dnd", "away"), 0, ["102"]),
        ("away", ("dnd", "away"), 0, ["103"]),
        ("doNotDisturb", ("unavailable", "dnd"), 0, ["102"]),
        ("doNotDisturb", ("busy", "unavailable"), 0, ["103"]),
        ("away", ("dnd", "busy", "offline"), 0, []),
        ("doNotDisturb", ("in", "out"), 0, ["103"]),
        ("doNotDisturb", ("in", "out"), 8, ["102"]),
        ("doNotDisturb", ("out",), 0, []),
        ("doNotDisturb", ("always", "dnd"), 0, []),
        ("available", ("dnd", "away", "unavailable"), 0, ["101"]),
    ],
)
@pytest.mark.parametrize("whose", ["manifest", "person"])
def test_forwarding_by_status(
    status: str, entries: tuple[str, ...], late_h: int, expected: list[str], whose: str
) -> None:
    rules = tuple(ENTRIES[name] for name in entries)
    of_manifest = rules if whose == "manifest" else ()
    where = company(extension("101", may_change=BOTH, office_hours="office", forwarding=of_manifest))
    person = sets("101", status, *(rules if whose == "person" else ()))
    decision = ask(where, "101", People(person), late_h)
    assert rung(decision) == expected
    if status != "available" and expected:
        assert isinstance(decision, Dial)
        assert decision.hops == (Hop(where.tenants["acme"].extensions["101"].ref, Outcome.UNAVAILABLE),)


def test_what_its_person_forwards_replaces_all_that_the_manifest_does() -> None:
    where = company(extension("101", may_change=BOTH, forwarding=(forwarding("always", "extension", "103"),)))
    assert rung(ask(where, "101", People())) == ["103"]
    mine = ask(where, "101", People(sets("101", "available", forwarding("always", "extension", "102"))))
    assert rung(mine) == ["102"]
    said = "extension 101: forwarding since 2026-03-04T11:00:00Z, set by front-desk, in place of the manifest's"
    assert why(mine)[0] == said
    assert rung(ask(where, "101", People(sets("101", only=True)))) == ["101"]


def test_what_ringing_comes_to_goes_where_its_person_has_it() -> None:
    where = company()
    first = ask(where, "101", People(sets("101", "available", TO_102)))
    assert isinstance(first, Dial)
    [onward] = first.onward
    assert rung(decide_onward(where, People(), dials(where, "100", "101"), onward)) == ["102"]


@pytest.mark.parametrize(
    ("own", "of_tenant", "counts"),
    [
        (BOTH, (), True),
        (None, BOTH, True),
        (None, (), False),
        ((), BOTH, False),
        (("greeting",), BOTH, False),
    ],
)
def test_only_what_the_manifests_let_be_set_counts(
    own: tuple[str, ...] | None, of_tenant: tuple[str, ...], *, counts: bool
) -> None:
    caller, other = extension("100"), extension("102")
    built = tenant(caller, other, extension("101", may_change=own), may_change=of_tenant)
    where = snapshot(built)
    away = ask(where, "101", People(sets("101", "doNotDisturb")))
    assert isinstance(away, Refuse) is counts
    forwarded = ask(where, "101", People(sets("101", "available", forwarding("always", "extension", "102"))))
    assert rung(forwarded) == (["102"] if counts else ["101"])
    if not counts:
        assert "counts for nothing: its mayChange does not have doNotDisturb" in why(away)[0]
        assert "counts for nothing: its mayChange does not have forwarding" in why(forwarded)[0]


def test_a_ring_group_leaves_them_out() -> None:
    where = company(group("sales", "600", "101", "102", "103"))
    known = People(sets("101", "doNotDisturb"), sets("103", "away"))
    decision = ask(where, "600", known)
    assert rung(decision) == ["102"]
    left_out = next(step for step in why(decision) if step.startswith("not rung"))
    assert "101 (do not disturb since 2026-03-04T11:00:00Z, set by front-desk)" in left_out
    assert "103 (away since" in left_out
    nobody = ask(where, "600", People(*[sets(number, "doNotDisturb") for number in ("101", "102", "103")]))
    assert cause(nobody) == OFFLINE


def test_who_wants_not_to_be_disturbed_may_call() -> None:
    assert rung(ask(company(), "101", People(sets("100", "doNotDisturb")))) == ["101"]


def test_two_who_forward_to_each_other_end_in_a_circle() -> None:
    known = People(
        sets("101", "available", forwarding("always", "extension", "102")),
        sets("102", "doNotDisturb", forwarding("doNotDisturb", "extension", "101")),
    )
    assert cause(ask(company(), "101", known)) == FORWARD_LOOP


@pytest.mark.parametrize(
    ("values", "number", "expected"),
    [
        ({"may_call_outside": True}, "02079460100", "+442079460100"),
        ({"may_call_outside": False}, "02079460100", NOT_ALLOWED),
        ({"may_call_outside": True}, "999", NOT_ALLOWED),
        ({"may_call_outside": True}, "112", NOT_ALLOWED),
    ],
)
def test_forwarding_outside_needs_what_calling_outside_does(
    values: dict[str, Any], number: str, expected: object
) -> None:
    where = company(extension("101", may_change=BOTH, **values))
    decision = ask(where, "101", People(sets("101", "available", forwarding("always", "external", number))))
    if isinstance(expected, Cause):
        assert cause(decision) == expected
    else:
        assert isinstance(decision, DialOut)
        assert (rung(decision), decision.routes[0].by) == ([expected], "101")


def test_a_record_that_is_damaged_decides_as_if_nothing_had_been_set() -> None:
    facts = RecordedFacts({("contacts", "acme/101"): 1}, {("preferences", "acme/101"): "{"})
    assert facts.preferences("acme", "101") is None
