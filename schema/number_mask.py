"""Fields that hold masks of numbers (`2345`, `*345`, `2*`, `1-2346`), numbers as they are dialled, and full numbers."""

from dataclasses import dataclass
from typing import Annotated, Final

from dialing.pattern import NumberPattern, PatternError
from schema.field_type import FieldType, refusal
from schema.problem import shown
from schema.text import Text

ANONYMOUS: Final = "anonymous"
NO_NUMBER: Final = frozenset({ANONYMOUS, "private", "restricted", "unavailable", "unknown", "withheld"})
"""What carriers call it when no number is shown (`engine.trunk.incoming`). Masks have one word for it."""


@dataclass(frozen=True, slots=True)
class _NumberMask(FieldType[str]):
    """A mask, kept as it is written."""

    def read(self, value: object) -> str:
        """Return the mask; what is refused says why in the words of `dialing.pattern`."""
        if not isinstance(value, str):
            raise refusal("type", f"is {shown(value)}, not a mask of numbers", 'put it in quotes: "2*"')
        if value.lower() in NO_NUMBER and value != ANONYMOUS:
            raise refusal(
                "number-mask",
                f"is {shown(value)}, which no number is",
                f'write "{ANONYMOUS}": who calls and shows none',
            )
        try:
            return str(NumberPattern.parse(str(value)))
        except PatternError as error:
            what, _, hint = str(error).partition("; ")
            raise refusal("number-mask", f"can't be read: {what}", hint or 'write it like "2*" or "1-2346"') from None

    def write(self, value: str) -> str:
        """Return the mask."""
        return value

    def json_schema(self) -> dict[str, object]:
        """Return the characters that a mask may have; whether a range ends above its beginning is checked when it is read."""
        return {
            "type": ["string", "number"],
            "pattern": r"^(?:\*|\*?[A-Za-z0-9+#._-]{1,64}\*?)$",
            "examples": ["+4420794601*"],
        }


NumberMask = Annotated[str, _NumberMask()]


@dataclass(frozen=True, slots=True)
class _NumberMasks(FieldType[tuple[str, ...]]):
    """One mask, or a list of them."""

    most: int = 10_000

    def read(self, value: object) -> tuple[str, ...]:
        """Return the masks as they are written, none twice."""
        if isinstance(value, tuple):
            return value
        given = value if isinstance(value, list) else [value]
        if not 1 <= len(given) <= self.most:
            raise refusal("range", f"has {len(given)} masks", f"write 1 to {self.most}")
        return tuple(dict.fromkeys(_NumberMask().read(one) for one in given))

    def write(self, value: tuple[str, ...]) -> str:
        """Return them in one line of text."""
        return ", ".join(value)

    def json_schema(self) -> dict[str, object]:
        """Return either of both forms."""
        one = _NumberMask().json_schema()
        return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1, "maxItems": self.most}]}


NumberMasks = Annotated[tuple[str, ...], _NumberMasks()]
FullNumber = Annotated[
    str,
    Text(
        pattern=r"\+[1-9][0-9]{6,14}",
        form="a full number: + and 7 to 15 digits (E.164)",
        example="+442079460100",
        rule="full-number",
    ),
]
DigitsOrNone = Annotated[
    str,
    Text(pattern=r"\+?[0-9*#]{0,32}", form="digits, perhaps with + in front", example="0086", rule="digits"),
]
Prefix = Annotated[
    str,
    Text(pattern=r"\+?[0-9*#]{1,32}|\+", form="the first digits of a number", example="00", rule="prefix"),
]
