"""How numbers are dialled in a country, from the phonenumbers package, as the plain values that the engine carries.

The package writes prefixes and emergency numbers as regular expressions of a few words; here they are spelt out.
"""

from __future__ import annotations

import re._constants as sre  # type: ignore[import-not-found]  # private, and in all of 3.11 to 3.14: the one reader of its own syntax
import re._parser as sre_parser  # type: ignore[import-not-found]
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any, Final

_MOST_WORDS: Final = 100
_MOST_FIRST: Final = 1000
_SHORTEST_BARE: Final = 7
"""A shorter number that is dialled without a prefix is more often a wrong number of the house than one of the country."""
_LONGEST: Final = 15
NORTH_AMERICA: Final = 1
"""There, all ten digits may be dialled without the 1 before them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbering:
    """As the fields of `DiallingConfig`."""

    country_code: str
    national_prefix: str
    international_prefixes: tuple[str, ...]
    bare_national_lengths: tuple[int, ...]
    emergency: tuple[str, ...]


@cache
def numbering(country: str) -> Numbering:
    """Of an ISO 3166 country. The schema's rules saw to it that the package knows it."""
    # Imported late, as `holidays` is.
    from phonenumbers import PhoneMetadata

    plan = PhoneMetadata.metadata_for_region(country)
    assert plan is not None and plan.general_desc is not None  # noqa: S101, PT018  # the schema's rules saw to it
    short = PhoneMetadata.short_metadata_for_region(country)
    code = plan.country_code
    lengths = [length for length in plan.general_desc.possible_length if _SHORTEST_BARE <= length <= _LONGEST]
    is_bare = not plan.national_prefix or code == NORTH_AMERICA
    help_numbers = (
        short.emergency.national_number_pattern if short is not None and short.emergency is not None else None
    )
    return Numbering(
        country_code=str(code),
        national_prefix=plan.national_prefix or "",
        international_prefixes=_prefixes(plan.international_prefix, plan.preferred_international_prefix),
        bare_national_lengths=tuple(sorted(lengths)) if is_bare else (),
        emergency=words_of(help_numbers) or ("112",),
    )


def _prefixes(pattern: str | None, preferred: str | None) -> tuple[str, ...]:
    """The preferred one first: it is the one that is sent. A "~" stands for a second dial tone.

    Where the code of a carrier may follow (00 or 0010 to 0019 in Bolivia), only the form without counts: the other one reads like a
    country.
    """
    first = (preferred or "").replace("~", "")
    words = words_of(pattern)
    plain = [word for word in words if not any(word.startswith(other) for other in words if other != word)]
    return tuple(dict.fromkeys(word for word in (first, *plain) if word)) or ("00",)


def words_of(pattern: str | None) -> tuple[str, ...]:
    """All texts that a regular expression of digits matches, in order; () if there are too many, or none."""
    if not pattern:
        return ()
    words = _spelt(sre_parser.parse(pattern))
    return tuple(sorted(set(words))) if len(words) <= _MOST_WORDS else ()


def first_digits(pattern: str) -> tuple[str, ...]:
    """With which digits the numbers of a pattern begin, as far as they are told one by one."""
    words = [""]
    for operation, argument in sre_parser.parse(pattern):
        choices = _choices(operation, argument)
        if operation is sre.MAX_REPEAT or len(words) * len(choices) > _MOST_FIRST:
            break
        words = [before + after for before, after in product(words, choices)]
    return tuple(sorted(set(words)))


def _spelt(parts: Iterable[tuple[object, object]]) -> list[str]:
    choices = [_choices(operation, argument) for operation, argument in parts]
    words = [""]
    for choice in choices:
        words = [before + after for before, after in product(words, choice)][: _MOST_WORDS + 1]
    return words


def _choices(operation: object, argument: Any) -> Sequence[str]:
    match operation, argument:
        case sre.LITERAL, int() as code:
            return [chr(code)]
        case sre.IN, list() as members:
            return [word for member in members for word in _choices(*member)]
        case sre.RANGE, (int() as first, int() as last):
            return [chr(code) for code in range(first, last + 1)]
        case sre.CATEGORY, sre.CATEGORY_DIGIT:
            return list("0123456789")
        case sre.BRANCH, (_, list() as branches):
            return [word for branch in branches for word in _spelt(branch)]
        case sre.SUBPATTERN, (_, _, _, inside):
            return _spelt(inside)
        case sre.MAX_REPEAT, (int() as least, int() as most, inside):
            once = _spelt(inside)
            return ["".join(each) for count in range(least, min(most, 3) + 1) for each in product(once, repeat=count)][
                : _MOST_WORDS + 1
            ]
        case _:
            raise ValueError(f"the numbering data has {operation}, which is no choice of words")
