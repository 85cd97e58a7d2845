"""`Countries` to `CountriesConfig`: countries become the prefixes of their numbers.

Countries that share a country code are told apart by what follows it, as the phonenumbers package has it. The one that the code is named
after (US of +1, GB of +44) is what is left.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Final

from engine.config.countries import CountriesConfig, CountryPrefixConfig
from reconciler.compile.numbering import NORTH_AMERICA, first_digits
from schema.countries import Countries

if TYPE_CHECKING:
    from phonenumbers import PhoneNumberDesc

_AREA_CODE: Final = 3


def compile_countries(spec: Countries) -> CountriesConfig:
    if not spec.allow and not spec.deny:
        return CountriesConfig()
    allows_others = not spec.allow
    verdicts: dict[str, CountryPrefixConfig] = {}
    for entry in (*spec.allow, *spec.deny):
        if entry.startswith("+"):
            continue
        _, regions = _neighbours(entry)
        for region in regions:
            is_allowed = region not in spec.deny and (allows_others or region in spec.allow)
            for prefix in prefixes_of(region):
                # Of two that share numbers (Saint Martin, Saint Barthelemy), the one that is denied speaks.
                if prefix not in verdicts or not is_allowed:
                    verdicts[prefix] = CountryPrefixConfig(prefix=prefix, name=region, is_allowed=is_allowed)
    for entry in (*spec.allow, *spec.deny):
        if entry.startswith("+"):
            verdicts[entry[1:]] = CountryPrefixConfig(prefix=entry[1:], name=entry, is_allowed=entry in spec.allow)
    return CountriesConfig(
        prefixes=tuple(verdicts[prefix] for prefix in sorted(verdicts) if not _is_told(verdicts, prefix)),
        allows_others=allows_others,
    )


def _is_told(verdicts: Mapping[str, CountryPrefixConfig], prefix: str) -> bool:
    """Whether a shorter prefix says the same of the same country."""
    shorter = next((prefix[:end] for end in range(len(prefix) - 1, 0, -1) if prefix[:end] in verdicts), None)
    return shorter is not None and verdicts[shorter].name == verdicts[prefix].name


@cache
def _neighbours(country: str) -> tuple[int, tuple[str, ...]]:
    """Its country code, and all countries of it."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

    plan = PhoneMetadata.metadata_for_region(country)
    assert plan is not None and plan.country_code is not None  # noqa: S101, PT018  # the schema's rules saw to it
    return plan.country_code, tuple(COUNTRY_CODE_TO_REGION_CODE[plan.country_code])


@cache
def prefixes_of(country: str) -> tuple[str, ...]:
    """What its full numbers begin with, without "+"; of the country that a shared code is named after, the code alone."""
    from phonenumbers import PhoneMetadata

    code, regions = _neighbours(country)
    if country == regions[0]:
        return (str(code),)
    plan, main = PhoneMetadata.metadata_for_region(country), PhoneMetadata.metadata_for_region(regions[0])
    assert plan is not None and main is not None  # noqa: S101, PT018  # as above
    if plan.leading_digits:
        words = first_digits(plan.leading_digits)
    else:
        kinds = ((plan.fixed_line, main.fixed_line), (plan.mobile, main.mobile))
        own = {one.national_number_pattern for one, other in kinds if one and not (other and _is_same(one, other))}
        words = tuple(word for pattern in own if pattern for word in first_digits(pattern))
    return tuple(sorted({f"{code}{word[:_AREA_CODE] if code == NORTH_AMERICA else word}" for word in words}))


def _is_same(one: PhoneNumberDesc, other: PhoneNumberDesc) -> bool:
    """Whether numbers of two countries can't be told apart: mobile ones of Western Sahara and Morocco."""
    return bool(one.national_number_pattern == other.national_number_pattern)
