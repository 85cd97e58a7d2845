"""With which commits a state came to differ from the one before it: the platform's, and those of tenants' own sources. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from reconciler.plan import SHORT
from reconciler.source.commit import GitCommit
from reconciler.state import UnitState
from reconciler.worker.gather import own_files

MOST_TOLD: Final = 10


@dataclass(frozen=True, slots=True)
class Whose:
    """`platform`: the commit of the platform's manifests, if some of those changed; `tenants`: of own sources that did.

    `units`: with which each changed unit came to be as it is; None where git does not know.
    """

    platform: GitCommit | None = None
    tenants: Mapping[str, GitCommit] = field(default_factory=dict)
    units: Mapping[str, GitCommit | None] = field(default_factory=dict)

    @property
    def all(self) -> tuple[GitCommit, ...]:
        """The platform's, then those of tenants by name."""
        return tuple(self.tenants.values()) if self.platform is None else (self.platform, *self.tenants.values())

    @property
    def first(self) -> GitCommit | None:
        """The one that a revision is listed under."""
        return next(iter(self.all), None)

    def words(self, *, with_author: bool) -> str:
        """All of them, as history says it."""
        told = [] if self.platform is None else [_words(self.platform, with_author=with_author)]
        for tenant, commit in islice(self.tenants.items(), MOST_TOLD):
            told.append(f"{tenant}: {_words(commit, with_author=with_author or len(self.tenants) > 1)}")
        more = len(self.tenants) - MOST_TOLD
        return "; ".join([*told, *([f"and {more} more"] if more > 0 else [])])


def whose(
    before: Mapping[str, UnitState],
    after: Mapping[str, UnitState],
    platform: Callable[[], GitCommit | None],
    tenants: Mapping[str, GitCommit | None],
) -> Whose:
    """`platform`: asked only if it matters; `tenants`: the commits of own sources as they are now."""
    of_tenants: dict[str, GitCommit] = {}
    units: dict[str, GitCommit | None] = {}
    of_platform: list[str] = []
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name), after.get(name)
        if was is not None and now is not None and was.revision == now.revision:
            continue
        files_before = frozenset(() if was is None else was.files)
        files_after = frozenset(() if now is None else now.files)
        changed = files_before ^ files_after
        own = own_files(changed, name)
        commit = tenants.get(name)
        if own and commit is not None:
            of_tenants[name] = commit
            units[name] = commit
        if changed - own or not (own and commit is not None):
            of_platform.append(name)
    found = platform() if of_platform else None
    return Whose(found, of_tenants, {**dict.fromkeys(of_platform, found), **units})


def _words(commit: GitCommit, *, with_author: bool) -> str:
    by = f" by {commit.author}" if with_author else ""
    rewritten = f" (the branch was rewritten: {commit.replaced[:SHORT]} is not in it)" if commit.replaced else ""
    return f"commit {commit.id[:SHORT]}{by}: {commit.subject}{rewritten}"
