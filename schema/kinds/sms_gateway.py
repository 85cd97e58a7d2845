"""`SmsGateway`: who sends the short messages of a tenant's phones (feature D12)."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schema.field_type import FieldType, refusal
from schema.problem import shown
from schema.resource import Manifest, Part, Spec, TenantMetadata
from schema.secret_source import SecretSource
from schema.text import HttpUser, Text

SmsSender = Annotated[
    str,
    Text(
        pattern=r"\+?[0-9]{3,15}|[A-Za-z0-9 ]{1,11}",
        form="a sender: a number, or up to 11 letters, digits and spaces",
        example="Acme",
        rule="sms-sender",
    ),
]


class _BoughtNumber(FieldType[str]):
    """A number as the provider prints it: brackets, dashes and spaces are taken away."""

    def read(self, value: object) -> str:
        """Return the digits behind a plus."""
        digits = "".join(c for c in value if c not in "()- ") if isinstance(value, str) else ""
        if not (digits.startswith("+") and digits[1:].isascii() and digits[1:].isdecimal() and 8 <= len(digits) <= 16):
            raise refusal(
                "sms-sender", f"is {shown(value)}, not a number that was bought", 'write it like "+1 (212) 555-0100"'
            )
        return digits

    def write(self, value: str) -> str:
        """Return the digits."""
        return value

    def json_schema(self) -> dict[str, object]:
        """Return the characters."""
        return {"type": ["string", "number"], "pattern": r"^\+[0-9() -]{7,31}$"}


BoughtNumber = Annotated[str, _BoughtNumber()]


class Clickatell(Part):
    """An account at Clickatell."""

    api_key: Annotated[SecretSource, Field(description="Where the key of its REST API is found.")]
    sender: Annotated[SmsSender | None, Field(description="Who the messages are from; default: the account's.")] = None


class SmsApi(Part):
    """An account at SMSAPI."""

    user: Annotated[HttpUser, Field(description="The user name.")]
    token: Annotated[SecretSource, Field(description="Where the MD5 token is found.")]
    sender: Annotated[SmsSender | None, Field(description="Who the messages are from; default: the account's.")] = None


class Vonage(Part):
    """An account at Vonage, formerly Nexmo."""

    key: Annotated[HttpUser, Field(description="The key of its API.")]
    secret: Annotated[SecretSource, Field(description="Where the secret of its API is found.")]
    sender: Annotated[SmsSender | None, Field(description="Who the messages are from; default: the account's.")] = None


class Twilio(Part):
    """An account at Twilio."""

    sid: Annotated[HttpUser, Field(description="The account's SID.")]
    token: Annotated[SecretSource, Field(description="Where its token is found.")]
    sender: Annotated[
        BoughtNumber, Field(description="The number that was bought there; brackets, dashes and spaces do not matter.")
    ]


class SmsGatewaySpec(Spec):
    """Who sends short messages; exactly one provider."""

    enabled: Annotated[bool, Field(description="false: messages that phones send as SMS are refused.")] = True
    twilio: Annotated[Twilio | None, Field(description="By Twilio.")] = None
    clickatell: Annotated[Clickatell | None, Field(description="By Clickatell.")] = None
    vonage: Annotated[Vonage | None, Field(description="By Vonage (Nexmo).")] = None
    smsapi: Annotated[SmsApi | None, Field(description="By SMSAPI.")] = None

    @model_validator(mode="after")
    def _check_one(self) -> Self:
        named = [name for name in ("twilio", "clickatell", "vonage", "smsapi") if getattr(self, name) is not None]
        if len(named) != 1:
            what = f"has {len(named)} providers: {' and '.join(named)}" if named else "has no provider"
            raise refusal("sms-provider", what, "write one of twilio, clickatell, vonage, smsapi")
        return self


class SmsGateway(Manifest):
    """Who sends the short messages of a tenant's phones."""

    kind: Annotated[Literal["SmsGateway"], Field(description="What sort of resource it is.")]
    metadata: TenantMetadata
    spec: SmsGatewaySpec
