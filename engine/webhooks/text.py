"""Text from the wire as a receiver's JSON reader takes it, and numbers as SIP addresses."""

from __future__ import annotations

import json
from typing import Final
from urllib.parse import quote

# What a user part may hold unescaped beside letters, digits and "-_.~" (RFC 3261 §25.1).
_USER: Final = "!*'()&=+$,;?/"
ANONYMOUS: Final = "sip:anonymous@anonymous.invalid"
"""Who shows no number (RFC 3323 §4.1.1.3)."""
_encode: Final = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


def compact(fields: dict[str, object]) -> str:
    """One line of JSON, all of it ASCII."""
    return _encode(fields)


def clean(text: str) -> str:
    """Without bytes that were no UTF-8 (lone surrogates here) and NUL, which many readers of JSON refuse."""
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")


def sip_address(text: str, domain: str) -> str:
    """A number in a domain as a `sip:` URI; an address stays the one it is."""
    text = clean(text)
    if not text:
        return ANONYMOUS
    if text.lower().startswith(("sip:", "sips:")):
        return text
    if "@" in text:
        return f"sip:{text}"
    host = f"[{domain}]" if ":" in domain else domain
    return f"sip:{quote(text, safe=_USER)}@{host}"
