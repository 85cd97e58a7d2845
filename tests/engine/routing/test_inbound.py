"""Calls from trunks: whose masks come first, office hours, destinations, refusals with what nearly matched."""

from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialing.pattern import NumberPattern
from dialing.schedule import Schedule
from dialing.time_range import TimeRange
from engine.cause import (
    BUSY_HERE,
    DISABLED,
    NO_ROUTE,
    OFFLINE,
    OVER_OUTSIDE_LIMIT,
    OVER_QUOTA,
    WRONG_NUMBER,
)
from engine.config.inbound_rule import InboundRuleConfig
from engine.config.snapshot import Snapshot, TenantItem
from engine.config.tenant import QuotaConfig
from engine.routing.decide import decide
from engine.routing.decision import Dial, DialOut, Hunt, Refuse, RouteDecision, Verdict
from engine.routing.facts import RecordedFacts
from engine.routing.inbound import called_of
from tests.support.routed import (
    NOON,
    UK,
    calls_in,
    extension,
    group,
    here,
    hours,
    inbound,
    outbound,
    snapshot,
    tenant,
    to,
    trunk,
)

OPEN = here("101", "102")
NINE_TO_FIVE = hours("office", Schedule(week=((TimeRange(540, 1020),),) * 7))


def company(*items: TenantItem, quotas: QuotaConfig | None = None, office_hours: str | None = None) -> Snapshot:
    people = [extension("101"), extension("102"), extension("104", enabled=False)]
    trunks = [trunk("carrier"), trunk("backup"), trunk("off", enabled=False)]
    return snapshot(tenant(*people, *trunks, NINE_TO_FIVE, *items, quotas=quotas, office_hours=office_hours))


def ask(
    where: Snapshot,
    called: str,
    caller: str = "+4930123456",
    trunk_name: str = "carrier",
    known: RecordedFacts = OPEN,
) -> RouteDecision:
    query = calls_in(where, called, caller, trunk_name)
    decision = decide(where, known, query)
    assert decide(where, RecordedFacts.of(decision.trace.facts), query) == decision
    return decision


def rule_of(decision: RouteDecision) -> str | None:
    step = decision.trace.steps[0]
    return step.rule.name if step.verdict is Verdict.MATCHED and step.rule is not None else None


# One rule of each form, in the order of their precedence, and which of them is the first to fit.
FORMS = (
    inbound("exact", dids=("+442079460100",)),
    inbound("narrow", dids=("+442079460100-+442079460109",)),
    inbound("wide", dids=("+442079460000-+442079469999",)),
    inbound("longer-prefix", dids=("+44207946*",)),
    inbound("prefix", dids=("+4420*",)),
    inbound("suffix", dids=("*0199",)),
    inbound("short-suffix", dids=("*99",)),
    inbound("infix", dids=("*794*",)),
    inbound("any"),
)
PRECEDENCE = [
    ("+44 20 7946 0100", "exact"),
    ("020 7946 0101", "narrow"),
    ("00442079465555", "wide"),
    ("+4420794", "prefix"),
    ("+442079461", "longer-prefix"),
    ("+4930120199", "suffix"),
    ("+49301234599", "short-suffix"),
    ("+49794123456", "infix"),
    ("+4930123456", "any"),
    ("2345", "any"),
    ("", "any"),
]


@pytest.mark.parametrize(("called", "expected"), PRECEDENCE)
def test_the_most_specific_mask_counts(called: str, expected: str) -> None:
    assert rule_of(ask(company(*FORMS), called)) == expected
    assert rule_of(ask(company(*reversed(FORMS)), called)) == expected


# Ties: rules, caller, trunk, which one counts.
DID = "+442079460100"
TIES: list[tuple[str, tuple[InboundRuleConfig, ...], str, str, str | None]] = [
    (
        "a caller's rule first",
        (inbound("all", dids=(DID,)), inbound("vip", dids=(DID,), cids=("+4930*",))),
        "+4930123456",
        "carrier",
        "vip",
    ),
    (
        "not this caller",
        (inbound("all", dids=(DID,)), inbound("vip", dids=(DID,), cids=("+4930*",))),
        "+4940123456",
        "carrier",
        "all",
    ),
    (
        "the better mask of callers",
        (inbound("b", dids=(DID,), cids=("+4930*",)), inbound("z", dids=(DID,), cids=("+4930123456",))),
        "+4930123456",
        "carrier",
        "z",
    ),
    (
        "any caller before none asked",
        (inbound("a", dids=(DID,)), inbound("z", dids=(DID,), cids=("*",))),
        "+4930123456",
        "carrier",
        "z",
    ),
    (
        "the number called before the caller",
        (inbound("did", dids=(DID,)), inbound("cid", dids=("+4420*",), cids=("+4930123456",))),
        "+4930123456",
        "carrier",
        "did",
    ),
    (
        "trunks named first",
        (inbound("a", dids=(DID,)), inbound("z", dids=(DID,), trunks=("carrier",))),
        "+4930123456",
        "carrier",
        "z",
    ),
    (
        "another trunk",
        (inbound("a", dids=(DID,)), inbound("z", dids=(DID,), trunks=("carrier",))),
        "+4930123456",
        "backup",
        "a",
    ),
    (
        "the caller before trunks",
        (inbound("cid", dids=(DID,), cids=("*",)), inbound("a", dids=(DID,), trunks=("carrier",))),
        "+4930123456",
        "carrier",
        "cid",
    ),
    ("then the name", (inbound("b", dids=(DID,)), inbound("a", dids=(DID,))), "+4930123456", "carrier", "a"),
    (
        "anonymous",
        (inbound("a", dids=(DID,)), inbound("hidden", dids=(DID,), cids=("anonymous",))),
        "",
        "carrier",
        "hidden",
    ),
    (
        "anonymous is nobody's number",
        (inbound("a", dids=(DID,)), inbound("z", dids=(DID,), cids=("+*",))),
        "",
        "carrier",
        "a",
    ),
    (
        "as it came",
        (inbound("a", dids=(DID,)), inbound("z", dids=("0207*",), is_dialled=True)),
        "+4930123456",
        "carrier",
        "a",
    ),
    ("as it came, alone", (inbound("z", dids=("+44207946*",), is_dialled=True),), "+4930123456", "carrier", "z"),
    ("disabled", (inbound("a", dids=(DID,), enabled=False),), "+4930123456", "carrier", None),
    ("only there", (inbound("a", dids=(DID,), trunks=("backup",)),), "+4930123456", "carrier", None),
]


@pytest.mark.parametrize(("rules", "caller", "trunk_name", "expected"), [c[1:] for c in TIES], ids=[c[0] for c in TIES])
def test_ties(rules: tuple[InboundRuleConfig, ...], caller: str, trunk_name: str, expected: str | None) -> None:
    for order in permutations(rules):
        assert rule_of(ask(company(*order), DID, caller, trunk_name)) == expected


def test_a_mask_of_what_came_is_not_held_against_the_full_form() -> None:
    where = company(inbound("came", dids=("020*",), is_dialled=True), inbound("full", dids=("+4430*",)))
    assert rule_of(ask(where, "02079460100")) == "came"
    assert rule_of(ask(where, "+442079460100")) is None


def test_the_trunk_says_how_its_numbers_are_read() -> None:
    german = trunk("german", is_dialling_own=True, dialling=UK)
    where = company(inbound("main", dids=(DID,)), german)
    assert rule_of(ask(where, "02079460100", trunk_name="german")) == "main"


def test_an_extension_number_is_no_did() -> None:
    """Who dials 101 from outside reaches nobody, and a caller who claims to be 101 gets none of its rights."""
    where = company(outbound("all"), inbound("main", dids=(DID,)))
    for called in ("101", "0049301234567", "112", "999"):
        decision = ask(where, called, "101")
        assert isinstance(decision, Refuse)
        assert decision.cause is NO_ROUTE


# Destinations in hours.
def test_hours_decide_where_it_goes() -> None:
    rule = inbound("main", to("extension", "101"), out_of_hours=to("extension", "102"), hours="office")
    for where in (
        company(rule),
        company(inbound("main", to("extension", "101"), out_of_hours=to("extension", "102")), office_hours="office"),
    ):
        for late, number in ((0, "101"), (9, "102")):
            query = calls_in(where, DID, at=NOON + timedelta(hours=late))
            decision = decide(where, OPEN, query)
            assert isinstance(decision, Dial)
            assert [target.number for target in decision.targets] == [number]
            assert decision.trace.steps[1].rule is not None
            assert decision.trace.steps[1].rule.name == "office"


def test_destinations() -> None:
    people = group("sales", "600", "101", "102")
    where = company(
        people,
        outbound("all"),
        inbound("a", to("ringGroup", "sales"), dids=("1",)),
        inbound("b", to("external", "+4930999999"), dids=("2",)),
        inbound("c", to("hangUp", "busy"), dids=("3",)),
        inbound("d", to("extension", "104"), dids=("4",)),
        inbound("e", to("extension", "999"), dids=("5",)),
        inbound("f", to("ringGroup", "nobody"), dids=("6",)),
    )
    assert isinstance(ask(where, "1"), Hunt)
    outside = ask(where, "2")
    assert isinstance(outside, DialOut)
    assert (outside.routes[0].number, outside.routes[0].by, outside.routes[0].caller_id) == ("+4930999999", "", "")
    for called, cause in (("3", BUSY_HERE), ("4", DISABLED), ("5", WRONG_NUMBER), ("6", WRONG_NUMBER)):
        decision = ask(where, called)
        assert isinstance(decision, Refuse)
        assert decision.cause is cause
    assert isinstance(ask(where, "3").trace.steps[-1].rule, type(people.ref))


def test_a_call_forwarded_outside_counts_against_the_tenant() -> None:
    where = company(
        outbound("all"),
        inbound("b", to("external", "+4930999999"), dids=("2",)),
        quotas=QuotaConfig(max_outside_calls=1),
    )
    decision = ask(where, "2", known=here(outside_calls={"acme/": 1}))
    assert isinstance(decision, Refuse)
    assert decision.cause is OVER_OUTSIDE_LIMIT


def test_rules_for_some_extensions_are_not_for_calls_of_nobody() -> None:
    where = company(
        outbound("some", extensions=("*",)),
        outbound("groups", groups=("Default",)),
        inbound("b", to("external", "+4930999999"), dids=("2",)),
    )
    assert isinstance(ask(where, "2"), Refuse)


def test_quota_offline_and_trunks_that_may_not() -> None:
    where = company(inbound("main", dids=(DID,)), quotas=QuotaConfig(max_concurrent_calls=1))
    for known, trunk_name, cause in (
        (here("101", calls={"acme": 1}), "carrier", OVER_QUOTA),
        (here(), "carrier", OFFLINE),
        (here("101"), "off", DISABLED),
    ):
        decision = ask(where, DID, trunk_name=trunk_name, known=known)
        assert isinstance(decision, Refuse)
        assert decision.cause is cause


def test_nearest_misses() -> None:
    where = company(
        inbound("elsewhere", dids=(DID,), trunks=("backup",)),
        inbound("vip", dids=(DID,), cids=("+4940*",)),
        inbound("near", dids=("+442079460101",)),
        inbound("far", dids=("+442079460999",)),
    )
    decision = ask(where, "020 7946 0100")
    assert isinstance(decision, Refuse)
    assert decision.cause is NO_ROUTE
    said = {step.rule.name: step.why for step in decision.trace.steps if step.rule is not None}
    assert said == {
        "elsewhere": "is for this number, but on trunk backup, not on carrier",
        "vip": "is for this number, but not when '+4930123456' calls",
        "near": f"is for +442079460101, which differs from '{DID}' by one character",
    }


numbers = st.text("012+", max_size=5)
masks = st.sampled_from(["0", "01", "012", "0*", "01*", "*2", "*12", "*1*", "*", "1-22", "10-12", "00-12", "+1", "+1*"])
rules = st.builds(
    inbound,
    st.text("abcdef", min_size=1, max_size=3),
    dids=st.lists(masks, max_size=3, unique=True).map(tuple),
    cids=st.lists(masks, max_size=2, unique=True).map(tuple),
    trunks=st.sampled_from([(), ("carrier",), ("backup",), ("backup", "carrier")]),
    is_dialled=st.booleans(),
    enabled=st.booleans(),
)


@given(st.lists(rules, max_size=10, unique_by=lambda rule: rule.name), numbers | st.text(max_size=20), numbers)
def test_any_rules_and_any_number_decide_as_the_reference_does(
    found: list[InboundRuleConfig], called: str, caller: str
) -> None:
    where = company(*found)
    expected = _reference(where, found, called, caller)
    assert rule_of(ask(where, called, caller)) == rule_of(ask(company(*reversed(found)), called, caller)) == expected


def _reference(where: Snapshot, rules: list[InboundRuleConfig], called: str, caller: str) -> str | None:
    """The rules of the page, one after the other."""
    did, dialled_did, cid, dialled_cid = called_of(calls_in(where, called, caller))
    fitting = []
    for rule in rules:
        texts = (dialled_did, dialled_cid) if rule.is_dialled else (did, cid)
        masks = [[NumberPattern.parse(mask) for mask in each] for each in (rule.dids or ("*",), rule.cids)]
        best = [
            min((mask.precedence for mask in each if mask.matches(text)), default=None)
            for each, text in zip(masks, texts, strict=True)
        ]
        if rule.enabled and best[0] and (best[1] or not rule.cids) and (not rule.trunks or "carrier" in rule.trunks):
            fitting.append((best[0], best[1] or (9,), not rule.trunks, rule.name))
    return min(fitting)[3] if fitting else None


def test_a_trunk_of_plain_numbers_is_understood() -> None:
    where = company(inbound("main", dids=(DID,)), trunk("plain", number_format="plain"))
    for called, expected in (
        ("442079460100", "main"),
        ("+442079460100", "main"),
        ("02079460100", "main"),
        ("44207946010", None),
    ):
        assert rule_of(ask(where, called, trunk_name="plain")) == expected
    assert rule_of(ask(where, "442079460100")) is None


@pytest.mark.parametrize(
    ("called", "rules", "is_told"),
    [
        ("442079460100", (inbound("main", dids=("+442079460100",)),), True),
        ("442079460100", (inbound("main", dids=("+4420*",)),), True),
        ("442079460100", (inbound("main", dids=("+4930*",)),), False),
        ("442", (inbound("main", dids=("+442*",)),), False),
    ],
)
def test_a_number_that_lacks_its_plus_is_told(called: str, rules: tuple[InboundRuleConfig, ...], is_told: bool) -> None:
    decision = ask(company(*rules), called)
    assert isinstance(decision, Refuse)
    told = [step.why for step in decision.trace.steps if "numberFormat: plain" in step.why]
    assert [why[: why.index(":")] for why in told] == (["is for +442079460100"] if is_told else [])
