"""Who we are in TLS: files in PEM, of which the private key is a secret. What they hold is looked at where they are at hand.

Names of files as other systems have them: `domain_cert_<domain>.pem` (the certificate, then those between it and the root),
`domain_key_<domain>.pem`, `root_cert_<domain>.pem`.
"""

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from schema.field_type import refusal
from schema.file_path import CertificateFile
from schema.resource import Part
from schema.secret_source import SecretSource


class Certificate(Part):
    """A certificate and its key."""

    model_config = ConfigDict(
        json_schema_extra={
            "dependentRequired": {
                "certificate": ["key"],
                "key": ["certificate"],
                "chain": ["certificate"],
                "keyPassword": ["certificate"],
            }
        }
    )

    certificate: Annotated[
        CertificateFile | None,
        Field(
            description="The file with our certificate, in PEM, perhaps with its chain behind it; a relative path is below the data "
            "folder. Default: one that we sign ourselves."
        ),
    ] = None
    chain: Annotated[
        CertificateFile | None,
        Field(description="The file with the certificates between ours and the root; default: those behind ours."),
    ] = None
    key: Annotated[
        SecretSource | None, Field(description="Where the private key of the certificate is found, in PEM.")
    ] = None
    key_password: Annotated[
        SecretSource | None, Field(description="Where the password of the private key is found; default: it has none.")
    ] = None

    @model_validator(mode="after")
    def _check_pair(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            there, lacking = ("key", "certificate") if self.certificate is None else ("certificate", "key")
            what = f"has a {there} and no {lacking}: neither is of use alone"
            raise refusal(
                "certificate-pair", what, f"add {lacking}, or remove {there} for a certificate of our own making"
            )
        alone = "chain" if self.chain is not None else "keyPassword" if self.key_password is not None else None
        if self.certificate is None and alone is not None:
            what = f"has {alone} and no certificate that it belongs to"
            raise refusal("certificate-pair", what, f"add certificate and key, or remove {alone}")
        return self


class PeerCertificate(Certificate):
    """A certificate and its key, and what is asked of those who connect."""

    root: Annotated[
        CertificateFile | None,
        Field(description="The file with the certificates that those of clients are checked against, in PEM."),
    ] = None
    client_authentication: Annotated[
        Literal["none", "optional", "required"],
        Field(description="Whether phones show a certificate of their own: not asked, checked if shown, or needed."),
    ] = "none"

    @model_validator(mode="after")
    def _check_root(self) -> Self:
        if self.client_authentication != "none" and self.root is None:
            what = f"has clientAuthentication: {self.client_authentication} and no root to check certificates against"
            raise refusal("client-root", what, "add root, or write clientAuthentication: none")
        return self
