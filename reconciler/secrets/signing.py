"""Whether a signing secret is one that Standard Webhooks can be signed with, and long enough. What is said tells nothing of the secret."""

from __future__ import annotations

import binascii
from base64 import b64decode
from enum import Enum, auto
from typing import Final

PREFIX: Final = "whsec_"
LEAST_BYTES: Final = 24


class SigningFault(Enum):
    NO_BASE64 = auto()
    """It begins as one of Standard Webhooks and goes on as none: nothing can be signed with it."""
    SHORT = auto()
    """Fewer bytes than the 24 that Standard Webhooks asks for."""


def signing_fault(secret: str) -> SigningFault | None:
    """What is wrong with it; None if nothing is."""
    key = secret.encode("utf-8", "surrogateescape")
    if secret.startswith(PREFIX):
        try:
            key = b64decode(secret.removeprefix(PREFIX), validate=True)
        except (binascii.Error, ValueError):
            return SigningFault.NO_BASE64
        if not key:
            return SigningFault.NO_BASE64
    return SigningFault.SHORT if len(key) < LEAST_BYTES else None
