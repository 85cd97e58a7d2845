"""`MailServer`: by which server mail is sent (feature F6). Of a tenant, or, without `metadata.tenant`, of all that have none."""

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from schema.address import Domain
from schema.field_type import refusal
from schema.resource import Manifest, SharedMetadata, Spec
from schema.secret_source import SecretSource
from schema.text import HttpUser, MailAddress
from schema.whole import Port

PORTS: Final = {"none": 25, "starttls": 587, "ssl": 465}


class MailServerSpec(Spec):
    """How mail is sent."""

    server: Annotated[Domain, Field(description="The SMTP server: a name or an IP address.")]
    security: Annotated[
        Literal["none", "starttls", "ssl"],
        Field(
            description="none: in the open; starttls: encrypted before a login (RFC 3207); ssl: from the first byte (RFC 8314)."
        ),
    ] = "starttls"
    port: Annotated[
        Port | None, Field(description="Its port; default: 25 for none, 587 for starttls, 465 for ssl.")
    ] = None
    reply_address: Annotated[MailAddress, Field(description="Whom the mail is from, and replies go to.")]
    user: Annotated[HttpUser | None, Field(description="The user name there; default: nobody logs in.")] = None
    password: Annotated[SecretSource | None, Field(description="Where the password is found; never the password.")] = (
        None
    )

    @model_validator(mode="after")
    def _check_login(self) -> Self:
        if (self.user is None) != (self.password is None):
            there, lacking = ("password", "user") if self.user is None else ("user", "password")
            raise refusal("mail-login", f"has a {there} and no {lacking}", f"add {lacking}, or remove {there}")
        return self


class MailServer(Manifest):
    """By which server mail is sent: welcome, reports, voicemail, invitations, alerts."""

    kind: Annotated[Literal["MailServer"], Field(description="What sort of resource it is.")]
    metadata: SharedMetadata
    spec: MailServerSpec
