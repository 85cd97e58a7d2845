"""`Receptionist.spec.actions`: where a call goes is asked of a web server (an action URL), or settled at once.

What is asked: `from, to, input, from_name, account_name`, in the query of a GET or as JSON in a POST. What is answered:
`{"status_code": 200, "action": "call" | "hangup" | "repeat", "destination": "222"}`; any other status_code is a failure.
"""

from datetime import timedelta
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from schema.destination import Destination
from schema.duration import Duration
from schema.field_type import refusal
from schema.http_url import HttpUrl
from schema.menu_action import MenuAction, MenuWord
from schema.resource import Part
from schema.text import DisplayName, Text
from schema.webhook import Login

RULE: Final = "receptionist-action"

PressedDigits = Annotated[
    str,
    Text(pattern="[0-9*#]{1,16}", form="what is pressed: up to 16 of 0-9, * and #", example="22", rule="menu-key"),
]
CallingNumber = Annotated[
    str,
    Text(
        pattern=r"\+?[0-9A-Za-z]{1,32}",
        form="a number that calls: perhaps +, then up to 32 digits or letters",
        example="+442079460100",
        rule="calling-number",
    ),
]


class ReceptionistAction(Part):
    """For whom or what, and where to."""

    name: Annotated[
        DisplayName, Field(description="What people call it; no other action of the receptionist has the name.")
    ]
    digits: Annotated[
        tuple[PressedDigits, ...],
        Field(description="What is pressed for it; or else callers.", strict=False, max_length=100),
    ] = ()
    callers: Annotated[
        tuple[CallingNumber, ...],
        Field(
            description="The numbers that call, for which it is done before the greeting.",
            strict=False,
            max_length=1000,
        ),
    ] = ()
    to: Annotated[Destination | None, Field(description="Where the call goes at once; or else url.")] = None
    url: Annotated[HttpUrl | None, Field(description="Which web server is asked, https wherever possible.")] = None
    method: Annotated[
        Literal["GET", "POST"], Field(description="How it is asked: GET with a query, or POST with JSON.")
    ] = "GET"
    auth: Annotated[
        Login | None, Field(description="Basic authentication there (RFC 7617), only over https; default: none.")
    ] = None
    connect_timeout: Annotated[
        timedelta,
        Duration(timedelta(seconds=1), timedelta(seconds=30)),
        Field(description="How long a connection is waited for."),
    ] = timedelta(seconds=5)
    response_timeout: Annotated[
        timedelta,
        Duration(timedelta(seconds=1), timedelta(seconds=60)),
        Field(description="How long an answer is waited for."),
    ] = timedelta(seconds=10)
    on_failure: Annotated[
        MenuAction,
        Field(description="What becomes of the caller when nothing sensible is answered in time."),
    ] = MenuWord.REPEAT

    @model_validator(mode="after")
    def _check(self) -> Self:
        if bool(self.digits) == bool(self.callers):
            what = "is for callers and for what is pressed" if self.digits else "is for nobody"
            raise refusal(RULE, what, 'write either digits: ["22"] or callers: ["+442079460100"]')
        if (self.to is None) == (self.url is None):
            what = "goes nowhere" if self.to is None else "has both url and to"
            raise refusal(RULE, what, 'write either url: "https://..." or to: {extension: "101"}')
        about_url = {"method", "auth", "connect_timeout", "response_timeout", "on_failure"} & self.model_fields_set
        if self.to is not None and about_url:
            names = ", ".join(sorted(type(self).model_fields[name].alias or name for name in about_url))
            raise refusal(RULE, f"asks no web server, but has {names}", "remove them, or write url in place of to")
        if self.auth is not None and self.url is not None and self.url.startswith("http://"):
            hint = "write https://, or remove auth"
            raise refusal(RULE, "would show its password to everybody on the way: basic authentication over http", hint)
        return self
