"""The header fields by which a receiver knows a delivery again and knows that it is ours.

Standard Webhooks 1.0.0: HMAC-SHA256 over `ID.TIMESTAMP.BODY`, in base64 behind `v1,`. A secret that begins with `whsec_` is the
base64 of the key, any other is the key itself. Left out: asymmetric signatures (`v1a`), several signatures at once.
"""

from __future__ import annotations

import binascii
import hmac
from base64 import b64decode, b64encode
from typing import Final

PREFIX: Final = "whsec_"


class BadSigningSecret(Exception):
    """The secret begins as one of Standard Webhooks does and is none."""


def identity_headers(message_id: str, at_s: int) -> dict[str, str]:
    """`at_s`: of this attempt, UNIX seconds."""
    return {"Webhook-Id": message_id, "Webhook-Timestamp": str(at_s)}


def signature(secret: str, message_id: str, at_s: int, body: bytes) -> str:
    """The value of Webhook-Signature. BadSigningSecret says what is wrong, and nothing of the secret."""
    signed = f"{message_id}.{at_s}.".encode() + body
    return "v1," + b64encode(hmac.digest(_key(secret), signed, "sha256")).decode()


def _key(secret: str) -> bytes:
    if not secret.startswith(PREFIX):
        return secret.encode("utf-8", "surrogateescape")
    try:
        key = b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise BadSigningSecret(f"the signing secret begins with {PREFIX}, but what follows is no base64")
    return key
