"""Which rules are asked, and which of them not, and why not: `System.spec.rules` and `Tenant.spec.rules`.

What may be switched off, and whether a rule of that name exists, is decided where all rules are known (`reconciler/exemptions.py`).
"""

from typing import Annotated, Final, Literal

from pydantic import Field, ValidationError

from schema.document import Document
from schema.resource import Part
from schema.text import Text

RuleId = Annotated[
    str,
    Text(
        pattern="[a-z0-9]+(?:-[a-z0-9]+)*",
        form="a rule's id: small letters and -",
        example="hours-gap",
        rule="rule-id",
    ),
]
Reason = Annotated[
    str,
    Text(
        pattern="[^\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029]{10,200}",
        form="a reason of 10 to 200 characters on one line",
        example="The office is closed over noon on purpose",
        rule="rule-reason",
    ),
]
MOST_OFF: Final = 100


class RuleOff(Part):
    """A rule whose warnings are not wanted."""

    rule: Annotated[
        RuleId, Field(description="The id that its messages end with, as hours-gap. Errors can't be switched off.")
    ]
    reason: Annotated[
        Reason, Field(description="Why it does not hold here; it is told wherever manifests are checked.")
    ]


class RulesOff(Part):
    """Rules that are not asked of a tenant's resources."""

    off: Annotated[
        tuple[RuleOff, ...],
        Field(
            description="Rules whose warnings are not wanted, each with its reason.", strict=False, max_length=MOST_OFF
        ),
    ] = ()


class RuleSettings(RulesOff):
    """Which rules are asked of everybody's resources, and which are not asked of the system's."""

    set: Annotated[
        Literal["standard", "strict"],
        Field(description="standard: what is wrong or most often a mistake; strict: what could be better, too."),
    ] = "standard"


def settings_in(document: Document) -> RuleSettings | None:
    """Return what a System or Tenant says of rules that is otherwise not valid; None if that is not valid either."""
    match document.data:
        case {"kind": "System" | "Tenant", "spec": {"rules": settings}}:
            try:
                return RuleSettings.model_validate(settings)
            except ValidationError:
                return None
    return None
