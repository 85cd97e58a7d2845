"""Errors of the reconciler.

ReconcileError
├── SourceUnavailable    the manifests can't be read at all; what runs keeps running
├── StateCorrupt         what was kept of the last applied revision can't be used
└── WorkerLost           the child process ended or speaks nonsense; it is started again
"""


class ReconcileError(Exception):
    """Root of what the reconciler raises."""


class SourceUnavailable(ReconcileError):
    """The source is missing, unreadable or empty; the message says which and what to do. Never a reason to delete anything."""


class StateCorrupt(ReconcileError):
    """A file of the state folder is unusable; the message names it and the reason."""


class WorkerLost(ReconcileError):
    """The child process is gone; the message says how it ended."""
