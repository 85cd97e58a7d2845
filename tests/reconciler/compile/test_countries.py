"""Countries become the prefixes of their numbers, those that share a country code apart."""

import phonenumbers
import pytest

from engine.config.countries import CountriesConfig, CountryIndex
from reconciler.compile.countries import compile_countries, prefixes_of
from schema.countries import Countries


def policy(allow: tuple[str, ...] = (), deny: tuple[str, ...] = ()) -> CountriesConfig:
    return compile_countries(Countries.model_validate({"allow": list(allow), "deny": list(deny)}))


def allows(config: CountriesConfig, number: str) -> bool:
    index = CountryIndex.of(config)
    if index is None:
        return True
    found = index.find(number)
    return index.allows_others if found is None else found.is_allowed


CASES = [
    ("a country alone on its code", (), ("CU",), {"5371234567": False, "442079460100": True}),
    ("the main one of a shared code", ("US",), (), {"12125550100": True, "14165550100": False, "12425550100": False}),
    ("another one of it", (), ("CA",), {"12125550100": True, "14165550100": False, "12425550100": True}),
    ("both", ("US", "CA"), (), {"12125550100": True, "14165550100": True, "18765550100": False}),
    ("islands", ("GB",), (), {"442079460100": True, "441481234567": False, "447624123456": False}),
    ("islands denied", (), ("GG",), {"441481256789": False, "442079460100": True, "447781123456": False}),
    ("within a country code", (), ("KZ",), {"77172123456": False, "74951234567": True}),
    ("digits of no country", (), ("+881", "+882"), {"8816123456": False, "883123456": True}),
    ("none of those allowed", ("GB",), (), {"8816123456": False, "4930123456": False}),
    ("digits within a country", ("GB",), ("+44900",), {"449001234567": False, "442079460100": True}),
    ("digits out of it", ("+44800",), ("GB",), {"448001234567": True, "442079460100": False}),
]


@pytest.mark.parametrize(("allow", "deny", "calls"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_which_numbers_may_be_called(allow: tuple[str, ...], deny: tuple[str, ...], calls: dict[str, bool]) -> None:
    config = policy(allow, deny)
    assert {number: allows(config, number) for number in calls} == calls


def test_no_country_is_no_policy() -> None:
    assert policy() == CountriesConfig()
    assert CountryIndex.of(CountriesConfig()) is None


# Whose numbers are those of another country too, and are taken for the one that the code is named after.
SHARED = {"BL", "MF", "EH"}


def test_every_country_of_the_data_has_prefixes_that_tell_its_numbers_from_its_neighbours() -> None:
    by_prefix: dict[str, str] = {}
    for country in sorted(phonenumbers.SUPPORTED_REGIONS):
        for prefix in prefixes_of(country):
            by_prefix.setdefault(prefix, country)
    wrong = []
    for country in phonenumbers.SUPPORTED_REGIONS - SHARED:
        example = phonenumbers.example_number_for_type(country, phonenumbers.PhoneNumberType.FIXED_LINE)
        if example is None:
            continue
        digits = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)[1:]
        found = next(by_prefix[digits[:end]] for end in range(len(digits), 0, -1) if digits[:end] in by_prefix)
        if found != country:
            wrong.append((country, digits, found))
    assert wrong == []


def test_prefixes_that_say_what_a_shorter_one_says_are_left_out() -> None:
    assert [prefix.prefix for prefix in policy(deny=("CU",)).prefixes] == ["53"]
    assert all(len(prefix.prefix) <= 4 for prefix in policy(deny=("US",)).prefixes if prefix.name == "CA")
