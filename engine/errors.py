"""Errors of the engine, a door: what callers of the ports may see.

    EngineError
    ├── PrepareRefused        a change can't be applied; nothing was left behind
    ├── NotFound              no such call, listener, record
    ├── NotChangeable         the manifests do not let that be set without them
    ├── PreferenceRefused     what somebody wants to set for an extension can't be
    ├── ResourceExhausted     ports, descriptors, calls: a limit of this machine or its configuration
    ├── BalanceRefused        a balance can't be changed so
    └── JournalError          history can't be written or read

The SIP stack has a family of its own in `engine.sip.errors`, which never leaves the engine.
"""


class EngineError(Exception):
    """Root of what the engine raises through its doors."""


class PrepareRefused(EngineError):
    """A change that can fail did fail while it was prepared. `reasons`: one sentence a resource, what and what to do."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


class NotFound(EngineError):
    """Nothing has that name or id."""


class NotChangeable(EngineError):
    """Only manifests say that; the message names the field that would let it be set without them."""


class PreferenceRefused(EngineError):
    """What somebody wants to set can't be: the message has each fault, where it is and what to write."""


class ResourceExhausted(EngineError):
    """A limit was reached; the message names it and says how to raise it."""


class BalanceRefused(EngineError):
    """A balance can't be changed so; the message says whose, why, and what to do."""


class JournalError(EngineError):
    """The journal can't be written or read; the message names the file and the reason."""
