"""Retry-After (RFC 3261 §20.33): seconds, perhaps with a comment and parameters behind."""

from __future__ import annotations

import re
from typing import Final

from engine.sip.message import SipResponse

_SECONDS: Final = re.compile(r"[ \t]*([0-9]{1,9})(?![0-9])")


def retry_after_s(response: SipResponse) -> float | None:
    """None if there is none, or none that can be read."""
    found = _SECONDS.match(response.headers.first("Retry-After") or "")
    return None if found is None else float(found[1])
