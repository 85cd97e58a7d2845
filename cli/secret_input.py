"""A secret from a person: typed twice and unseen on a terminal, else the one line of standard input. Never an argument, which everybody
on the machine can list."""

from __future__ import annotations

import getpass
import sys
from typing import Final

MOST_CHARACTERS: Final = 4096


class NoSecret(Exception):
    """What was given is none; the message says why."""


def read_secret(what: str) -> str:
    """NoSecret."""
    if sys.stdin.isatty():
        given = getpass.getpass(f"{what}: ", sys.stderr)
        if getpass.getpass(f"{what} once more: ", sys.stderr) != given:
            raise NoSecret("the two are not the same; nothing was done")
    else:
        given = sys.stdin.read(MOST_CHARACTERS + 2).removesuffix("\n").removesuffix("\r")
    if not given.strip():
        raise NoSecret("there is nothing on standard input; give the secret there, or type it on a terminal")
    if len(given) > MOST_CHARACTERS or any(ord(character) < 32 or ord(character) == 127 for character in given):
        raise NoSecret(f"a secret is one line of at most {MOST_CHARACTERS} characters, and this is not")
    return given
