"""`PushApp`: an app for telephones that sleeps, and is woken for a call or a message through Google or Apple."""

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from schema.field_type import refusal
from schema.file_path import CertificateFile
from schema.resource import Manifest, Metadata, Part, Spec
from schema.secret_source import SecretSource
from schema.text import Text

AppId = Annotated[
    str,
    Text(
        pattern="[A-Za-z0-9](?:[A-Za-z0-9._-]{0,153}[A-Za-z0-9])?",
        form="an app's id: up to 155 letters, digits and . _ -",
        example="com.example.phone",
        rule="app-id",
    ),
]
SenderId = Annotated[
    str, Text(pattern="[0-9]{1,32}", form="a sender's id: digits", example="123456789012", rule="sender-id")
]


class Google(Part):
    """Firebase Cloud Messaging."""

    server_key: Annotated[SecretSource, Field(description="Where the server key is found.")]
    sender_id: Annotated[SenderId, Field(description="The sender's id.")]


class Apple(Part):
    """Apple's push notifications."""

    certificate: Annotated[
        CertificateFile,
        Field(description="The file with the certificate, in PEM; a relative path is below the data folder."),
    ]
    key: Annotated[SecretSource, Field(description="Where its private key is found, in PEM, without a password.")]


class PushAppSpec(Spec):
    """Which app, and who wakes it."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": ["google"]}, {"required": ["apple"]}]})

    app_id: Annotated[AppId, Field(description="The app's id, as it names itself when it registers.")]
    enabled: Annotated[bool, Field(description="false: it is not woken.")] = True
    environment: Annotated[
        Literal["production", "development"], Field(description="Which of Apple's servers its credentials are for.")
    ] = "production"
    google: Annotated[Google | None, Field(description="Firebase Cloud Messaging, for Android.")] = None
    apple: Annotated[Apple | None, Field(description="Apple's push notifications, for iOS.")] = None

    @model_validator(mode="after")
    def _check_credentials(self) -> Self:
        if self.google is None and self.apple is None:
            what = "has neither google nor apple, so nothing could wake the app"
            raise refusal("push-credentials", what, "add the one whose telephones it runs on, or both")
        return self


class PushApp(Manifest):
    """An app for telephones that sleeps, and is woken for a call or a message through Google or Apple."""

    kind: Annotated[Literal["PushApp"], Field(description="What sort of resource it is.")]
    metadata: Metadata
    spec: PushAppSpec
