"""What was fetched of a remote, as a source: the manifests at the tip that the mirror names, and whose tip it is.

A server that can't be reached for a while is no reason to call the source unavailable, for what was fetched is whole; after `STALE_S` it
is. A tip that is refused (its signature, or that the branch is gone) is one at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from reconciler.errors import SourceUnavailable
from reconciler.source.commit import GitCommit
from reconciler.source.git import GitRevision
from reconciler.source.mirror import Fetched, Mirror
from reconciler.source.remote import Remote
from reconciler.source.selection import Limits
from reconciler.source.tree import SourceTree

STALE_S: Final = 600.0


class FetchedSource:
    """Satisfies `Source`. `commit`: what was read last came from."""

    def __init__(
        self, remote: Remote, data: Path, now: Callable[[], float] = time.time, limits: Limits | None = None
    ) -> None:
        self._remote = remote
        self._limits = limits
        self._mirror = Mirror(data, remote.tenant)
        self._now = now
        self._commit: GitCommit | None = None
        self._read: tuple[str, SourceTree] | None = None

    @property
    def name(self) -> str:
        return self._remote.name

    @property
    def is_there(self) -> bool:
        return bool(self._state().tip)

    def place(self, path: str) -> str:
        """As `git show` takes it in a clone."""
        folder = f"{self._remote.path}/" if self._remote.path else ""
        return f"{self._remote.branch}:{folder}{path}"

    def read(self) -> SourceTree:
        state = self._state()
        if not state.tip:
            raise SourceUnavailable(state.problem or f"{self._remote.name} has not been fetched yet")
        if state.problem and (state.is_refusal or self._now() - state.at > STALE_S):
            raise SourceUnavailable(f"{state.problem}; what runs stays as it is, at commit {state.tip[:12]} or before")
        return self._tree(state)

    def latest(self) -> tuple[SourceTree, str]:
        """What was fetched last, however long ago, and why it may not be what is there now; "" = it is. SourceUnavailable."""
        state = self._state()
        if not state.tip:
            raise SourceUnavailable(state.problem or f"{self._remote.name} has not been fetched yet")
        is_told = state.problem and (state.is_refusal or self._now() - state.at > STALE_S)
        return self._tree(
            state
        ), f"{state.problem}; what was fetched before, {state.tip[:12]}, is followed" if is_told else ""

    def _tree(self, state: Fetched) -> SourceTree:
        if self._read is not None and self._read[0] == state.tip:
            return self._read[1]
        mirror = self._mirror.repository(self._remote.identity)
        tree = GitRevision(mirror, state.tip, self._remote.path or None, limits=self._limits).read()
        whose = GitRevision(mirror, state.changed or state.tip, self._remote.path or None)
        commit = whose.commit() if state.changed else whose.last_change()
        self._commit = replace(commit, replaced=state.replaced, source=self._remote.tenant)
        self._read = (state.tip, tree)
        return tree

    def commit_of(self, tree: SourceTree) -> GitCommit | None:
        """Whose `tree` is, which was read last."""
        return self._commit if self._read is not None and self._read[1] is tree else None

    def _state(self) -> Fetched:
        state = self._mirror.state()
        ours = (self._remote.url, self._remote.branch, self._remote.path)
        return state if (state.url, state.branch, state.path) == ours else Fetched()
