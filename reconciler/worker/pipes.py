"""A child's end of the pipe to its parent: its own stdin and stdout, taken over before anything else reads or prints."""

from __future__ import annotations

import os
from typing import BinaryIO


def pipes() -> tuple[BinaryIO, BinaryIO]:
    """The parent's questions and our answers. Whatever else prints on stdout goes to stderr from here on."""
    asked = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return asked, answers
