"""A secret from a person: typed twice and unseen on a terminal, else the one line of standard input, or the private key in PEM that is
there. Never an argument, which everybody on the machine can list."""

from __future__ import annotations

import getpass
import sys
from typing import Final

from reconciler.secrets.private_key import MOST_BYTES, is_pem, key_fault

MOST_CHARACTERS: Final = 4096


class NoSecret(Exception):
    """What was given is none; the message says why."""


def read_secret(what: str, *, takes_keys: bool = False) -> str:
    """`takes_keys`: it may be a private key, too. NoSecret."""
    if sys.stdin.isatty():
        given = getpass.getpass(f"{what}: ", sys.stderr)
        if getpass.getpass(f"{what} once more: ", sys.stderr) != given:
            raise NoSecret("the two are not the same; nothing was done")
    else:
        given = sys.stdin.read(MOST_BYTES + 2)
        if takes_keys and is_pem(given):
            return _key(given)
        given = given.removesuffix("\n").removesuffix("\r")
    if not given.strip():
        raise NoSecret("there is nothing on standard input; give the secret there, or type it on a terminal")
    if len(given) > MOST_CHARACTERS or any(ord(character) < 32 or ord(character) == 127 for character in given):
        also = ", or a private key in PEM" if takes_keys else ""
        raise NoSecret(f"a secret is one line of at most {MOST_CHARACTERS} characters{also}, and this is not")
    return given


def _key(text: str) -> str:
    fault = key_fault(text)
    if fault is not None:
        raise NoSecret(f"what is on standard input {fault}")
    return text
