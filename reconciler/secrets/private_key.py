"""Private keys and certificates as secrets: a text of PEM (RFC 7468), of one part or several. Pure; no message shows any of it.

What is between the lines is not decoded here: whoever uses the key does. Looked at is what spoils one on its way: a part that is cut off,
lines that were joined (an environment variable, a form on the web), other text around it.
"""

from __future__ import annotations

import re
from typing import Final

MOST_BYTES: Final = 64 * 1024
BEGIN: Final = "-----BEGIN "
_PARTS: Final = re.compile(
    r"\s*-----BEGIN (?P<label>[A-Z0-9 ]{1,64})-----[ \t]*\r?\n[A-Za-z0-9+/=:,\- \t\r\n]*?"
    r"-----END (?P=label)-----[ \t]*(?:\r?\n|\Z)",
    re.ASCII,
)


def is_pem(text: str) -> bool:
    """Whether it looks like one, whole or not."""
    return text.lstrip().startswith(BEGIN)


def key_fault(text: str) -> str | None:
    """Why it is no private key in PEM, in words that follow where it stands; None if it may be one."""
    if not text.strip():
        return "is empty; put the private key there, in PEM"
    if len(text) > MOST_BYTES:
        return f"has more than {MOST_BYTES} characters; it must hold the private key and nothing else"
    if not is_pem(text):
        return (
            'is no private key in PEM, which begins with "-----BEGIN PRIVATE KEY-----"; '
            "put it there, or convert it: openssl pkey -in FILE"
        )
    labels, at = [], 0
    while match := _PARTS.match(text, at):
        labels.append(match["label"])
        at = match.end()
    if text[at:].strip():
        if not text[at:].lstrip().startswith(BEGIN):
            return "has something else behind its PEM; it must hold the private key and nothing else"
        if "\n" not in text[at:].strip() and "-----END " in text[at:]:
            return "is PEM whose lines were joined to one; put it there with its line ends"
        return "is PEM that is cut off or damaged; put it there anew, from -----BEGIN to -----END"
    if not any(label.endswith("PRIVATE KEY") for label in labels):
        return f"holds no private key but {labels[0].lower()}; put the key there"
    return None
