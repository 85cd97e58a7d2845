"""Errors about session descriptions.

RemoteProtocolError
└── SdpError     the peer's description can't be read (400) or can't be served (488)
"""

from __future__ import annotations

from engine.sip.errors import RemoteProtocolError


class SdpError(RemoteProtocolError):
    """A description of the peer that we refuse; `status_hint` says how. `request` is for the caller to fill in."""
