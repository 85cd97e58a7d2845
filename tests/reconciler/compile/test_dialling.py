"""How countries dial, and numbers in every spelling that people and carriers write."""

import pytest
from phonenumbers import SUPPORTED_REGIONS

from dialing.number import E164, ShortCode
from reconciler.compile.dialling import dialling
from reconciler.compile.numbering import numbering, words_of
from schema.dialling import Dialling

LONDON = "+442079460100"
NEW_YORK = "+12125550123"
MADRID = "+34911234567"
ROME = "+390612345678"
# country, what is dialled, what it means (None: nothing)
SPELLINGS = [
    ("GB", "+44 20 7946 0100", LONDON),
    ("GB", "+442079460100", LONDON),
    ("GB", "0044 20 7946 0100", LONDON),
    ("GB", "020 7946 0100", LONDON),
    ("GB", "(020) 7946-0100", LONDON),
    ("GB", "020/7946.0100", LONDON),
    ("GB", "+44 (0)20 7946 0100", LONDON),
    ("GB", "+44 (0) 20 7946 0100", LONDON),
    ("GB", "tel:+44-20-7946-0100", LONDON),
    ("GB", "TEL:+442079460100;phone-context=x", LONDON),
    ("GB", "tel:020-7946-0100", LONDON),
    ("GB", "00 1 212 555 0123", NEW_YORK),
    ("GB", "2079460100", None),
    ("GB", "442079460100", None),
    ("US", "212-555-0123", NEW_YORK),
    ("US", "1 (212) 555-0123", NEW_YORK),
    ("US", "+1 212 555 0123", NEW_YORK),
    ("US", "011 44 20 7946 0100", LONDON),
    ("US", "555-0123", None),
    ("ES", "911 234 567", MADRID),
    ("ES", "+34 911 23 45 67", MADRID),
    ("ES", "0034911234567", MADRID),
    ("ES", "91123456", None),
    ("IT", "06 1234 5678", ROME),
    ("IT", "+39 06 12345678", ROME),
    ("DE", "030 123456", "+4930123456"),
    ("DE", "0049 30 123456", "+4930123456"),
    ("AU", "0011 44 20 7946 0100", LONDON),
    ("RU", "810 44 20 7946 0100", LONDON),
    ("RU", "8 495 123 45 67", "+74951234567"),
]


@pytest.mark.parametrize(("country", "dialled", "expected"), SPELLINGS)
def test_spellings(country: str, dialled: str, expected: str | None) -> None:
    canonical = dialling(Dialling(country=country)).context().number(dialled).canonical
    assert (canonical.text if isinstance(canonical, E164) else None) == expected


@pytest.mark.parametrize(
    ("country", "numbers"),
    [("GB", ("112", "999")), ("US", ("112", "911")), ("DE", ("110", "112")), ("FR", ("112", "15", "17", "18"))],
)
def test_emergency_numbers_are_those_of_the_country(country: str, numbers: tuple[str, ...]) -> None:
    config = dialling(Dialling(country=country))
    assert config.emergency == numbers
    for number in numbers:
        assert config.context().number(number).canonical == ShortCode(number, is_emergency=True)


def test_without_a_country_only_full_numbers_are_understood() -> None:
    config = dialling(Dialling())
    assert (config.country_code, config.national_prefix, config.emergency) == (None, "", ("112",))
    assert config.context().number("0044 20 7946 0100").canonical == E164(LONDON)


def test_fields_go_before_the_country() -> None:
    spec = Dialling.model_validate(
        {
            "country": "GB",
            "countryCode": "49",
            "nationalPrefix": "",
            "internationalPrefixes": ["9"],
            "emergencyNumbers": ["999"],
            "shortCodes": ["118"],
        }
    ).model_copy(update={"bare_national_lengths": (8,)})
    config = dialling(spec)
    assert config.context().number("12345678").canonical == E164("+4912345678")
    assert (config.international_prefixes, config.emergency, config.short_codes) == (("9",), ("999",), ("118",))
    assert dialling(Dialling.model_validate({"country": "GB", "emergencyNumbers": []})).emergency == ()


@pytest.mark.parametrize("country", sorted(SUPPORTED_REGIONS))
def test_every_country_that_is_known_can_be_compiled(country: str) -> None:
    plan = numbering(country)
    assert 1 <= len(plan.country_code) <= 3
    assert plan.emergency
    assert plan.international_prefixes
    for word in (plan.national_prefix, *plan.emergency, *plan.international_prefixes):
        assert word == "" or word.isdigit()
    assert len(plan.international_prefixes) <= 100


def test_expressions_are_spelt_out() -> None:
    assert words_of("1(?:1[02-4]|9)|00?") == ("0", "00", "110", "112", "113", "114", "19")
    assert words_of(r"\d{3}") == ()
    assert words_of(None) == ()
