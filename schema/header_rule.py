"""Typed changes of header fields (feature C2): which part of which field gets which value; never text that is pasted."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schema.field_type import refusal
from schema.resource import Part
from schema.text import Text

HeaderText = Annotated[
    str,
    Text(
        pattern="[A-Za-z0-9 +*#._-]{1,64}",
        form="text of up to 64 letters, digits, spaces and + * # . _ -",
        example="reception",
        rule="header-text",
    ),
]


class HeaderRule(Part):
    """One change of a header field."""

    header: Annotated[
        Literal["From", "To", "Request-URI", "P-Asserted-Identity", "Remote-Party-ID", "Contact", "Diversion"],
        Field(description="The header field, or the Request-URI. One that is not there is added, but for From and To."),
    ]
    set: Annotated[
        Literal["user", "display", "host"] | None,
        Field(description="Which part of it is set; default: none, with remove: true."),
    ] = None
    to: Annotated[
        Literal[
            "callerId",
            "callerExtension",
            "callerDisplay",
            "callee",
            "dialled",
            "trunkUser",
            "trunkHost",
            "tenantDomain",
        ]
        | None,
        Field(
            description="What it is set to: the caller id that is shown, the caller's extension, the caller's name, the number "
            "called as it is sent, as it was dialled, the trunk's user or host, the tenant's domain."
        ),
    ] = None
    text: Annotated[HeaderText | None, Field(description="What it is set to instead: this text.")] = None
    remove: Annotated[bool, Field(description="true takes the header field away.")] = False

    @model_validator(mode="after")
    def _check_one(self) -> Self:
        if self.remove:
            if self.set is not None or self.to is not None or self.text is not None:
                raise refusal(
                    "header-rule", "both removes a header field and sets it", "write either remove: true, or set and to"
                )
            if self.header in ("From", "To", "Request-URI", "Contact"):
                raise refusal(
                    "header-rule", f"removes {self.header}, which every INVITE must have", "remove another one"
                )
        elif self.set is None or (self.to is None) == (self.text is None):
            what = "does not say what is set to what"
            raise refusal("header-rule", what, "write set: user, display or host, and either to: or text:")
        return self
