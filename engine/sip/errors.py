"""Errors of the SIP stack.

    SipError
    ├── LocalProtocolError     we broke the protocol: our bug, loud
    └── RemoteProtocolError    the peer did: answer with `status_hint` and go on

Parsers raise only the second, so a peer's garbage never looks like our bug, nor the other way round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.sip.message import SipRequest


class SipError(Exception):
    """Root of what the SIP stack raises."""


class LocalProtocolError(SipError):
    """Our own code asked for something the protocol does not allow."""


class RemoteProtocolError(SipError):
    """The peer sent what the protocol does not allow.

    `status_hint` is the SIP status to answer with; `request` is what could be read of the offending request,
    enough to answer it, or None where nothing can be answered (a response, or headers too broken).
    """

    def __init__(self, message: str, *, status_hint: int = 400, request: SipRequest | None = None) -> None:
        super().__init__(message)
        self.status_hint = status_hint
        self.request = request
