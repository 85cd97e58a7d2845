"""Opens what age encrypted (age-encryption.org/v1, C2SP age.md), binary or armored, for X25519 recipients.

Left out: passphrases (scrypt), SSH keys, plugins, post-quantum recipients: each is refused by its name. The surprising thing: X25519
stanzas don't tell for whom they are, so a wrong key can only be said to be one.

Recipients are bounded: the library's time grows with the square of how many a header names, and 4,000 of them take two minutes.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from typing import Final

from reconciler.secrets.age import NotOpened, decrypt
from reconciler.secrets.age_keys import Keys
from reconciler.secrets.unusable import Unusable

MAGIC: Final = b"age-encryption.org/v1\n"
ARMOR_BEGIN: Final = b"-----BEGIN AGE ENCRYPTED FILE-----"
ARMOR_END: Final = b"-----END AGE ENCRYPTED FILE-----"
MOST_RECIPIENTS: Final = 100
_GREASE: Final = 2
"""Programs add a stanza of nonsense, so that readers get used to those they do not know."""
_HEADER_BYTES: Final = 16 * 1024


def opened(content: bytes, keys: Keys, what: str) -> bytes:
    """The plain content. `what`: the file, as a message begins with it. Unusable says why not."""
    sorts = _stanzas(content, what)
    if "X25519" not in sorts:
        raise Unusable(f"{what} {_refusal(sorts)}", is_broken=True)
    try:
        return decrypt(content.strip() if ARMOR_BEGIN in content[:256] else content, keys.identities)
    except NotOpened as error:
        if error.is_ours:
            raise Unusable(f"{what} is damaged or cut off; encrypt it again", is_broken=True) from None
        raise Unusable(
            f"{what} is encrypted for other keys than ours, {shown_keys(keys.recipients)}; encrypt it for ours, too",
            is_broken=True,
        ) from None


def recipients_in(content: bytes, what: str) -> int:
    """For how many X25519 keys it is encrypted. Unusable."""
    return _stanzas(content, what).count("X25519")


def shown_keys(recipients: tuple[str, ...]) -> str:
    """Public keys, the first of them."""
    more = f" and {len(recipients) - 2} more" if len(recipients) > 2 else ""
    return ", ".join(recipients[:2]) + more


def _stanzas(content: bytes, what: str) -> list[str]:
    """The sorts of recipients that the header names."""
    head = content[: 2 * _HEADER_BYTES]  # armored, it takes a third more
    if ARMOR_BEGIN in head[:256]:
        if ARMOR_END not in content:
            raise Unusable(
                f"{what} is cut off: the last line of its armor is missing; encrypt it again", is_broken=True
            )
        body = head.partition(ARMOR_BEGIN)[2].partition(ARMOR_END)[0]
        packed = b"".join(body.split())
        try:
            head = b64decode(packed[: len(packed) // 4 * 4], validate=True)
        except (binascii.Error, ValueError):
            raise Unusable(f"{what} has an armor that is no base64; encrypt it again", is_broken=True) from None
    if not head.startswith(MAGIC):
        raise Unusable(
            f"{what} was not encrypted by age; encrypt it: trunkline secret encrypt, or age -r RECIPIENT",
            is_broken=True,
        )
    header, end, _ = head.partition(b"\n---")
    stanzas = [line.split(b" ") for line in header.split(b"\n") if line.startswith(b"->")]
    if len(stanzas) > MOST_RECIPIENTS + _GREASE or len(header) > _HEADER_BYTES:
        raise Unusable(
            f"{what} is encrypted for more than {MOST_RECIPIENTS} keys; encrypt it for fewer, ours among them",
            is_broken=True,
        )
    if not end:
        raise Unusable(f"{what} is damaged or cut off: its header has no end; encrypt it again", is_broken=True)
    return [words[1].decode("ascii", "replace") for words in stanzas if len(words) > 1]


def _refusal(sorts: list[str]) -> str:
    match sorts:
        case ["scrypt", *_]:
            return "is encrypted with a passphrase, and nobody is there to type it; encrypt it for our key: age -r RECIPIENT"
        case [str(sort), *_] if sort.startswith("ssh-"):
            return (
                f"is encrypted for an SSH key ({sort}), which is not read; encrypt it for our age key: age -r RECIPIENT"
            )
        case [str(sort), *_] if sort.isprintable() and len(sort) <= 32:
            return (
                f"is encrypted for a recipient of the sort {sort}, and only X25519 is read; encrypt it for our age key"
            )
        case _:
            return "names no recipient: it is damaged or cut off; encrypt it again"
