"""Shadowed rules and masks that hold one another, against asking every number of a small world."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from dialing.pattern import NumberPattern
from engine.config.inbound_index import Called
from engine.config.inbound_rule import InboundRuleConfig
from engine.config.outbound_rule import OutboundRuleConfig
from reconciler.proof.dids import overlap
from reconciler.proof.inbound import inbound_rule_shadowed
from reconciler.proof.outbound import contains, outbound_rule_shadowed
from reconciler.proof.proof import NOBODY, Subject
from tests.support.routed import extension, inbound, outbound, tenant, trunk

NUMBERS = [
    "".join(digits)
    for alphabet, lengths in (("0123456789", (1, 2)), ("012", (3, 4)))
    for length in lengths
    for digits in product(alphabet, repeat=length)
]
MASKS = ["0", "01", "012", "00-02", "00-22", "1-22", "10-12", "0*", "01*", "*2", "*12", "*1*", "*01*", "*"]
masks = st.sampled_from(MASKS)


@given(masks, masks)
def test_a_mask_holds_another_if_it_holds_all_its_numbers(wide: str, narrow: str) -> None:
    outer, inner = NumberPattern.parse(wide), NumberPattern.parse(narrow)
    if contains(wide, narrow):
        assert all(outer.matches(number) for number in NUMBERS if inner.matches(number))
    if overlap(wide, narrow):
        assert any(outer.matches(number) and inner.matches(number) for number in NUMBERS)


inbound_rules = st.builds(
    inbound,
    st.text("abcdef", min_size=1, max_size=2),
    dids=st.lists(masks, min_size=1, max_size=2, unique=True).map(tuple),
    trunks=st.sampled_from([(), ("one",), ("two",), ("one", "two")]),
    cids=st.sampled_from([(), (), ("1",), ("*",)]),
)


@given(st.lists(inbound_rules, max_size=6, unique_by=lambda rule: rule.name))
def test_an_inbound_rule_is_shadowed_if_no_call_goes_by_it(rules: list[InboundRuleConfig]) -> None:
    company = tenant(*rules, extension("101"), trunk("one"), trunk("two"))
    told = {flaw.ref.name for flaw in inbound_rule_shadowed(Subject.of(company, {}))}
    calls = product([*NUMBERS, *(f"9{number}9" for number in NUMBERS[:40]), "9"], ["1", NOBODY], ["one", "two"])
    used = {
        rule.name
        for did, cid, by in calls
        if (rule := company.inbound.find(Called(did, NOBODY, cid, NOBODY), by)) is not None
    }
    assert told & used == set()
    # Of what no call of the small world goes by, masks with longer texts may still be used outside it.
    plain = {rule.name for rule in rules if all("*" not in mask for mask in rule.dids)}
    assert plain - used - told == set()


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
