"""The worst hour in money: by rates, routes and limits, worked out by hand here."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.config.countries import CountriesConfig, CountryPrefixConfig
from engine.config.money import millionths
from engine.config.rate_table import PrefixRateConfig, RateTableConfig
from engine.config.ref import ConfigRef
from engine.config.snapshot import TenantItem
from engine.config.tenant import QuotaConfig, TollsConfig
from reconciler.proof.proof import Subject
from reconciler.toll.exposure import Exposure, exposure
from reconciler.toll.price_list import price_list
from reconciler.toll.words import dearest_words
from tests.support.routed import extension, group, inbound, outbound, route, tenant, to, trunk

RATES = {"+44": "0.01", "+447": "0.10", "+53": "0.80", "+1": "0.02"}


def table(rates: dict[str, str] = RATES, unit_s: int = 60, owner: str = "acme") -> RateTableConfig:
    priced = [PrefixRateConfig(prefix=prefix[1:], outgoing=millionths(a), unit_s=unit_s) for prefix, a in rates.items()]
    return RateTableConfig(tenant=owner, name="carrier", rates=tuple(priced))


def found(
    *items: TenantItem,
    tolls: TollsConfig = TollsConfig(rates="carrier", budget="100", currency="GBP"),  # noqa: B008
    shared: RateTableConfig | None = None,
    **values: object,
) -> Exposure | None:
    owner = tenant(trunk("carrier"), *items, tolls=tolls, **values)  # type: ignore[arg-type]
    return exposure(Subject.of(owner, {}, {} if shared is None else {shared.ref: shared}))


def worst(*items: TenantItem, **values: object) -> Decimal | None:
    of = found(*items, table(), **values)  # type: ignore[arg-type]
    assert of is not None
    return of.worst


def person(number: str, lines: int = 2, starts: int = 10, **values: object) -> TenantItem:
    return extension(number, max_outside_calls=lines, max_outside_calls_per_minute=starts, **values)  # type: ignore[arg-type]


ALL = outbound("all")


def test_one_extension_that_may_call_everywhere() -> None:
    """Two lines x 60 units of 0.80, and 600 calls begun x one unit of 0.80."""
    assert worst(person("101"), ALL) == Decimal("576.00")


def test_only_what_routes_lead_to_counts() -> None:
    """British numbers only, mobile phones the dearest of them: (2 x 60 + 600) x 0.10."""
    assert worst(person("101"), outbound("britain", prefixes=("07", "020"))) == Decimal("72.00")
    assert worst(person("101"), outbound("landlines", prefixes=("020",))) == Decimal("7.20")


@pytest.mark.parametrize(
    ("quotas", "amount"),
    [
        (QuotaConfig(max_outside_calls=1), "528.00"),  # 1 x 48 + 600 x 0.80
        (QuotaConfig(max_concurrent_calls=1), "528.00"),
        (QuotaConfig(max_outside_calls_per_minute=1), "144.00"),  # 2 x 48 + 60 x 0.80
        (QuotaConfig(max_outside_calls=1, max_outside_calls_per_minute=1), "96.00"),
    ],
)
def test_limits_of_the_tenant(quotas: QuotaConfig, amount: str) -> None:
    assert worst(person("101"), ALL, quotas=quotas) == Decimal(amount)


def test_channels_of_the_trunks_bound_the_lines() -> None:
    owner = tenant(
        trunk("carrier", max_channels=1),
        person("101"),
        ALL,
        table(),
        tolls=TollsConfig(rates="carrier", currency="GBP"),
    )
    of = exposure(Subject.of(owner, {}))
    assert of is not None
    assert of.worst == Decimal("528.00")


def test_the_dearest_callers_come_first() -> None:
    """Three lines and 660 starts in all: the first two lines and 600 starts are his who can call Cuba."""
    here = outbound("here", prefixes=("02", "07"))
    abroad = outbound("abroad", prefixes=("00",), extensions=("102",))
    quotas = QuotaConfig(max_outside_calls=3, max_outside_calls_per_minute=11)
    # 2 x 48 (Cuba) + 1 x 6 (mobile) + 600 x 0.80 + 60 x 0.10
    assert worst(person("101"), person("102"), here, abroad, quotas=quotas) == Decimal("588.00")


def test_who_may_not_call_outside_costs_nothing() -> None:
    assert worst(person("101", may_call_outside=False), ALL) == Decimal(0)
    assert worst(person("101", enabled=False), ALL) == Decimal(0)
    assert worst(person("101")) == Decimal(0)


def test_without_limits_there_is_no_bound() -> None:
    of = found(person("101", lines=0), ALL, table())
    assert of is not None
    assert (of.worst, of.unlimited, of.is_over) == (None, "maxOutsideCalls", True)
    of = found(person("101", starts=0), ALL, table())
    assert of is not None
    assert (of.worst, of.unlimited) == (None, "maxOutsideCallsPerMinute")


def test_an_outside_line_and_a_prepended_code_are_seen_through() -> None:
    line = outbound("line", route("carrier", strip=1), prefixes=("9",))
    assert worst(person("101"), line) == Decimal("576.00")
    short = outbound("short", route("carrier", strip=2, prepend="0053"), prefixes=("77",))
    assert worst(person("101"), short) == Decimal("576.00")


def test_countries_that_may_not_be_called_cost_nothing() -> None:
    cuba = CountriesConfig(prefixes=(CountryPrefixConfig(prefix="53", name="CU", is_allowed=False),))
    assert worst(person("101"), ALL, countries=cuba) == Decimal("72.00")


def test_rules_that_send_calls_outside_count_without_anybodys_limits() -> None:
    of = found(ALL, inbound("away", to("external", "+447012345678")), person("101", may_call_outside=False), table())
    assert of is not None
    assert (of.worst, of.unlimited) == (None, "maxOutsideCalls")
    quotas = QuotaConfig(max_outside_calls=1, max_outside_calls_per_minute=1)
    night = group("night", "200", "101", no_answer=to("external", "+447012345678"))
    assert worst(ALL, night, person("101", may_call_outside=False), quotas=quotas) == Decimal("12.00")


def test_a_prefix_counts_only_where_no_longer_one_does() -> None:
    """Britain is cheap, all else that begins with 4 is dear: who may call Britain alone can't run that up."""
    rates = {"+4": "1.00", "+44": "0.01", "+4420": "0.02"}
    britain = outbound("britain", prefixes=("02", "0161"))
    assert worst_by(rates, britain) == Decimal("14.40")
    assert worst_by(rates, outbound("north", prefixes=("0161",))) == Decimal("7.20")
    assert worst_by(rates, outbound("abroad", prefixes=("0041",))) == Decimal("720.00")
    # With rates for +45 only, the digits that are tried first lead nowhere; others still do.
    assert worst_by({"+4": "1.00", "+45": "0.01"}, outbound("abroad", prefixes=("00",))) == Decimal("720.00")


def test_who_gets_to_what_is_told_the_dearest_first() -> None:
    of = found(
        outbound("all", groups=("boss",)),
        outbound("britain", prefixes=("07", "020")),
        person("101", groups=("boss",)),
        *(person(number) for number in ("102", "103")),
        table(),
    )
    assert of is not None
    told = "extension 101: +53 at 48.00 an hour; extension 102 and 1 more: +447 at 6.00 an hour"
    assert dearest_words(of.callers) == told


def test_numbers_between_those_with_a_rate_are_said() -> None:
    of = found(person("101"), ALL, table({"+15": "0.01", "+4": "0.01"}))
    assert of is not None
    assert "+1" in of.unpriced
    assert "+44" not in of.unpriced


def worst_by(rates: dict[str, str], rule: TenantItem) -> Decimal | None:
    of = found(person("101"), rule, table(rates))
    assert of is not None
    return of.worst


def test_numbers_without_a_rate_are_said_and_not_counted() -> None:
    of = found(person("101"), ALL, table({"+44": "0.01"}))
    assert of is not None
    assert of.worst == Decimal("7.20")
    assert "+33" in of.unpriced
    assert "+44" not in of.unpriced
    here = found(person("101"), outbound("here", prefixes=("02",)), table({"+44": "0.01"}))
    assert here is not None
    assert here.unpriced == ()


def test_a_shared_table_is_used_and_the_tenants_own_hides_it() -> None:
    dear = table({"+44": "1"}, owner="")
    own = found(person("101"), ALL, table(), shared=dear)
    both = found(person("101"), ALL, shared=dear)
    assert own is not None
    assert both is not None
    assert (own.worst, both.worst) == (Decimal("576.00"), Decimal("720"))


def test_without_rates_nothing_is_said() -> None:
    assert found(person("101"), ALL, table(), tolls=TollsConfig()) is None
    assert found(person("101"), ALL) is None


@pytest.mark.parametrize("seconds", [1, 30, 90, 3600])
def test_units(seconds: int) -> None:
    price = price_list(table(unit_s=seconds)).find("5371234567")
    assert price is not None
    assert (price.unit_s, price.an_hour) == (seconds, Decimal("0.80") * 3600 / seconds)


def test_the_longest_prefix_counts() -> None:
    prices = price_list(table())
    assert [price.prefix for number in ("447700900100", "442079460100", "4") if (price := prices.find(number))] == [
        "447",
        "44",
    ]


def test_a_ref_of_a_rate_table_is_what_a_snapshot_calls_it() -> None:
    assert table().ref == ConfigRef("acme", "RateTable", "carrier")
