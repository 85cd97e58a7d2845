"""Fields that hold text of a known form: names, numbers, labels.

They take an unquoted number as it was written (`number: 0101` is "0101"), but neither true, false nor null: those are
too often a mistake.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Final

from schema.field_type import FieldType, refusal
from schema.problem import shown
from schema.reference import Names


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(FieldType[str]):
    """Text that matches `pattern` as a whole; `form` says in words what that is."""

    pattern: str
    form: str
    example: str
    rule: str = "value"

    def read(self, value: object) -> str:
        """Return the text as written."""
        if not isinstance(value, str):
            if value is None:
                raise refusal(
                    "type", f"is {shown(value)}, not text", f'write one, such as "{self.example}", or remove the field'
                )
            if isinstance(value, (bool, int, float)):
                raise refusal("type", f"is {shown(value)}, not text", 'put it in quotes: "..."')
            raise refusal("type", f"is {shown(value)}, not text", f'write one value, such as "{self.example}"')
        if re.fullmatch(self.pattern, value) is None:
            what = f"is {shown(value)}, which is not {self.form}"
            raise refusal(self.rule, what, f'write it like "{self.example}"')
        return str(value)

    def write(self, value: str) -> str:
        """Return the text."""
        return value

    def json_schema(self) -> dict[str, object]:
        """Numbers are admitted because an unquoted one is taken as the text it is."""
        return {"type": ["string", "number"], "pattern": f"^(?:{self.pattern})$"}


RESOURCE_NAME_PATTERN: Final = "[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?"

ResourceName = Annotated[
    str,
    Text(
        pattern=RESOURCE_NAME_PATTERN,
        form="a name of up to 63 small letters, digits, '-', '_' and '.', with a letter or digit at both ends",
        example="front-desk",
        rule="resource-name",
    ),
]
SystemName = Annotated[
    str, Text(pattern="system", form='"system", the only name of this kind', example="system", rule="resource-name")
]
EXTENSION_NUMBER_PATTERN: Final = "[A-Za-z0-9*#+._-]{1,32}"
ExtensionNumber = Annotated[
    str,
    Text(
        pattern=EXTENSION_NUMBER_PATTERN,
        form="an extension's number: up to 32 letters, digits and * # + . _ -",
        example="101",
        rule="extension-number",
    ),
]
GroupName = Annotated[
    str,
    Text(
        pattern="[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?",
        form="a group's name: up to 63 letters, digits and . _ -",
        example="sales",
        rule="group-name",
    ),
    Names("ExtensionGroup"),
]
AuthUser = Annotated[
    str,
    Text(
        pattern="[A-Za-z0-9*#+._@-]{1,64}",
        form="a user name: up to 64 letters, digits and * # + . _ @ -",
        example="101",
        rule="auth-user",
    ),
]
# No ":", which ends the user of basic authentication (RFC 7617 §2).
HttpUser = Annotated[
    str,
    Text(
        pattern="[!-9;-~]{1,128}",
        form="a user name of up to 128 ASCII characters without spaces and colons",
        example="trunkline",
        rule="http-user",
    ),
]
# Line and paragraph separators and all control characters stay out: this text travels in SIP header fields.
DisplayName = Annotated[
    str,
    Text(
        pattern="[^\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029]{1,64}",
        form="a name of 1 to 64 characters on one line",
        example="Front desk",
        rule="display-name",
    ),
]
# What RFC 5321 §4.1.2 calls a Dot-string, at a host name with a dot; quoted local parts and addresses in brackets stay out.
MailAddress = Annotated[
    str,
    Text(
        pattern="(?=.{3,254}$)(?=[^@]{1,64}@)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
        "@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\\.)+[A-Za-z]{2,63}",
        form="a mail address",
        example="ada@acme.example",
        rule="mail-address",
    ),
]
UserAgent = Annotated[
    str,
    Text(
        pattern="[A-Za-z0-9 ./()_-]{1,64}",
        form="a product name of up to 64 letters, digits, spaces and . / ( ) _ -",
        example="Trunkline",
        rule="user-agent",
    ),
]
LabelKey = Annotated[
    str,
    Text(
        pattern="[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,251}[A-Za-z0-9])?",
        form="a label's key: letters, digits and . _ - /",
        example="team",
        rule="label",
    ),
]
LabelValue = Annotated[
    str,
    Text(
        pattern="[A-Za-z0-9._-]{0,63}",
        form="a label's value: up to 63 letters, digits and . _ -",
        example="sales",
        rule="label",
    ),
]
AnnotationValue = Annotated[
    str, Text(pattern="[^\\x00]{0,4096}", form="text of up to 4096 characters", example="a remark", rule="annotation")
]
Remark = Annotated[
    str,
    Text(
        pattern="[^\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029]{1,200}",
        form="a remark of 1 to 200 characters on one line",
        example="Office in London",
        rule="remark",
    ),
]
