"""Where a call may be sent: `{extension: "101"}`, `{ringGroup: sales}`, `{queue: help}`, `{external: "+44..."}`, `{hangUp: busy}`..."""

import re
from dataclasses import dataclass
from typing import Annotated, Final

from schema.field_type import FieldType, refusal
from schema.nearest import one_of
from schema.not_yet import NotYet
from schema.problem import shown
from schema.text import EXTENSION_NUMBER_PATTERN, RESOURCE_NAME_PATTERN

ENDINGS: Final = ("declined", "busy", "unavailable", "notFound")
FORMS: Final[dict[str, str]] = {
    "extension": EXTENSION_NUMBER_PATTERN,
    "ringGroup": RESOURCE_NAME_PATTERN,
    "receptionist": RESOURCE_NAME_PATTERN,
    "queue": RESOURCE_NAME_PATTERN,
    "conference": RESOURCE_NAME_PATTERN,
    "voicemail": EXTENSION_NUMBER_PATTERN,
    "external": r"[+*#]?[0-9*#]{1,32}",
    "hangUp": "|".join(ENDINGS),
}
SAYS: Final[dict[str, str]] = {
    "extension": "the number of an Extension",
    "ringGroup": "the name of a RingGroup",
    "receptionist": "the name of a Receptionist",
    "queue": "the name of a Queue",
    "conference": "the name of a Conference",
    "voicemail": "the number of the Extension whose voicemail it is",
    "external": "a number outside, as one would dial it: digits, * and #, perhaps + in front",
    "hangUp": f"one of {', '.join(ENDINGS)}",
}
CARRIED_OUT: Final = frozenset({"extension", "ringGroup", "external", "hangUp"})
"""Of the FORMS, those that the engine knows. A call that reaches one of the others is refused, and says so."""
_HINT: Final = (
    'write one of {extension: "101"}, {ringGroup: sales}, {queue: help}, {external: "+442079460100"}, {hangUp: busy}'
)


@dataclass(frozen=True, slots=True)
class To:
    """`kind`: a key of FORMS; `value`: what stands behind it."""

    kind: str
    value: str

    def __str__(self) -> str:
        """Return it as one would say it."""
        return f"{self.kind} {self.value}"


class _Destination(FieldType[To]):
    def read(self, value: object) -> To:
        """Return where to; exactly one key."""
        if isinstance(value, To):
            return value
        if isinstance(value, dict) and len(value) > 1:
            kinds = " and ".join(map(shown, value))
            raise refusal("destination", f"goes to {len(value)} places at once, {kinds}", "keep one of them")
        if not isinstance(value, dict) or not value:
            raise refusal("destination", f"is {shown(value)}, not one destination", _HINT)
        [(kind, to)] = value.items()
        if kind not in FORMS:
            raise refusal(
                "destination", f"holds {shown(kind)}, which is no kind of destination", one_of(str(kind), list(FORMS))
            )
        if not isinstance(to, str) or re.fullmatch(FORMS[kind], to) is None:
            raise refusal("destination", f"holds {kind}: {shown(to)}, which is not {SAYS[kind]}", _HINT)
        return To(str(kind), str(to))

    def write(self, value: To) -> str:
        """Return it in one line of text."""
        return f"{{{value.kind}: {value.value}}}"

    def json_schema(self) -> dict[str, object]:
        """Return exactly one of the mappings."""
        return {
            "oneOf": [
                {
                    "type": "object",
                    "properties": {
                        kind: {"type": ["string", "number"], "pattern": f"^(?:{form})$", "description": SAYS[kind]}
                    },
                    "required": [kind],
                    "additionalProperties": False,
                }
                for kind, form in FORMS.items()
            ]
        }


def _is_not_yet(to: To) -> bool:
    return to.kind not in CARRIED_OUT


Destination = Annotated[To, _Destination(), NotYet(where=_is_not_yet)]
