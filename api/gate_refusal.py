"""Why the gate sends a request away before any route, counted for `/metrics`: a door that is tried by strangers is to be seen."""

from __future__ import annotations

from enum import StrEnum


class GateRefusal(StrEnum):
    """`*_over`: it was good once, and has expired or was ended; `wrong_*`: it was never good; `too_many`: beyond what is answered 401."""

    NO_CREDENTIALS = "no_credentials"
    WRONG_TOKEN = "wrong_token"  # noqa: S105  # a reason's name
    WRONG_SESSION = "wrong_session"
    TOKEN_OVER = "token_over"  # noqa: S105  # the same
    SESSION_OVER = "session_over"
    TOO_MANY = "too_many"
    FOREIGN_NAME = "foreign_name"
    FOREIGN_PAGE = "foreign_page"
    TWO_LENGTHS = "two_lengths"
    NOT_READY = "not_ready"


CREDENTIALS = frozenset({GateRefusal.WRONG_TOKEN, GateRefusal.WRONG_SESSION, GateRefusal.TOKEN_OVER})
"""Those that too many of from one address are answered 429 for: a page left open asks with a session that is over, and guesses nothing."""
