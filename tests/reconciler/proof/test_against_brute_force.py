"""Shadowed rules and masks that hold one another, against asking every number of a small world."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialing.containment import contains
from dialing.pattern import Form, NumberPattern
from engine.config.inbound_index import Called
from engine.config.inbound_rule import InboundRuleConfig
from engine.config.outbound_rule import OutboundRuleConfig
from reconciler.proof.dids import overlap
from reconciler.proof.inbound import inbound_rule_shadowed
from reconciler.proof.interval import Interval, holds_one
from reconciler.proof.outbound import outbound_rule_shadowed
from reconciler.proof.proof import NOBODY, Subject
from tests.support.routed import extension, inbound, outbound, tenant, trunk

NUMBERS = [
    "".join(digits)
    for alphabet, lengths in (("0123456789", (1, 2)), ("012", (3, 4)))
    for length in lengths
    for digits in product(alphabet, repeat=length)
]
MASKS = [
    "0",
    "01",
    "012",
    "00-02",
    "00-22",
    "1-22",
    "10-12",
    "8-13",
    "30-57",
    "0*",
    "01*",
    "5*",
    "*2",
    "*12",
    "*47",
    "*1*",
    "*01*",
    "*",
]
masks = st.sampled_from(MASKS)


@given(masks, masks)
def test_a_mask_holds_another_if_it_holds_all_its_numbers(wide: str, narrow: str) -> None:
    outer, inner = NumberPattern.parse(wide), NumberPattern.parse(narrow)
    if contains(wide, narrow):
        assert all(outer.matches(number) for number in NUMBERS if inner.matches(number))
    is_shared = any(outer.matches(number) and inner.matches(number) for number in NUMBERS)
    if overlap(wide, narrow):
        assert is_shared
    elif {outer.form, inner.form} & {Form.EXACT, Form.RANGE}:
        assert not is_shared


inbound_rules = st.builds(
    inbound,
    st.text("abcdef", min_size=1, max_size=2),
    dids=st.lists(masks, min_size=1, max_size=2, unique=True).map(tuple),
    trunks=st.sampled_from([(), ("one",), ("two",), ("one", "two")]),
    cids=st.sampled_from([(), (), ("1",), ("*",), ("1-3",), ("1", "2-3"), ("1*",)]),
)


@given(st.lists(inbound_rules, max_size=6, unique_by=lambda rule: rule.name))
def test_an_inbound_rule_is_shadowed_if_no_call_goes_by_it(rules: list[InboundRuleConfig]) -> None:
    company = tenant(*rules, extension("101"), trunk("one"), trunk("two"))
    told = {flaw.ref.name for flaw in inbound_rule_shadowed(Subject.of(company, {}))}
    calls = product(
        [*NUMBERS, *(f"9{number}9" for number in NUMBERS[:40]), "9"], ["1", "2", "3", "17", NOBODY], ["one", "two"]
    )
    used = {
        rule.name
        for did, cid, by in calls
        if (rule := company.inbound.find(Called(did, NOBODY, cid, NOBODY), by)) is not None
    }
    assert told & used == set()
    # Of what no call of the small world goes by, masks with longer texts may still be used outside it.
    plain = {rule.name for rule in rules if all("*" not in mask for mask in rule.dids)}
    assert plain - used - told == set()


DIGITS = st.integers(1, 3)


@given(st.data(), DIGITS, st.sampled_from(["", "+"]))
def test_an_interval_holds_a_number_of_a_mask_if_one_of_all_falls_under_it(
    data: st.DataObject, digits: int, sign: str
) -> None:
    first = data.draw(st.integers(0, 10**digits - 1))
    interval = Interval(sign, digits, first, data.draw(st.integers(first, 10**digits - 1)))
    text = data.draw(st.text("+0123a", min_size=1, max_size=3).filter(lambda text: "+" not in text[1:]))
    mask = NumberPattern.parse(data.draw(st.sampled_from([f"{text}*", f"*{text}", f"*{text}*", text])))
    held = any(mask.matches(interval.text(number)) for number in range(interval.first, interval.last + 1))
    assert holds_one(interval, mask) is held


@pytest.mark.parametrize(
    ("others", "is_hidden"),
    [
        ((("+44207000000-+44207004999",), ("+44207005000-+44207009999",)), True),
        ((("+44207000000-+44207004999",), ("+44207005001-+44207009999",)), False),
        ((("+44207000000-+44207004999", "+44207005000"), ("+44207005001-+44207009999",)), True),
        ((("+44207000000-+44207001500", "+44207009999"),), False),
    ],
    ids=["by two halves", "all but one number", "a number closes the gap", "by the beginning and the end"],
)
def test_a_range_of_ten_thousand_is_hidden_by_all_of_it_and_by_nothing_less(
    others: tuple[tuple[str, ...], ...], is_hidden: bool
) -> None:
    rules = [inbound(f"other-{place}", dids=dids) for place, dids in enumerate(others)]
    company = tenant(inbound("wide", dids=("+44207000000-+44207009999",)), *rules, extension("101"), trunk("one"))
    told = {flaw.ref.name for flaw in inbound_rule_shadowed(Subject.of(company, {}))}
    assert told == ({"wide"} if is_hidden else set())


@pytest.mark.parametrize(
    ("cids", "is_hidden"), [(("100",), False), (("100-150", "15*", "16*", "17*", "18*", "19*"), True)]
)
def test_a_range_of_callers_is_hidden_by_all_of_it_and_by_nothing_less(cids: tuple[str, ...], is_hidden: bool) -> None:
    rules = [inbound("ranged", dids=("0*",), cids=("100-199",)), inbound("exact", dids=("0*",), cids=cids)]
    narrow = inbound("narrow", dids=("01-09",), cids=("100-199",))
    hider = inbound("hider", dids=tuple(f"0{digit}" for digit in range(1, 10)), cids=cids)
    company = tenant(*rules, narrow, hider, extension("101"), trunk("one"))
    told = {flaw.ref.name for flaw in inbound_rule_shadowed(Subject.of(company, {}))}
    assert ("narrow" in told) is is_hidden
    assert "ranged" not in told


outbound_rules = st.builds(
    outbound,
    st.text("abcdef", min_size=1, max_size=2),
    order=st.integers(1, 2),
    prefixes=st.lists(st.sampled_from(["0", "01", "1", "12"]), max_size=2, unique=True).map(tuple),
    groups=st.sampled_from([(), (), ("Default",), ("sales",), ("Default", "sales")]),
    extensions=st.sampled_from([(), (), ("101",), ("1*",), ("100-102",)]),
    min_length=st.sampled_from([0, 1, 3]),
    max_length=st.sampled_from([0, 2, 4]),
)


@given(st.lists(outbound_rules, max_size=5, unique_by=lambda rule: rule.name))
def test_an_outbound_rule_that_is_called_shadowed_takes_no_call(rules: list[OutboundRuleConfig]) -> None:
    callers = [extension("101"), extension("102", groups=("sales",)), extension("200", groups=("Default", "sales"))]
    company = tenant(*rules, *callers, trunk("carrier"))
    told = {flaw.ref.name for flaw in outbound_rule_shadowed(Subject.of(company, {}))}
    used = {
        found.name
        for number, caller in product(NUMBERS, [*callers, None])
        if (found := company.outbound.find(number, caller)) is not None
    }
    assert told & used == set()
