"""What one Contact of a REGISTER asks for.

RFC 3261 §10.2.1, §20.10; `+sip.instance` and `reg-id` of RFC 5626 §4. Left out: GRUU (RFC 5627), Path (RFC 3327).
"""

from __future__ import annotations

from typing import Final, NamedTuple

from engine.sip.grammar import find_param
from engine.sip.headers import NameAddr

_MALFORMED_EXPIRES_S: Final = 3600
_LONGEST_EXPIRES_S: Final = 2**32 - 1
_MAX_INSTANCE_CHARS: Final = 256


class Wish(NamedTuple):
    """`expires_s`: None = as the Expires header says, 0 = remove; `q`: 0-1; `instance`: "" = the phone did not say."""

    contact: str
    expires_s: int | None
    q: float
    instance: str


def wish_of(element: NameAddr) -> Wish:
    """Read the parameters that a registrar understands; malformed ones count as absent, but for `expires`, which has its rule."""
    params = element.params
    if not params:
        return Wish(element.uri_text, None, 1.0, "")
    return Wish(
        element.uri_text, _expires(find_param(params, "expires")), _q(find_param(params, "q")), _instance(element)
    )


def _expires(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()):
        return _MALFORMED_EXPIRES_S  # RFC 3261 §20.10
    digits = text.lstrip("0") or "0"
    return min(int(digits), _LONGEST_EXPIRES_S) if len(digits) <= 10 else _LONGEST_EXPIRES_S


def _q(text: str | None) -> float:
    if text is None:
        return 1.0
    whole, _, fraction = text.partition(".")
    if whole not in ("0", "1") or not (
        fraction == "" or (fraction.isascii() and fraction.isdigit() and len(fraction) <= 3)
    ):
        return 1.0
    return min(float(text), 1.0)


def _instance(element: NameAddr) -> str:
    instance = find_param(element.params, "+sip.instance")
    if not instance or len(instance) > _MAX_INSTANCE_CHARS:
        return ""
    # A phone may hold several flows at once, told apart by reg-id (RFC 5626 §4.2); without it, one phone is one contact.
    flow_number = find_param(element.params, "reg-id")
    return f"{instance};reg-id={flow_number[:10]}" if flow_number else instance
