"""Errors of the media part; each is an `EngineError`, so it may leave through the engine's doors.

EngineError
├── ResourceExhausted
│   └── PortsExhausted     no RTP port (or descriptor) left; the message says which limit and how it stands
├── StaleHandle            the stream was released; its handle acts on nothing
├── AddressRefused         an address that is none, or not of the bound family
└── BackendClosed          the backend is not open, or not any more
"""

from engine.errors import EngineError, ResourceExhausted


class PortsExhausted(ResourceExhausted):
    """No port pair is free; the message has the range, how many are in use and in quarantine, and what to change."""


class StaleHandle(EngineError):
    """The handle's stream was released (or never was); nothing was done."""


class AddressRefused(EngineError):
    """The address is no numeric IP address, not of the bound family, or not of this machine."""


class BackendClosed(EngineError):
    """The media backend is not running."""
