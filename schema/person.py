"""Who has an extension. What stands here is shown and used for mail; nothing of it decides a call."""

from typing import Annotated, Literal

from pydantic import Field

from schema.number_mask import FullNumber
from schema.resource import Part
from schema.text import DisplayName, MailAddress


class Person(Part):
    """Who has it; company and web site are those of the tenant's profile."""

    first_name: Annotated[DisplayName | None, Field(description="The first name.")] = None
    last_name: Annotated[DisplayName | None, Field(description="The last name.")] = None
    gender: Annotated[
        Literal["female", "male", "other"] | None,
        Field(description="For how a person is written to; default: not said."),
    ] = None
    mail: Annotated[MailAddress | None, Field(description="Where mail for this person goes, such as messages.")] = None
    mobile: Annotated[FullNumber | None, Field(description="The mobile number.")] = None
    home: Annotated[FullNumber | None, Field(description="The number at home.")] = None
    fax: Annotated[FullNumber | None, Field(description="The fax number.")] = None
    title: Annotated[DisplayName | None, Field(description="What this person is, such as Engineer.")] = None
    department: Annotated[DisplayName | None, Field(description="The part of the company.")] = None
