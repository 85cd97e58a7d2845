"""Calls to the outside: conditions and their order, digits, caller ids, permissions, limits, emergencies; in whatever order rules stand."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialing.number import ExtensionNumber, ShortCode
from dialing.pattern import NumberPattern
from engine.cause import (
    DISABLED,
    NO_ROUTE,
    NOT_ALLOWED,
    OVER_OUTSIDE_LIMIT,
    OVER_QUOTA,
    TRUNKS_DOWN,
    WRONG_NUMBER,
    Cause,
)
from engine.config.outbound_rule import OutboundRuleConfig
from engine.config.snapshot import Snapshot, TenantItem
from engine.config.tenant import QuotaConfig
from engine.routing.decide import decide
from engine.routing.decision import DialOut, Refuse, RouteDecision, TrunkTarget, Verdict
from engine.routing.facts import RecordedFacts
from engine.routing.outside import DIALLABLE
from tests.support.routed import UK, dials, extension, facts, here, outbound, route, snapshot, tenant, trunk

NOBODY = facts()


def company(*items: TenantItem, quotas: QuotaConfig | None = None) -> Snapshot:
    people = [
        extension("101", groups=("Default", "sales"), outbound_caller_id="+442079460101"),
        extension("102"),
        extension("103", may_call_outside=False),
    ]
    own = () if any(item.ref.kind == "Trunk" for item in items) else (trunk("carrier"),)
    return snapshot(tenant(*people, *own, *items, quotas=quotas))


def ask(where: Snapshot, dialled: str, caller: str = "101", known: RecordedFacts = NOBODY) -> RouteDecision:
    decision = decide(where, known, dials(where, caller, dialled))
    assert decide(where, RecordedFacts.of(decision.trace.facts), dials(where, caller, dialled)) == decision
    return decision


def sent(decision: RouteDecision) -> list[tuple[str, str]]:
    assert isinstance(decision, DialOut), decision
    return [(target.trunk.name, target.number) for target in decision.routes]


def first(decision: RouteDecision) -> TrunkTarget:
    assert isinstance(decision, DialOut), decision
    return decision.routes[0]


def cause(decision: RouteDecision) -> Cause:
    assert isinstance(decision, Refuse), decision
    return decision.cause


# Which rule: rules by name, the caller, what is dialled, the name of the rule that counts.
RULES = (
    outbound("any", order=200),
    outbound("abroad", prefixes=("00", "+")),
    outbound("britain", prefixes=("0", "0044", "+44")),
    outbound("china", prefixes=("0086",), order=300),
    outbound("sales", prefixes=("0049", "123"), groups=("sales",)),
    outbound("short", prefixes=("9",), min_length=3, max_length=5, order=50),
    outbound("some", prefixes=("07",), extensions=("102", "110-120"), order=50),
    outbound("zz-abroad", prefixes=("00",)),
    outbound("off", prefixes=("0044",), order=0, enabled=False),
)
CHOICES = [
    ("longer prefix", "102", "004420794601", "britain"),
    ("the same as +", "102", "+442079460100", "britain"),
    ("an order goes before a prefix", "102", "008612345678", "abroad"),
    ("name decides among equals", "102", "0033123456", "abroad"),
    ("group and prefix", "101", "004930123456", "sales"),
    ("another prefix of the same rule", "101", "12345678", "sales"),
    ("not in the group", "102", "004930123456", "abroad"),
    ("national", "102", "02079460100", "britain"),
    ("extension's own rule", "102", "07700900123", "some"),
    ("another's", "101", "07700900123", "britain"),
    ("length", "102", "9123", "short"),
    ("too long for it", "102", "912345", "any"),
    ("no condition", "102", "555", "any"),
    ("separators do not count", "102", "00 44-20 (7946)", "britain"),
    ("tel:", "102", "tel:+44-20-7946-0100;ext=3", "britain"),
]


@pytest.mark.parametrize(("caller", "dialled", "expected"), [c[1:] for c in CHOICES], ids=[c[0] for c in CHOICES])
def test_the_first_rule_whose_conditions_all_hold_counts(caller: str, dialled: str, expected: str) -> None:
    decision = ask(company(*RULES), dialled, caller)
    assert isinstance(decision, DialOut)
    step = decision.trace.steps[0]
    assert (step.verdict, step.rule and step.rule.name) == (Verdict.MATCHED, expected)
    assert step.origin is not None


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_rules_in_every_order_decide_alike(order: tuple[int, ...]) -> None:
    rules = (RULES[0], RULES[1], RULES[2], RULES[4])
    decision = ask(company(*(rules[place] for place in order)), "004930123456")
    assert [step.rule and step.rule.name for step in decision.trace.steps] == ["sales"]


# What goes out: strip and prepend act on what was dialled, the trunk's format on what that means.
DIGITS = [
    ("002345", {"strip": 2, "prepend": "0086"}, "e164", "00862345"),
    ("00 23-45", {"strip": 2, "prepend": "0086"}, "e164", "00862345"),
    ("02079460100", {}, "e164", "+442079460100"),
    ("02079460100", {}, "plain", "442079460100"),
    ("02079460100", {}, "international", "00442079460100"),
    ("+44 20 7946 0100", {}, "national", "02079460100"),
    ("0044 20 7946 0100", {}, "national", "02079460100"),
    ("+4930123456", {}, "national", "004930123456"),
    ("+44 (0)20 7946 0100", {}, "e164", "+442079460100"),
    ("020 7946 0100", {}, "dialled", "02079460100"),
    ("02079460100", {"strip": 1}, "e164", "2079460100"),
    ("+442079460100", {"strip": 1, "prepend": "00"}, "e164", "00442079460100"),
    ("02079460100", {"prepend": "9"}, "e164", "902079460100"),
    ("118500", {}, "e164", "118500"),
    ("*21", {}, "e164", "*21"),
]


@pytest.mark.parametrize(("dialled", "route_values", "form", "expected"), DIGITS)
def test_digits(dialled: str, route_values: dict[str, object], form: str, expected: str) -> None:
    where = company(outbound("all", route("own", **route_values)), trunk("own", number_format=form))
    assert sent(ask(where, dialled)) == [("own", expected)]


@pytest.mark.parametrize(
    "dialled", ["mallory", "sip:1@evil.example", "1\r\nVia: x", "+", "12#;x=y", "", "0" * 40, "1@2"]
)
def test_what_is_no_number_never_goes_outside(dialled: str) -> None:
    assert cause(ask(company(outbound("all")), dialled)) is WRONG_NUMBER


def test_a_route_that_strips_all_there_is_is_not_tried() -> None:
    where = company(outbound("all", route("carrier", strip=5), route("carrier", prepend="9")))
    decision = ask(where, "1234")
    assert sent(decision) == [("carrier", "91234")]
    assert any(step.verdict is Verdict.MISSED and "nothing is left" in step.why for step in decision.trace.steps)


# Caller id: of the route, else as the trunk has it: the caller, the trunk's and the route's number, the policy, what is shown.
CALLER_IDS = [
    ("101", "", "", "extension", "+442079460101"),
    ("102", "", "", "extension", ""),
    ("102", "+442079460000", "", "extension", "+442079460000"),
    ("101", "+442079460000", "", "trunk", "+442079460000"),
    ("101", "+442079460000", "+442079469999", "trunk", "+442079469999"),
]


@pytest.mark.parametrize(("caller", "number", "of_route", "policy", "expected"), CALLER_IDS)
def test_caller_id(caller: str, number: str, of_route: str, policy: str, expected: str) -> None:
    where = company(outbound("all", route("own", caller_id=of_route)), trunk("own", caller_id=policy, number=number))
    target = first(ask(where, "0123456789", caller))
    assert (target.caller_id, target.is_anonymous) == (expected, False)


def test_caller_id_in_the_form_of_the_trunk_and_hidden() -> None:
    where = company(
        outbound("all", route("own")),
        trunk("own", caller_id="anonymous", number="+442079460000", number_format="national"),
    )
    target = first(ask(where, "0123456789"))
    assert (target.caller_id, target.is_anonymous) == ("02079460000", True)


# Routes: what is known of the trunks one, two, three, and which are tried.
ROUTES: list[tuple[str, dict[str, dict[str, int]], list[str]]] = [
    ("all up", {}, ["one", "two", "three"]),
    ("first down", {"trunk_up": {"acme/one": 0}}, ["two", "three"]),
    ("second full", {"channels": {"acme/two": 2}}, ["one", "three"]),
    ("almost full", {"channels": {"acme/two": 1}}, ["one", "two", "three"]),
    ("no bound, no full", {"channels": {"acme/one": 9999}}, ["one", "two", "three"]),
]


@pytest.mark.parametrize(("known", "expected"), [c[1:] for c in ROUTES], ids=[c[0] for c in ROUTES])
def test_routes(known: dict[str, dict[str, int]], expected: list[str]) -> None:
    where = company(
        outbound("all", route("one"), route("two"), route("three")),
        trunk("one"),
        trunk("two", max_channels=2),
        trunk("three"),
    )
    assert [name for name, _ in sent(ask(where, "0123456789", known=facts(**known)))] == expected


def test_all_routes_down_or_full_fails_and_says_of_each_why() -> None:
    where = company(
        outbound("all", route("one"), route("two"), route("three")),
        trunk("one"),
        trunk("two", max_channels=2),
        trunk("three", enabled=False),
    )
    decision = ask(where, "0123456789", known=facts(trunk_up={"acme/one": 0}, channels={"acme/two": 2}))
    assert cause(decision) is TRUNKS_DOWN
    said = [step.why for step in decision.trace.steps if step.verdict is Verdict.MISSED]
    assert said == ["trunk one is down", "trunk two carries 2 calls and has room for 2", "trunk three is disabled"]


def test_shared_trunks_serve_whom_they_name_and_are_hidden_by_own_ones() -> None:
    rules = outbound("all", route("shared"), route("others"), route("both"))
    shared = (
        trunk("shared", tenant=""),
        trunk("others", tenant="", tenants=("other",)),
        trunk("both", tenant="", number_format="plain"),
    )
    where = snapshot(tenant(extension("101"), rules, trunk("both")), shared=shared)
    assert sent(ask(where, "02079460100")) == [("shared", "+442079460100"), ("both", "+442079460100")]
    assert first(ask(where, "02079460100")).trunk.tenant == ""


# Permission and limits: the caller, quotas of the tenant, what is live, the cause.
LIMITS: list[tuple[str, str, QuotaConfig, dict[str, dict[str, int]], Cause | None]] = [
    ("allowed", "101", QuotaConfig(), {}, None),
    ("not allowed", "103", QuotaConfig(), {}, NOT_ALLOWED),
    ("2 at once of 2", "101", QuotaConfig(), {"outside_calls": {"acme/101": 2}}, OVER_OUTSIDE_LIMIT),
    ("1 at once of 2", "101", QuotaConfig(), {"outside_calls": {"acme/101": 1}}, None),
    ("another's", "101", QuotaConfig(), {"outside_calls": {"acme/102": 2}}, None),
    ("10 a minute", "101", QuotaConfig(), {"outside_calls_last_minute": {"acme/101": 10}}, OVER_OUTSIDE_LIMIT),
    ("tenant", "101", QuotaConfig(max_outside_calls=3), {"outside_calls": {"acme/": 3}}, OVER_OUTSIDE_LIMIT),
    ("tenant's room", "101", QuotaConfig(max_outside_calls=3), {"outside_calls": {"acme/": 2}}, None),
    (
        "tenant a minute",
        "101",
        QuotaConfig(max_outside_calls_per_minute=3),
        {"outside_calls_last_minute": {"acme/": 3}},
        OVER_OUTSIDE_LIMIT,
    ),
    ("all calls", "101", QuotaConfig(max_concurrent_calls=3), {"calls": {"acme": 3}}, OVER_QUOTA),
]


@pytest.mark.parametrize(("caller", "quotas", "known", "expected"), [c[1:] for c in LIMITS], ids=[c[0] for c in LIMITS])
def test_permission_and_limits(
    caller: str, quotas: QuotaConfig, known: dict[str, dict[str, int]], expected: Cause | None
) -> None:
    where = company(outbound("all"), quotas=quotas)
    decision = ask(where, "0123456789", caller, facts(**known))
    assert (decision.cause if isinstance(decision, Refuse) else None) is expected


@pytest.mark.parametrize(("caller", "quotas", "known"), [c[1:4] for c in LIMITS], ids=[c[0] for c in LIMITS])
def test_nothing_holds_up_a_call_for_help(caller: str, quotas: QuotaConfig, known: dict[str, dict[str, int]]) -> None:
    where = company(outbound("all"), quotas=quotas)
    decision = ask(where, "112", caller, facts(**known, channels={"acme/carrier": 1000}))
    assert isinstance(decision, DialOut)
    assert decision.is_emergency
    assert sent(decision) == [("carrier", "112")]


def test_every_route_is_tried_for_help_the_likeliest_first() -> None:
    where = company(
        outbound("mine", route("full"), route("up"), groups=("sales",)),
        outbound("others", route("down"), route("prefixed", prepend="0"), extensions=("102",), order=1),
        outbound("abroad", route("never"), prefixes=("00",)),
        trunk("full", max_channels=1),
        trunk("up"),
        trunk("down"),
        trunk("prefixed"),
        trunk("never"),
    )
    decision = ask(where, "999", known=facts(channels={"acme/full": 1}, trunk_up={"acme/down": 0}))
    assert sent(decision) == [("up", "999"), ("prefixed", "0999"), ("full", "999"), ("down", "999")]
    assert isinstance(decision, DialOut)
    assert {404, 403, 503} <= set(decision.failover_on)
    assert not {486, 600, 603} & set(decision.failover_on)


@pytest.mark.parametrize(
    ("rule", "dialled", "expected"),
    [
        (outbound("line", route("carrier", strip=1), prefixes=("9",)), "999", "999"),
        (outbound("line", route("carrier", strip=1, prepend="+44")), "112", "112"),
        (outbound("line", route("carrier", strip=3)), "112", "112"),
        (outbound("tech", route("carrier", prepend="77")), "112", "77112"),
        (outbound("help", route("carrier", strip=2, prepend="11"), prefixes=("112", "999")), "999", "119"),
        (outbound("help", route("carrier", strip=3), prefixes=("112", "999")), "999", "999"),
        (outbound("help", route("carrier", strip=1), prefixes=("9",)), "9999", "999"),
    ],
    ids=[
        "9 for the outside",
        "national",
        "all of it",
        "in front",
        "another number there",
        "nothing left",
        "no call for help",
    ],
)
def test_nothing_is_stripped_of_a_call_for_help_but_by_a_rule_for_it(
    rule: OutboundRuleConfig, dialled: str, expected: str
) -> None:
    assert sent(ask(company(rule), dialled)) == [("carrier", expected)]


LINE = outbound("line", route("carrier", strip=1), prefixes=("9",))


@pytest.mark.parametrize(
    ("dialled", "number"), [("9112", "112"), ("9999", "999"), ("9 11-2", "112"), ("urn:service:sos", "112")]
)
def test_help_behind_an_outside_line_is_help(dialled: str, number: str) -> None:
    where = company(LINE, outbound("help", prefixes=("112", "999")), quotas=QuotaConfig(max_outside_calls=1))
    decision = ask(where, dialled, "103", facts(outside_calls={"acme/": 1, "acme/103": 1}))
    assert isinstance(decision, DialOut)
    assert decision.is_emergency
    assert {target.number for target in decision.routes} == {number}


def test_help_behind_an_outside_line_goes_by_that_line_where_there_is_no_other_way() -> None:
    where = company(LINE)
    decision = ask(where, "9112", "103")
    assert sent(decision) == [("carrier", "112")]
    assert isinstance(decision, DialOut)
    assert decision.is_emergency


@pytest.mark.parametrize("dialled", ["91121", "9911", "8112"])
def test_what_only_begins_as_help_is_an_ordinary_call(dialled: str) -> None:
    assert cause(ask(company(LINE, outbound("all")), dialled, "103")) is NOT_ALLOWED


def test_an_extension_is_called_by_its_number_though_it_reads_as_help_outside() -> None:
    where = company(LINE, outbound("all"), extension("9112"))
    assert not isinstance(ask(where, "9112", known=here("9112")), DialOut)


def test_a_disabled_extension_may_call_for_help_and_nobody_else() -> None:
    where = company(outbound("all"), extension("104", enabled=False))
    assert sent(ask(where, "112", "104")) == [("carrier", "112")]
    assert cause(ask(where, "02079460100", "104")) is DISABLED


def test_an_extension_never_hides_an_emergency_number() -> None:
    where = snapshot(tenant(extension("101"), extension("112"), outbound("all"), trunk("carrier")))
    assert sent(ask(where, "112", known=here("112"))) == [("carrier", "112")]


def test_help_without_a_rule_says_so() -> None:
    decision = ask(company(outbound("abroad", prefixes=("00",))), "112")
    assert cause(decision) is NO_ROUTE
    assert "emergency" in decision.trace.steps[0].why
    assert [step.rule and step.rule.name for step in decision.trace.steps[1:]] == ["abroad"]


def test_without_rules_a_number_is_a_wrong_number() -> None:
    assert cause(ask(company(), "02079460100")) is WRONG_NUMBER


def test_nearest_misses_say_which_condition_failed() -> None:
    rules = (
        outbound("abroad", prefixes=("00", "+")),
        outbound("few", prefixes=("02",), extensions=("102",)),
        outbound("sales", prefixes=("02",), groups=("marketing",)),
        outbound("short", prefixes=("02",), max_length=4),
        outbound("two-fail", prefixes=("09",), max_length=4),
    )
    decision = ask(company(*rules), "02079460100")
    assert cause(decision) is NO_ROUTE
    said = {step.rule.name: step.why for step in decision.trace.steps if step.rule is not None}
    assert said == {
        "few": "extension 101 is none of those that may call by it",
        "sales": "extension 101 is in none of its groups (marketing)",
        "short": "'02079460100' has 11 digits, and it asks for 0 to 4",
        "abroad": "'02079460100' does not begin with 00, +",
    }


masks = st.sampled_from(["101", "1*", "*2", "100-110", "*", "102"])
rules = st.builds(
    outbound,
    st.text("abcdef", min_size=1, max_size=3),
    order=st.integers(0, 3),
    prefixes=st.lists(st.sampled_from(["0", "00", "+", "004", "9", "99", "*"]), max_size=3).map(tuple),
    extensions=st.lists(masks, max_size=2).map(tuple),
    groups=st.lists(st.sampled_from(["Default", "sales", "none"]), max_size=2).map(tuple),
    min_length=st.integers(0, 5),
    max_length=st.sampled_from([0, 4, 12]),
    enabled=st.booleans(),
)


@given(
    st.lists(rules, max_size=8, unique_by=lambda rule: rule.name),
    st.text("0123456789+*# -", max_size=14) | st.text(max_size=40),
    st.sampled_from(["101", "102"]),
)
def test_any_rules_and_any_number_decide_as_the_reference_does(
    found: list[TenantItem], dialled: str, caller: str
) -> None:
    where, reversed_where = company(*found), company(*reversed(found))
    expected = _reference(where, dialled, caller)
    assert _rule_of(ask(where, dialled, caller)) == _rule_of(ask(reversed_where, dialled, caller)) == expected


def _rule_of(decision: RouteDecision) -> str | None:
    if not isinstance(decision, DialOut) or decision.is_emergency:
        return None
    step = decision.trace.steps[0]
    return step.rule.name if step.rule is not None else None


def _reference(where: Snapshot, dialled: str, caller: str) -> str | None:
    """The rules of the page, one after the other."""
    owner = where.tenants["acme"]
    number = owner.number(dialled)
    digits = UK.context().digits(dialled)
    is_help = isinstance(number.canonical, ShortCode) and number.canonical.is_emergency
    if is_help or isinstance(number.canonical, ExtensionNumber) or DIALLABLE.fullmatch(digits) is None:
        return None
    by = owner.extensions[caller]
    fitting = [
        (rule.order, -max((len(p) for p in rule.prefixes if digits.startswith(p)), default=0), rule.name)
        for rule in owner.outbound_rules.values()
        if rule.enabled
        and (not rule.prefixes or digits.startswith(rule.prefixes))
        and (not rule.extensions or any(NumberPattern.parse(mask).matches(caller) for mask in rule.extensions))
        and (not rule.groups or set(rule.groups) & set(by.groups))
        and rule.min_length <= len(digits.replace("+", "")) <= (rule.max_length or 99)
    ]
    return min(fitting)[2] if fitting else None
