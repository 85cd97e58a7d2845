"""What a caller presses in a receptionist's menu: `1`, `12`, `2x`, `1#`, `*`, `F`.

`x` stands for any one digit. An entry fires as soon as it has been pressed; one that is written with `#` behind it waits for
three seconds whether more follows, or for `#`. `F` is no key but the tone of a fax machine (CNG, ITU-T T.30 §4.3.3.1).
The surprising thing: `*` is the key, never a wildcard as in masks of numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Final

from schema.text import Text

ANY_DIGIT: Final = "x"
FAX_TONE: Final = "F"
DIGITS: Final = "0123456789"
MENU_KEY_PATTERN: Final = "F|#|[0-9*x]{1,8}#?"


@dataclass(frozen=True, slots=True)
class Pressed:
    """An entry, read: `keys` without the `#` that says `waits`."""

    keys: str
    waits: bool = False

    @classmethod
    def parse(cls, entry: str) -> Pressed:
        """Return the entry; it has the form of MENU_KEY_PATTERN."""
        waits = len(entry) > 1 and entry.endswith("#")
        return cls(entry.removesuffix("#") if waits else entry, waits)

    def covers(self, keys: str) -> bool:
        """Return whether the entry fires for whatever is pressed by `keys`, `x` in them standing for each digit."""
        return len(self.keys) == len(keys) and all(
            _covers(ours, key) for ours, key in zip(self.keys, keys, strict=True)
        )

    def fires_before(self, keys: str) -> bool:
        """Return whether it has fired before `keys` are pressed to their end."""
        return not self.waits and len(self.keys) < len(keys) and self.covers(keys[: len(self.keys)])


def _covers(ours: str, key: str) -> bool:
    return ours == key or (ours == ANY_DIGIT and key in DIGITS)


def hiding(entry: Pressed, others: Iterable[Pressed]) -> list[Pressed] | None:
    """Return the entries because of which this one never fires; None if it does.

    Of two that are pressed alike the more particular counts: a digit before `x`, and what fires at once before what waits.
    """
    before = [other for other in others if other != entry and _goes_before(other, entry)]
    return _hiding(entry.keys, before)


def _goes_before(other: Pressed, entry: Pressed) -> bool:
    if other.keys == entry.keys:
        return not other.waits
    if len(other.keys) < len(entry.keys):
        return not other.waits
    return len(other.keys) == len(entry.keys) and other.keys.count(ANY_DIGIT) < entry.keys.count(ANY_DIGIT)


def _hiding(keys: str, before: list[Pressed]) -> list[Pressed] | None:
    before = [other for other in before if _may_meet(other.keys, keys)]
    for other in before:
        if other.covers(keys) or other.fires_before(keys):
            return [other]
    at = _split_at(keys, before)
    if at is None:
        return None
    found: list[Pressed] = []
    for digit in DIGITS:
        hidden_by = _hiding(f"{keys[:at]}{digit}{keys[at + 1 :]}", before)
        if hidden_by is None:
            return None
        found += [one for one in hidden_by if one not in found]
    return found


def _may_meet(ours: str, keys: str) -> bool:
    """Return whether something that is pressed begins with what both stand for."""
    return all(_covers(one, key) or _covers(key, one) for one, key in zip(ours, keys, strict=False))


def _split_at(keys: str, before: list[Pressed]) -> int | None:
    """Return the first `x` for which some entry that may go before names a digit; None if no further look can show more."""
    for at, key in enumerate(keys):
        if key == ANY_DIGIT and sum(1 for one in before if at < len(one.keys) and one.keys[at] in DIGITS) >= len(
            DIGITS
        ):
            return at
    return None


def is_pressed_within(entry: Pressed, number: str) -> bool:
    """Return whether the entry fires at the latest when `number` has been pressed, so that the number can't be."""
    return not entry.waits and len(entry.keys) <= len(number) and entry.covers(number[: len(entry.keys)])


MenuKey = Annotated[
    str,
    Text(
        pattern=MENU_KEY_PATTERN,
        form="what is pressed in a menu: up to 8 of 0-9, * and x (any digit), perhaps with # behind it; #; or F (a fax)",
        example="1",
        rule="menu-key",
    ),
]
