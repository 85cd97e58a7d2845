"""Errors of the reconciler.

ReconcileError
├── SourceUnavailable    the manifests can't be read at all; what runs keeps running
├── StateCorrupt         what was kept of the last applied revision can't be used
├── Unknown              there is no revision or resource of that number or name
├── OrderRefused         an approval, or going back, is not obeyed; what runs keeps running
├── BadManifestSet       posted bytes are no set of manifests
├── FaultyManifests      posted manifests have problems
├── TrialRefused         there is no room or time to plan posted manifests now
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


class BadManifestSet(ReconcileError):
    """What was posted is no set of manifests; the message says why. `is_malformed`: it is not even in the form it was said to have."""

    def __init__(self, message: str, *, is_malformed: bool = False) -> None:
        super().__init__(message)
        self.is_malformed = is_malformed


class FaultyManifests(ReconcileError):
    """Posted manifests have problems, so there is no plan of them. `problems`: JSON, a list of them."""

    def __init__(self, message: str, problems: bytes) -> None:
        super().__init__(message)
        self.problems = problems


class TrialRefused(ReconcileError):
    """Posted manifests are not planned now; the message says why. `retry_after_s`: when it may be tried again."""

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
