"""One value that SOPS encrypted: `ENC[AES256_GCM,data:...,iv:...,tag:...,type:str]`, and the bytes that count for the MAC.

By SOPS's documented format and its `aes` package: AES-256-GCM with a nonce of 32 bytes; the path of keys to the value, each with a colon
behind it, is the additional data, so that no value can be moved to another key.
"""

from __future__ import annotations

import binascii
import os
import re
from base64 import b64decode, b64encode
from decimal import Decimal
from typing import TYPE_CHECKING, Final, TypeAlias

from reconciler.secrets.unusable import Unusable

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES: Final = 32
TAG_BYTES: Final = 16
KEY_BYTES: Final = 32
_PART: Final = "([A-Za-z0-9+/]*={0,2})"
ENCRYPTED: Final = re.compile(rf"ENC\[AES256_GCM,data:{_PART},iv:{_PART},tag:{_PART},type:([a-z0-9]+)\]", re.ASCII)

Plain: TypeAlias = str | int | float | bool | None
"""A value that is not encrypted, as the file's own format reads it."""


def is_encrypted(value: object) -> bool:
    return isinstance(value, str) and value.startswith("ENC[")


def cipher(data_key: bytes) -> AESGCM:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(data_key)


def additional_data(path: tuple[str, ...]) -> bytes:
    return (":".join(path) + ":").encode("utf-8", "surrogatepass")


def decrypted(text: str, key: AESGCM, data: bytes, where: str) -> bytes:
    """The value's bytes. `where`: it in words, as a message begins with it. Unusable says why not."""
    from cryptography.exceptions import InvalidTag

    match = ENCRYPTED.fullmatch(text)
    if match is None:
        raise Unusable(f"{where} is no value of SOPS, or was cut off; encrypt the file again", is_broken=True)
    try:
        content, nonce, tag = (b64decode(part, validate=True) for part in match.group(1, 2, 3))
        value = key.decrypt(nonce, content + tag, data)
    except (binascii.Error, ValueError, OverflowError):
        raise Unusable(f"{where} is damaged: its parts are no base64; encrypt the file again", is_broken=True) from None
    except InvalidTag:
        raise Unusable(
            f"{where} was changed after SOPS encrypted it, or moved there from another key; encrypt it again",
            is_broken=True,
        ) from None
    return value.title() if match[4] == "bool" else value


def encrypted(value: bytes, key: AESGCM, data: bytes) -> str:
    """As SOPS writes text."""
    if not value:
        return ""
    nonce = os.urandom(NONCE_BYTES)
    sealed = key.encrypt(nonce, value, data)
    parts = [b64encode(part).decode() for part in (sealed[:-TAG_BYTES], nonce, sealed[-TAG_BYTES:])]
    return f"ENC[AES256_GCM,data:{parts[0]},iv:{parts[1]},tag:{parts[2]},type:str]"


def plain_bytes(value: Plain) -> bytes:
    """What counts for the MAC of a value that is not encrypted: as Go writes it."""
    match value:
        case None:
            return b""
        case bool():
            return b"True" if value else b"False"
        case int():
            return str(value).encode()
        case float():
            return _go_float(value).encode()
        case str():
            return value.encode("utf-8", "surrogatepass")


def _go_float(value: float) -> str:
    """`strconv.FormatFloat(value, 'f', -1, 64)`: the shortest digits, never an exponent."""
    if value != value or value in {float("inf"), float("-inf")}:  # noqa: PLR0124  # NaN
        return {"nan": "NaN", "inf": "+Inf", "-inf": "-Inf"}[str(value)]
    text = format(Decimal(repr(value)), "f")
    return text.rstrip("0").removesuffix(".") if "." in text else text
