"""Whose number it is that comes by a shared trunk: found at once, and right after any change."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config.dialling import DiallingConfig
from engine.config.did_owners import DidOwners
from engine.config.inbound_rule import InboundRuleConfig
from engine.config.snapshot import Snapshot, TenantSnapshot
from engine.config.steps import finished
from engine.config.system import SystemConfig
from engine.config.trunk import TrunkConfig
from engine.routing.owner import tenant_of_did
from tests.support.routed import UK, inbound, snapshot, tenant, trunk

SHARED = trunk("shared", tenant="")
GERMAN = DiallingConfig(country_code="49", national_prefix="0")


def of(name: str, *dids: str, dialling: DiallingConfig = UK, **values: Any) -> TenantSnapshot:
    return tenant(inbound("rule", tenant=name, dids=dids, **values), name=name, dialling=dialling)


WHERE = snapshot(
    of("acme", "+442079460100", "+44207946*", "2345"),
    of("beta", "+442079460100-+442079460199"),
    of("gamma", "*"),
    of("delta", "+442079460142", trunks=("elsewhere",)),
    of("epsilon", "02012*", is_dialled=True),
    of("zeta", "+4930123456", dialling=GERMAN),
    of("eta", "+4930777*", dialling=GERMAN),
    of("theta", "+4930777*", dialling=GERMAN),
    shared=(SHARED, trunk("british", tenant="", is_dialling_own=True, dialling=UK)),
)
CASES = [
    ("+442079460100", "acme"),
    ("020 7946 0100", "acme"),
    ("+442079460142", "beta"),
    ("+442079465555", "acme"),
    ("2345", "acme"),
    ("0201234567", "epsilon"),
    ("030 123456", "zeta"),
    ("+4930123456", "zeta"),
    ("+331", "gamma"),
    ("", "gamma"),
    ("+49307771", None),
    ("' OR 1=1", "gamma"),
]


@pytest.mark.parametrize(("called", "expected"), CASES)
def test_the_best_mask_of_all_tenants_counts(called: str, expected: str | None) -> None:
    assert tenant_of_did(WHERE, SHARED, called) == expected


def test_a_trunk_that_reads_numbers_its_own_way_reads_them_for_all() -> None:
    assert tenant_of_did(WHERE, WHERE.trunks["british"], "030 123456") == "gamma"
    assert tenant_of_did(WHERE, WHERE.trunks["british"], "0049 30 123456") == "zeta"


def test_trunks_of_tenants_trunks_that_are_not_there_and_those_who_may_not() -> None:
    assert tenant_of_did(WHERE, trunk("own"), "anything") == "acme"
    assert tenant_of_did(WHERE, trunk("own", tenant="nobody"), "anything") is None
    assert tenant_of_did(WHERE, trunk("unknown", tenant=""), "+442079460100") is None
    few = snapshot(of("acme", "1"), of("beta", "2"), shared=(trunk("few", tenant="", tenants=("beta",)),))
    assert [tenant_of_did(few, few.trunks["few"], called) for called in "12"] == [None, "beta"]
    hidden = snapshot(tenant(inbound("a", dids=("1",)), trunk("shared")), shared=(SHARED,))
    assert tenant_of_did(hidden, SHARED, "1") is None


masks = st.lists(st.sampled_from(["1", "12", "1*", "*2", "1-12", "*", "+491", "+49*"]), max_size=3, unique=True)
rules = st.builds(
    lambda dids, trunks, is_dialled: (tuple(dids), trunks, is_dialled),
    masks,
    st.sampled_from([(), ("shared",), ("other",)]),
    st.booleans(),
)
companies = st.dictionaries(st.sampled_from(["a", "b", "c"]), st.lists(rules, max_size=3), max_size=3)
sharing = st.sampled_from([(SHARED,), (SHARED, trunk("other", tenant="")), (replace(SHARED, tenants=("a",)),), ()])


@given(companies, companies, sharing, sharing)
def test_what_is_kept_up_to_date_is_what_is_built_anew(
    before: dict[str, list[tuple[tuple[str, ...], tuple[str, ...], bool]]],
    after: dict[str, list[tuple[tuple[str, ...], tuple[str, ...], bool]]],
    shared_before: tuple[TrunkConfig, ...],
    shared_after: tuple[TrunkConfig, ...],
) -> None:
    def made(given_rules: dict[str, list[tuple[tuple[str, ...], tuple[str, ...], bool]]]) -> list[TenantSnapshot]:
        return [tenant(*_rules(name, each), name=name) for name, each in given_rules.items()]

    first = snapshot(*made(before), shared=shared_before)
    then = made(after)
    kept = finished(
        Snapshot.building(
            system=SystemConfig(), listeners=(), tenants=then, trunks=shared_after, origins={}, predecessor=first
        )
    )
    anew = snapshot(*then, shared=shared_after)
    assert _told(kept.did_owners) == _told(anew.did_owners)


def _rules(name: str, given_rules: list[tuple[tuple[str, ...], tuple[str, ...], bool]]) -> list[InboundRuleConfig]:
    return [
        inbound(f"r{place}", tenant=name, dids=dids, trunks=trunks, is_dialled=is_dialled)
        for place, (dids, trunks, is_dialled) in enumerate(given_rules)
    ]


def _told(owners: Mapping[str, DidOwners]) -> object:
    return {
        name: (
            dict(each.exact),
            each.wide,
            sorted(each.canonical.entries()),
            sorted(each.dialled.entries()),
            set(each.contexts),
        )
        for name, each in owners.items()
    }
