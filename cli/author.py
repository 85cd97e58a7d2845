"""Who gives an order, as history names them: whoever is logged in, unless it is said."""

from __future__ import annotations

import getpass
import os
from typing import Final

from schema.problem import printable

LONGEST: Final = 200


def author(said: str | None) -> str:
    """`said`, or the login name, or the number of a user who has none."""
    name = said if said is not None else _login_name()
    return printable(name)[:LONGEST]


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"
