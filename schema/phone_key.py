"""A key of a phone's own: whom it shows, what it dials, which status it sets (feature B8)."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schema.field_type import refusal
from schema.reference import NamesExtension
from schema.resource import Part
from schema.text import DisplayName, ExtensionNumber, Text

DialledDigits = Annotated[
    str,
    Text(
        pattern="[+*#]?[0-9A-Za-z*#]{1,32}",
        form="a number, as one would dial it",
        example="+442079460100",
        rule="short-number",
    ),
]
_WANTS = {"blf": "extension", "speedDial": "extension", "customSpeedDial": "dial", "changeStatus": "status"}


class PhoneKey(Part):
    """One key. Phones have them in the order in which they are written."""

    type: Annotated[
        Literal["blf", "speedDial", "customSpeedDial", "changeStatus"],
        Field(
            description="blf: shows whether an extension is busy, and calls it; speedDial: calls an extension; customSpeedDial: dials "
            "anything; changeStatus: sets one's own status."
        ),
    ]
    extension: Annotated[
        ExtensionNumber | None,
        NamesExtension(),
        Field(description="Whom it shows or calls, where type is blf or speedDial."),
    ] = None
    dial: Annotated[DialledDigits | None, Field(description="What is dialled, where type is customSpeedDial.")] = None
    status: Annotated[
        Literal["available", "away", "doNotDisturb"] | None,
        Field(description="Which status is set, where type is changeStatus."),
    ] = None
    label: Annotated[DisplayName | None, Field(description="What the phone shows beside it.")] = None

    @model_validator(mode="after")
    def _check_target(self) -> Self:
        wanted = _WANTS[self.type]
        named = [name for name in ("extension", "dial", "status") if getattr(self, name) is not None]
        if named != [wanted]:
            what = f"is a key of type {self.type} with {' and '.join(named) or 'nothing to do'}"
            raise refusal("phone-key", what, f"write {wanted}, and no other of extension, dial and status")
        return self
