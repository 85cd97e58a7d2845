"""Numbers that a tenant blocks: in which direction, before which rules, and that help is never blocked."""

from dataclasses import replace
from typing import Any

import pytest

from engine.cause import BLOCKED
from engine.config.blocked import BlockedConfig
from engine.config.dialling import DiallingConfig
from engine.config.snapshot import Snapshot, TenantItem
from engine.routing.decide import decide
from engine.routing.decision import Dial, DialOut, Refuse, RouteDecision, Verdict
from engine.routing.facts import RecordedFacts
from tests.support.routed import (
    calls_in,
    dials,
    extension,
    forwarding,
    here,
    inbound,
    outbound,
    route,
    snapshot,
    tenant,
    trunk,
)

GERMANY = DiallingConfig(country_code="49", national_prefix="0", international_prefixes=("00",), emergency=("112",))
DID = "+442079460100"
FACTS = here("101")
MASKS = BlockedConfig(numbers=("+4470*", "+4930123456", "anonymous", "*999", "112"), remark="nuisance")


def company(*blocked: BlockedConfig, more: tuple[TenantItem, ...] = ()) -> Snapshot:
    rules = (inbound("main", dids=(DID,)), outbound("all"), outbound("help", prefixes=("112", "999")))
    return snapshot(tenant(extension("101"), trunk("carrier"), *rules, *more, blocked=blocked))


def comes(where: Snapshot, caller: str) -> RouteDecision:
    return decide(where, FACTS, calls_in(where, DID, caller))


def goes(where: Snapshot, dialled: str) -> RouteDecision:
    decision = decide(where, FACTS, dials(where, "101", dialled))
    assert decide(where, RecordedFacts.of(decision.trace.facts), dials(where, "101", dialled)) == decision
    return decision


def is_blocked(decision: RouteDecision) -> bool:
    return isinstance(decision, Refuse) and decision.cause is BLOCKED


@pytest.mark.parametrize(
    ("caller", "blocked"),
    [
        ("+447012345678", True),
        ("07012345678", True),
        ("+4930123456", True),
        ("+49301234567", False),
        ("+44205550999", True),
        ("", True),
    ],
)
def test_who_calls_from_there_gets_nobody(caller: str, blocked: bool) -> None:
    decision = comes(company(MASKS), caller)
    assert is_blocked(decision) is blocked
    assert blocked or isinstance(decision, Dial)


def test_the_trace_names_mask_and_remark_and_the_rule_that_would_have_counted() -> None:
    decision = comes(company(MASKS), "+447012345678")
    refused, missed = decision.trace.steps
    assert refused.why == "'+447012345678' calls, and tenant 'acme' blocks +4470* (nuisance): spec.blocked"
    assert (refused.verdict, refused.rule and refused.rule.kind) == (Verdict.REFUSED, "Tenant")
    assert refused.origin is not None
    assert (missed.verdict, missed.rule and missed.rule.name) == (Verdict.MISSED, "main")


@pytest.mark.parametrize(
    ("dialled", "blocked"), [("07012345678", True), ("0049 30 123456", True), ("02079460200", False)]
)
def test_nobody_calls_there(dialled: str, blocked: bool) -> None:
    decision = goes(company(MASKS), dialled)
    assert is_blocked(decision) is blocked
    assert blocked or isinstance(decision, DialOut)


@pytest.mark.parametrize(
    ("strip", "prepend", "prefix"), [(1, "", "9"), (1, "1470", "9"), (2, "0", "90"), (2, "0044", "90"), (0, "0", "7")]
)
def test_an_outside_line_before_it_hides_no_number(strip: int, prepend: str, prefix: str) -> None:
    line = outbound("line", route("carrier", strip=strip, prepend=prepend), prefixes=(prefix,), order=-1)
    where = company(MASKS, more=(line,))
    before = prefix[:strip]
    shown = "0" if strip < 2 and prefix == "9" else ""
    blocked = goes(where, f"{before}{shown}7012345678")
    assert is_blocked(blocked)
    assert blocked.trace.steps[-1].why.endswith("blocks +4470* (nuisance): spec.blocked")
    assert isinstance(goes(where, f"{before}{shown}7912345678"), DialOut)
    assert isinstance(goes(where, "112"), DialOut)


@pytest.mark.parametrize(
    ("dialled", "prefix", "strip", "prepend", "carrier"),
    [
        ("907012345678", "9", 1, "", {}),
        ("900447012345678", "9", 1, "", {}),
        ("7012345678", "7", 0, "+44", {}),
        ("7012345678", "7", 0, "44", {"number_format": "plain"}),
        ("0017012345678", "001", 3, "+44", {}),
        ("01007012345678", "010", 3, "1470", {}),
        ("01007012345678", "010", 3, "", {}),
        ("8030123456", "8", 1, "", {"dialling": GERMANY, "is_dialling_own": True}),
        ("030123456", "030", 0, "", {"dialling": GERMANY, "is_dialling_own": True, "number_format": "dialled"}),
    ],
)
def test_what_a_route_sends_is_held_against_the_list(
    dialled: str, prefix: str, strip: int, prepend: str, carrier: dict[str, Any]
) -> None:
    rule = outbound("line", route("line", strip=strip, prepend=prepend), prefixes=(prefix,), order=-1)
    more = (rule, trunk("line", **carrier))
    assert isinstance(goes(company(more=more), dialled), DialOut)
    decision = goes(company(MASKS, more=more), dialled)
    assert is_blocked(decision)
    missed, refused = decision.trace.steps[-2:]
    assert (missed.verdict, missed.why.startswith("trunk line is not asked: ")) == (Verdict.MISSED, True)
    assert (refused.verdict, refused.rule and refused.rule.kind) == (Verdict.REFUSED, "Tenant")
    assert refused.why.endswith(" (nuisance): spec.blocked")
    assert isinstance(goes(company(replace(MASKS, is_to=False), more=more), dialled), DialOut)


def test_a_route_that_sends_another_number_takes_the_call() -> None:
    ways = (route("carrier", strip=1), route("carrier", strip=2, prepend="+49"))
    line = outbound("line", *ways, prefixes=("9",), order=-1)
    decision = goes(company(MASKS, more=(line,)), "907012345678")
    assert isinstance(decision, DialOut)
    assert [target.number for target in decision.routes] == ["+497012345678"]
    missed = next(step for step in decision.trace.steps if step.verdict is Verdict.MISSED)
    assert missed.why == (
        "trunk carrier is not asked: '+447012345678' is called by '07012345678', "
        "and tenant 'acme' blocks +4470* (nuisance): spec.blocked"
    )


def test_nothing_is_forwarded_there_by_an_outside_line() -> None:
    line = outbound("line", route("carrier", strip=1), prefixes=("9",), order=-1)
    away = extension("102", forwarding=(forwarding("always", "external", "907012345678"),))
    assert is_blocked(goes(company(MASKS, more=(line, away)), "102"))


@pytest.mark.parametrize("dialled", ["112", "999"])
def test_help_is_never_blocked(dialled: str) -> None:
    assert isinstance(goes(company(MASKS), dialled), DialOut)


def test_one_direction_leaves_the_other_open() -> None:
    calls_from = company(replace(MASKS, is_to=False))
    calls_to = company(replace(MASKS, is_from=False))
    assert is_blocked(comes(calls_from, "+4930123456"))
    assert isinstance(goes(calls_from, "+4930123456"), DialOut)
    assert isinstance(comes(calls_to, "+4930123456"), Dial)
    assert is_blocked(goes(calls_to, "+4930123456"))


def test_nothing_is_forwarded_there() -> None:
    away = extension("102", forwarding=(forwarding("always", "external", "+447012345678"),))
    where = company(MASKS, more=(away,))
    assert is_blocked(goes(where, "102"))


def test_an_edit_of_the_list_counts_and_another_edit_keeps_it() -> None:
    before = company(MASKS).tenants["acme"]
    config = replace(before.config, blocked=(BlockedConfig(numbers=("+1*",)),))
    after = before.evolved(revision=before.revision, upserts=[config], deletes=[], origins={})
    assert not any(after.blocked.callers.matching("+4930123456"))
    assert any(after.blocked.callers.matching("+12125550100"))
    renamed = after.evolved(
        revision=after.revision, upserts=[replace(config, display_name="Acme")], deletes=[], origins={}
    )
    assert renamed.blocked is after.blocked


@pytest.mark.parametrize("dialled", ["0044701234567890123", "+44701234567890123", "*31#07012345678", "07012345678#"])
def test_no_spelling_that_a_carrier_forgives_gets_past_a_block(dialled: str) -> None:
    assert is_blocked(goes(company(MASKS), dialled))
