"""A number in both of its forms: what was dialled, and what it means.

E.164 numbers as ITU-T E.164 §6 (7 to 15 digits), visual separators as RFC 3966 §5.1.1 plus spaces and slashes, the
"(0)" of printed numbers included; `urn:service:sos` (RFC 5031). Left out: `phone-context` and all other parameters of
tel URIs, letters on dials.

The surprising thing: an emergency number is recognised before anything else, so no extension can hide it; and an
extension's number is compared as it was dialled, because it may hold the very characters that separate digits elsewhere.
Behind what is dialled for an outside line (9 112) it is one, too, where no extension has that very number.
"""

import re
from collections.abc import Container
from dataclasses import dataclass
from typing import Final, TypeAlias

SEPARATORS: Final = str.maketrans("", "", " \t\u00a0\u2009\u202f-\u2010\u2011\u2013.()/")
# The shortest numbers in use have 7 digits, country code included (E.164 gives no minimum).
E164_DIGITS: Final = re.compile("[1-9][0-9]{6,14}", re.ASCII)
DIGITS: Final = re.compile("[0-9]+", re.ASCII)
SERVICE_CODE: Final = re.compile("[*#][0-9*#]*", re.ASCII)
SOS: Final = re.compile(r"urn:service:sos(\.[a-z0-9.-]+)?", re.ASCII | re.IGNORECASE)
"""Help as a service, police or fire or any (RFC 5031 §4.2, §5.1)."""
# What a carrier takes before a number as a wish of its own: *31# and #31# (caller id), *67, **61*.
WISH: Final = re.compile("(?:[*#]{1,2}[0-9]{1,3}[*#])+|[*#][0-9]{2}(?=[0+])", re.ASCII)
URI: Final = re.compile(r"sips?:[^\s]+|[^\s@]+@[^\s@]+", re.ASCII | re.IGNORECASE)
LONGEST_DIALLED_CHARACTERS: Final = 256


@dataclass(frozen=True, slots=True)
class E164:
    """A number of the world's telephone network: `text` is "+" and 7 to 15 digits."""

    text: str


@dataclass(frozen=True, slots=True)
class ExtensionNumber:
    """A number of the tenant's own, as its extension writes it; letters and leading zeros count."""

    text: str


@dataclass(frozen=True, slots=True)
class ShortCode:
    """A code of the country or of the PBX: 112, *97. It has no longer form."""

    text: str
    is_emergency: bool = False


@dataclass(frozen=True, slots=True)
class Uri:
    """An address, not a number: `sip:` or `sips:` and more, or user@host."""

    text: str


@dataclass(frozen=True, slots=True)
class Unclassified:
    """Text that is none of these here; nothing can be reached under it."""

    text: str


Canonical: TypeAlias = E164 | ExtensionNumber | ShortCode | Uri | Unclassified


@dataclass(frozen=True, slots=True)
class Number:
    """What was dialled, untouched, and what it means. Rules match `canonical` unless they ask for `dialled`."""

    dialled: str
    canonical: Canonical


@dataclass(frozen=True, slots=True, kw_only=True)
class DialContext:
    """How one tenant (or trunk) understands what is dialled.

    `country_code`: digits, None if unknown. `national_prefix`: what stands before a number of the same country, "" for
    none. `bare_national_lengths`: lengths of national numbers where these may be dialled without that prefix (10 in North
    America, 9 in Spain); none by default, because a wrong short number is not to become a foreign call. `outside_prefixes`:
    what is dialled for an outside line, and not sent; `sos`: the emergency number that `urn:service:sos` stands for.
    """

    country_code: str | None = None
    national_prefix: str = ""
    international_prefixes: tuple[str, ...] = ("00",)
    emergency: frozenset[str] = frozenset({"112"})
    short_codes: frozenset[str] = frozenset()
    bare_national_lengths: frozenset[int] = frozenset()
    outside_prefixes: frozenset[str] = frozenset()
    sos: str | None = None

    def number(self, dialled: str, extensions: Container[str] = ()) -> Number:
        """Return the number that `dialled` is, given the tenant's extension numbers; never raises, whatever the text."""
        return Number(dialled, self._canonical(dialled, extensions))

    def taken_for(self, dialled: str) -> tuple[str, ...]:
        """Return the full numbers, or beginnings of such, without "+", that a lenient carrier may take what is dialled for.

        Carriers stop reading at 15 digits and at "#", take codes for the caller id before a number, and forgive a national prefix behind
        the country code. Whoever judges by the first digits must not be deceived by what makes a number none here. Empty for what has
        neither "+" nor an international or national prefix.
        """
        digits = self.digits(dialled)
        wish = WISH.match(digits)
        if wish is not None:
            digits = digits[wish.end() :]
        full = self._beginning(re.split("[*#]", digits, maxsplit=1)[0])
        if not full:
            return ()
        own = f"{self.country_code}{self.national_prefix}"
        if self.country_code and self.national_prefix and full.startswith(own):
            return full, f"{self.country_code}{full[len(own) :]}"
        return (full,)

    def _beginning(self, digits: str) -> str:
        """Return the digits of a full number, however many there are; "" if none begins so. No country's code begins with 0."""
        if digits.startswith("+"):
            return digits.lstrip("+").lstrip("0")
        for prefix in sorted(self.international_prefixes, key=len, reverse=True):
            if prefix and digits.startswith(prefix):
                return digits[len(prefix) :].lstrip("0")
        if self.country_code and self.national_prefix and digits.startswith(self.national_prefix):
            return f"{self.country_code}{digits[len(self.national_prefix) :]}"
        return ""

    def digits(self, dialled: str) -> str:
        """Return what is dialled without `tel:` and separators: what prefixes are held against, and what goes out of it."""
        if dialled.isascii() and (dialled.isdigit() or (dialled[:1] == "+" and dialled[1:].isdigit())):
            return dialled
        return self._without_separators(_without_tel_scheme(dialled))

    def _canonical(self, dialled: str, extensions: Container[str]) -> Canonical:
        if not dialled or len(dialled) > LONGEST_DIALLED_CHARACTERS:
            return Unclassified(dialled)
        text = _without_tel_scheme(dialled)
        digits = self._without_separators(text)
        if digits in self.emergency:
            return ShortCode(digits, is_emergency=True)
        for own in (dialled, text, digits):
            if own in extensions:
                return ExtensionNumber(own)
        help_outside = self._help_outside(digits) if self.outside_prefixes else None
        if help_outside is not None:
            return ShortCode(help_outside, is_emergency=True)
        if digits in self.short_codes or SERVICE_CODE.fullmatch(digits):
            return ShortCode(digits)
        if self.sos is not None and SOS.fullmatch(dialled):
            return ShortCode(self.sos, is_emergency=True)
        if URI.fullmatch(dialled):
            return Uri(dialled)
        return self._e164(digits) or Unclassified(dialled)

    def _help_outside(self, digits: str) -> str | None:
        """Return the emergency number that stands behind what is dialled for an outside line, and nothing else with it."""
        for number in sorted(self.emergency, key=len, reverse=True):
            if digits.endswith(number) and digits[: -len(number)] in self.outside_prefixes:
                return number
        return None

    def _without_separators(self, text: str) -> str:
        """Return the text without visual separators, and without a "(0)" that is not dialled after a country code."""
        if text.startswith("+") and self.national_prefix:
            text = text.replace(f"({self.national_prefix})", "", 1)
        return text.translate(SEPARATORS)

    def _e164(self, digits: str) -> E164 | None:
        if digits.startswith("+"):
            return _e164_of(digits[1:])
        if DIGITS.fullmatch(digits) is None:
            return None
        for prefix in sorted(self.international_prefixes, key=len, reverse=True):
            if prefix and digits.startswith(prefix):
                return _e164_of(digits[len(prefix) :])
        if self.country_code is None:
            return None
        if self.national_prefix and digits.startswith(self.national_prefix):
            return self._national(digits[len(self.national_prefix) :])
        return self._national(digits) if len(digits) in self.bare_national_lengths else None

    def _national(self, digits: str) -> E164 | None:
        """Return the number of our own country; where its lengths are known, one of another length is none."""
        if self.bare_national_lengths and len(digits) not in self.bare_national_lengths:
            return None
        return _e164_of(f"{self.country_code}{digits}")


def _e164_of(digits: str) -> E164 | None:
    return E164(f"+{digits}") if E164_DIGITS.fullmatch(digits) else None


def _without_tel_scheme(dialled: str) -> str:
    return dialled[4:].partition(";")[0] if dialled[:4].lower() == "tel:" else dialled
