"""A command that does nothing, and why."""

from __future__ import annotations


class Refused(Exception):
    """The message says what to do."""
