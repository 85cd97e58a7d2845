"""Responses to a request.

RFC 3261 §8.2.6 (what is copied), §12.1.1 (Record-Route in responses that make a dialog).

Surprising: it copies text, not typed values, so it also answers requests that could be read only in part.
"""

from __future__ import annotations

from typing import Final

from engine.sip.errors import LocalProtocolError, RemoteProtocolError
from engine.sip.headers import Headers
from engine.sip.message import SipRequest, SipResponse

_COPIED_ONCE: Final = frozenset(("From", "To", "Call-ID", "CSeq"))


def response_to(request: SipRequest, status: int, reason: str | None = None, to_tag: str | None = None) -> SipResponse:
    """A response with Via, From, To, Call-ID and CSeq of the request, without a body.

    `to_tag` is added to To unless it has one (RFC 3261 §8.2.6.2); None leaves To alone, as a 100 may. 101 to 299 also
    carry the request's Record-Route (§12.1.1). LocalProtocolError for a response to ACK.
    """
    if request.method == "ACK":
        raise LocalProtocolError("ACK is never answered")
    with_routes = 100 < status < 300
    items: list[tuple[str, str]] = []
    seen: set[str] = set()
    for item in request.headers.items:
        name = item[0]
        if name == "Via":
            items.append(item)
        elif name in _COPIED_ONCE:
            # A request refused because one of them stands there twice is answered with the first.
            if name in seen:
                continue
            seen.add(name)
            if name == "To" and to_tag is not None and not _has_to_tag(request):
                items.append(("To", f"{item[1]};tag={to_tag}"))
            else:
                items.append(item)
        elif name == "Record-Route" and with_routes:
            items.append(item)
    return SipResponse(status, reason, Headers(items))


def _has_to_tag(request: SipRequest) -> bool:
    try:
        return request.to.tag is not None
    except RemoteProtocolError:
        return ";tag=" in (request.headers.first("To") or "").lower()
