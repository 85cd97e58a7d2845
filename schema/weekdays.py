"""Weekdays: `mon`, or several, `mon-fri`; `sat-mon` goes over the week's end."""

from typing import Annotated, Final

from dialing.schedule import WEEKDAYS
from schema.field_type import FieldType, refusal
from schema.problem import shown

NAMES: Final = "|".join(WEEKDAYS)


class _Weekdays(FieldType[str]):
    def read(self, value: object) -> str:
        """Return the days as written; `days_of` says which they are."""
        words = value.split("-") if isinstance(value, str) else []
        if 1 <= len(words) <= 2 and all(word in WEEKDAYS for word in words):
            return str(value)
        meant = [_meant(word) for word in words[:2]]
        hint = 'write it like "mon" or "mon-fri"'
        if meant and len(words) <= 2 and None not in meant:
            hint = f'write "{"-".join(word for word in meant if word)}"'
        raise refusal("weekday", f"is {shown(value)}, not a weekday or two", hint)

    def write(self, value: str) -> str:
        """Return the days as written."""
        return value

    def json_schema(self) -> dict[str, object]:
        """Return the form."""
        return {"type": "string", "pattern": f"^(?:{NAMES})(?:-(?:{NAMES}))?$"}


def days_of(text: str) -> tuple[int, ...]:
    """Return the weekdays that valid text names, Monday as 0, in their order from the first."""
    first, _, last = text.partition("-")
    start = WEEKDAYS.index(first)
    count = (WEEKDAYS.index(last or first) - start) % len(WEEKDAYS) + 1
    return tuple((start + ahead) % len(WEEKDAYS) for ahead in range(count))


def _meant(word: str) -> str | None:
    """Return the day that a word begins with, if it is a word at all."""
    short = word.strip().lower()[:3]
    return short if short in WEEKDAYS and word.strip().isalpha() else None


Weekdays = Annotated[str, _Weekdays()]
