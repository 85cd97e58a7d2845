"""Countries that a tenant does not call: whatever is dialled for them, whoever sends the call there, but never help."""

from dataclasses import replace

import pytest

from engine.cause import COUNTRY_NOT_ALLOWED
from engine.config.countries import CountriesConfig, CountryPrefixConfig
from engine.config.dialling import DiallingConfig
from engine.config.snapshot import Snapshot, TenantItem
from engine.routing.decide import decide
from engine.routing.decision import DialOut, Refuse, RouteDecision, Verdict
from engine.routing.facts import RecordedFacts
from tests.support.routed import dials, extension, forwarding, here, outbound, route, snapshot, tenant, trunk

FACTS = here("101")
CUBA = CountryPrefixConfig(prefix="53", name="CU", is_allowed=False)
BRITAIN = CountryPrefixConfig(prefix="44", name="GB", is_allowed=True)
GUERNSEY = CountryPrefixConfig(prefix="441481", name="GG", is_allowed=False)
ALL_BUT = CountriesConfig(prefixes=(GUERNSEY, CUBA))
ONLY = CountriesConfig(prefixes=(BRITAIN, GUERNSEY), allows_others=False)


def company(policy: CountriesConfig, *more: TenantItem) -> Snapshot:
    rules = (outbound("all"), outbound("help", prefixes=("112", "999")))
    return snapshot(tenant(extension("101"), trunk("carrier"), *rules, *more, countries=policy))


def goes(where: Snapshot, dialled: str) -> RouteDecision:
    decision = decide(where, FACTS, dials(where, "101", dialled))
    assert decide(where, RecordedFacts.of(decision.trace.facts), dials(where, "101", dialled)) == decision
    return decision


def is_refused(decision: RouteDecision) -> bool:
    return isinstance(decision, Refuse) and decision.cause is COUNTRY_NOT_ALLOWED


@pytest.mark.parametrize(
    ("policy", "dialled", "refused"),
    [
        (ALL_BUT, "+5371234567", True),
        (ALL_BUT, "005371234567", True),
        (ALL_BUT, "tel:+53-7-123-4567", True),
        (ALL_BUT, "+4930123456", False),
        (ALL_BUT, "01481234567", True),
        (ALL_BUT, "02079460200", False),
        (ONLY, "02079460200", False),
        (ONLY, "+4930123456", True),
        (ONLY, "01481234567", True),
        (ONLY, "460200", True),
        (ALL_BUT, "460200", False),
        (ONLY, "*97", False),
        (CountriesConfig(), "+5371234567", False),
    ],
)
def test_which_calls_are_refused(policy: CountriesConfig, dialled: str, refused: bool) -> None:
    decision = goes(company(policy), dialled)
    assert is_refused(decision) is refused
    assert refused or isinstance(decision, DialOut)


@pytest.mark.parametrize("policy", [ALL_BUT, ONLY])
@pytest.mark.parametrize("dialled", ["112", "999"])
def test_help_is_no_matter_of_countries(policy: CountriesConfig, dialled: str) -> None:
    decision = goes(company(policy), dialled)
    assert isinstance(decision, DialOut)
    assert decision.is_emergency


def test_the_trace_says_which_country_and_which_field() -> None:
    refused = goes(company(ALL_BUT), "+5371234567").trace.steps[-1]
    assert refused.verdict is Verdict.REFUSED
    assert refused.why == (
        "'+5371234567' is called, in CU, and tenant 'acme' does not allow calls there: spec.countries.deny"
    )
    other = goes(company(ONLY), "+4930123456").trace.steps[-1]
    assert other.why == (
        "'+4930123456' is called, in none of the countries that tenant 'acme' allows: spec.countries.allow"
    )


@pytest.mark.parametrize(
    ("rule", "dialled"),
    [
        (outbound("line", route("carrier", strip=1), prefixes=("9",)), "9005371234567"),
        (outbound("short", route("carrier", strip=2, prepend="0053"), prefixes=("77",)), "7771234567"),
        (outbound("code", route("carrier", strip=2, prepend="1010"), prefixes=("88",)), "88005371234567"),
    ],
)
def test_what_is_dialled_before_a_number_hides_no_country(rule: TenantItem, dialled: str) -> None:
    assert is_refused(goes(company(ALL_BUT, rule), dialled))
    assert is_refused(goes(company(ONLY, rule), dialled))


OVERDIALLED = "0053712345678901234"
"""More than 15 digits: no number, and carriers stop reading behind the last that they need."""


@pytest.mark.parametrize("policy", [ALL_BUT, ONLY])
@pytest.mark.parametrize(
    "dialled",
    [
        OVERDIALLED,
        "+53712345678901234",
        "005371234567#",
        "0053*71234567",
        "*31#005371234567",
        "#31#005371234567",
        "*67005371234567",
        "0000537123456",
        "+005371234567",
        "00531",
        "+4401481234567",
        "004401481234567",
        "*31#01481234567",
    ],
)
def test_no_spelling_that_a_carrier_forgives_hides_a_country(policy: CountriesConfig, dialled: str) -> None:
    assert is_refused(goes(company(policy), dialled))


@pytest.mark.parametrize("dialled", ["*31#02079460200", "*97", "*6702079460200", "#21#", "02079460200#"])
def test_codes_and_what_is_at_home_are_let_be(dialled: str) -> None:
    assert isinstance(goes(company(ALL_BUT), dialled), DialOut)


def test_digits_too_many_hide_no_country_from_a_carrier_that_takes_full_numbers_without_a_plus() -> None:
    plain = (extension("101"), trunk("carrier", number_format="plain"), outbound("all"))
    where = snapshot(tenant(*plain, countries=ALL_BUT))
    assert is_refused(goes(where, "53712345678901234"))
    assert isinstance(goes(where, "460200"), DialOut)
    assert is_refused(goes(where, "5371234567"))


def test_what_is_put_before_digits_too_many_hides_no_country() -> None:
    rule = outbound("code", route("carrier", strip=2, prepend="1010"), prefixes=("88",))
    assert is_refused(goes(company(ALL_BUT, rule), f"88{OVERDIALLED}"))


def test_a_carriers_own_code_before_an_allowed_number_is_let_be() -> None:
    rule = outbound("code", route("carrier", strip=2, prepend="1010"), prefixes=("88",))
    assert isinstance(goes(company(ONLY, rule), "8802079460200"), DialOut)


def test_only_the_routes_that_lead_there_are_left_out() -> None:
    routes = (route("carrier", strip=2, prepend="0053"), route("carrier", strip=2, prepend="0044"))
    decision = goes(company(ALL_BUT, outbound("two", *routes, prefixes=("77",))), "772079460200")
    assert isinstance(decision, DialOut)
    assert [target.number for target in decision.routes] == ["00442079460200"]


def test_who_forwards_there_is_refused_too() -> None:
    away = extension("102", forwarding=(forwarding("always", "external", "+5371234567"),), may_call_outside=True)
    assert is_refused(goes(company(ALL_BUT, away), "102"))


def test_a_tenant_whose_policy_stays_keeps_its_index() -> None:
    [before] = company(ALL_BUT).tenants.values()
    evolved = before.evolved(
        revision=before.revision, upserts=[replace(before.config, display_name="Acme")], deletes=(), origins={}
    )
    assert evolved.countries is before.countries
    gone = before.evolved(
        revision=before.revision, upserts=[replace(before.config, countries=CountriesConfig())], deletes=(), origins={}
    )
    assert gone.countries is None


def test_a_tenant_that_is_elsewhere_reads_numbers_from_there() -> None:
    germany = DiallingConfig(country_code="49", national_prefix="0", international_prefixes=("00",))
    where = snapshot(tenant(extension("101"), trunk("carrier"), outbound("all"), countries=ONLY, dialling=germany))
    assert is_refused(goes(where, "030123456"))
    assert isinstance(goes(where, "00442079460200"), DialOut)
