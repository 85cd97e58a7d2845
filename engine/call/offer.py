"""The session description in a message, and the answer to a message whose description can't be used."""

from __future__ import annotations

from engine.sdp.description import SessionDescription, parse_description
from engine.sip.body import sdp_body
from engine.sip.errors import RemoteProtocolError
from engine.sip.message import SipRequest, SipResponse
from engine.sip.response import response_to


def description_of(message: SipRequest | SipResponse) -> SessionDescription | None:
    """What the message offers or answers; None for no body.

    RemoteProtocolError: 415 for a body that is no SDP, 400 for one that can't be read, 488 for nothing that can be relayed.
    """
    if not message.body:
        return None
    body = sdp_body(message)
    if body is None:
        kind = message.content_type or "without a Content-Type"
        raise RemoteProtocolError(f"a body {kind!r} where application/sdp is understood", status_hint=415)
    return parse_description(body)


def set_description(message: SipRequest | SipResponse, description: SessionDescription) -> None:
    """Make it the body of the message."""
    message.headers.replace("Content-Type", "application/sdp")
    message.body = description.to_bytes()


def refusal_of(request: SipRequest, error: RemoteProtocolError, to_tag: str | None = None) -> SipResponse:
    """The response to a request whose description was refused with `error` (RFC 3261 §21.4.13, §21.4.26)."""
    response = response_to(request, error.status_hint, to_tag=to_tag)
    if error.status_hint == 415:
        response.headers.replace("Accept", "application/sdp")
    else:
        response.headers.replace("Warning", f'399 trunkline "{_quotable(str(error))}"')
    return response


def _quotable(text: str) -> str:
    return "".join(c if c.isprintable() and c not in '"\\' else "?" for c in text)[:120]
