"""Errors of the reconciler.

ReconcileError
├── SourceUnavailable    the manifests can't be read at all; what runs keeps running
├── StateCorrupt         what was kept of the last applied revision can't be used
├── Unknown              there is no revision or resource of that number or name
├── OrderRefused         an approval, or going back, is not obeyed; what runs keeps running
└── WorkerLost           the child process ended or speaks nonsense; it is started again
"""


class ReconcileError(Exception):
    """Root of what the reconciler raises."""


class SourceUnavailable(ReconcileError):
    """The source is missing, unreadable or empty; the message says which and what to do. Never a reason to delete anything."""


class StateCorrupt(ReconcileError):
    """A file of the state folder is unusable; the message names it and the reason."""


class Unknown(ReconcileError):
    """Nothing has that number or name; the message says what lists those there are."""


class OrderRefused(ReconcileError):
    """What was ordered is not done; the message says why and what to do."""


class WorkerLost(ReconcileError):
    """The child process is gone; the message says how it ended."""
