"""argon2id hashes (RFC 9106) of what people type: web passwords and PINs, in the form `$argon2id$v=19$m=47104,t=1,p=1$SALT$HASH`.

Parameters are bounded on both sides: a hash that is cheaper than what OWASP's Password Storage Cheat Sheet asks for is refused, and so is
one that would cost more memory or time at each log-in than a server should give to whoever tries. The surprising thing: a hash of a
PIN of four digits is found by trying all 10,000, so it is kept as any secret is, never readable in git.
"""

from __future__ import annotations

import hmac
import os
import re
from typing import Final

MEMORY_KIB: Final = 47_104
PASSES: Final = 1
LANES: Final = 1
SALT_BYTES: Final = 16
HASH_BYTES: Final = 32
LEAST_KIB: Final = 7_168
LEAST_WORK: Final = 35_840
"""KiB times passes: of all pairs that OWASP names as equal, the least."""
MOST_KIB: Final = 131_072
MOST_WORK: Final = 524_288
MOST_LANES: Final = 4
LONGEST_PASSWORD_BYTES: Final = 1024
PREFIX: Final = "$argon2id$"
_BASE64: Final = "[A-Za-z0-9+/]"
_FORM: Final = re.compile(
    rf"\$argon2id\$v=19\$m=(\d{{1,7}}),t=(\d{{1,4}}),p=(\d{{1,3}})\$({_BASE64}{{11,86}})\$({_BASE64}{{43,86}})",
    re.ASCII,
)


class TooLong(ValueError):
    """A password that is longer than any is taken."""


def new_hash(password: str) -> str:
    """With a salt of its own. TooLong."""
    from argon2.low_level import Type, hash_secret

    content = password.encode("utf-8", "surrogatepass")
    if len(content) > LONGEST_PASSWORD_BYTES:
        raise TooLong(f"has more than {LONGEST_PASSWORD_BYTES} bytes")
    found = hash_secret(content, os.urandom(SALT_BYTES), PASSES, MEMORY_KIB, LANES, HASH_BYTES, Type.ID)
    return found.decode("ascii")


def hash_fault(text: str) -> str | None:
    """What is wrong with a hash, in words that show nothing of it; None if it may be used."""
    match = _FORM.fullmatch(text)
    if match is None:
        return "is no argon2id hash; make one: trunkline secret hash"
    memory_kib, passes, lanes = (int(part) for part in match.group(1, 2, 3))
    work = memory_kib * passes
    if memory_kib < LEAST_KIB or work < LEAST_WORK or lanes < 1:
        return f"is too cheap to try (m={memory_kib},t={passes}); make one: trunkline secret hash"
    if memory_kib > MOST_KIB or work > MOST_WORK or lanes > MOST_LANES:
        return f"costs too much at each log-in (m={memory_kib},t={passes},p={lanes}); make one: trunkline secret hash"
    return None


def matches(stored: str, given: str) -> bool:
    """Whether `given` is the password or PIN that `stored` is the hash of, or itself. Takes tens of milliseconds: not on a loop."""
    content = given.encode("utf-8", "surrogatepass")
    if len(content) > LONGEST_PASSWORD_BYTES:
        return False
    if not stored.startswith("$"):
        return hmac.compare_digest(stored.encode("utf-8", "surrogatepass"), content)
    if hash_fault(stored) is not None:
        return False
    from argon2.exceptions import InvalidHashError, VerificationError
    from argon2.low_level import Type, verify_secret

    try:
        return verify_secret(stored.encode("ascii"), content, Type.ID)
    except (VerificationError, InvalidHashError):
        return False
