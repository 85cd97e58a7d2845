"""The reconciler's doors: what the API and the command line may ask of it."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from engine.config.ref import ConfigRef
from reconciler.source.commit import GitCommit
from reconciler.source.tenant_remote import TenantRemote
from reconciler.views import AppliedView, Condition, HoldView, ReconcileView, ResourceView


class ReconcileTrigger(Protocol):
    """Asking for a round."""

    def request(self) -> None:
        """Look at the source again soon. Several requests before the next round are one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceFilter:
    """All conditions are ANDed; None = any; `tenant` "" = the system's own. `after`: a cursor, the key of the last one seen."""

    tenant: str | None = None
    kind: str | None = None
    after: ConfigRef | None = None
    limit: int = 100


class ReconcileQuery(Protocol):
    """How following the manifests stands. Called on the engine's loop; returns at once."""

    def status(self) -> ReconcileView: ...

    def resources(self, wanted: ResourceFilter) -> Sequence[ResourceView]:
        """Resources that run, and those that are written but don't, by tenant, kind, name; at most `wanted.limit`."""

    def conditions(self, ref: ConfigRef) -> Sequence[Condition]:
        """How that resource stands: those of its tenant, or the system, and whether it works."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """`plan`: JSON text; `refs`: of what live things may lose; `mode`: `auto` or `approved`; `waiting`: why it is not applied yet.

    `commit`: that it leads to, None where git does not know; `more_commits`: besides, of tenants' own sources.
    """

    plan: bytes
    refs: tuple[ConfigRef, ...]
    mode: str
    waiting: str | None
    hold: HoldView | None
    commit: GitCommit | None = None
    more_commits: tuple[GitCommit, ...] = ()


class PlanQuery(Protocol):
    """What the child knows: plans, revisions, manifests. OrderRefused with the reason where it can't be told; Unknown if there is none."""

    async def plan(self, sequence: int | None = None) -> PlanView:
        """What following the source would change now; or going back to a revision."""

    async def revisions(self, before: int | None = None, limit: int = 1000) -> bytes:
        """JSON: a page of those that are kept, newest first; `before`: older than the one with this number."""

    async def manifests(self, sequence: int | None = None) -> bytes:
        """JSON: the files that a revision was made of, None = what runs."""

    async def resource(self, ref: ConfigRef) -> bytes:
        """JSON: one resource as it is written, and with its defaults."""

    async def declarations(self, tenant: str, revision: str, refs: Sequence[ConfigRef], at: str = "") -> bytes:
        """JSON: how resources were written when the tenant was at that revision: `sequence`, null if it is kept no more; `declarations`;
        the `commit` that brought it. `at`: when that was, ISO 8601 UTC; "" = last."""


class PostedForm(StrEnum):
    """How a set of manifests is posted, by its media type."""

    JSON = "application/json"
    """`{"files": {path: text}}`."""
    TAR = "application/x-tar"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedPlan:
    """`plan`, `warnings`: JSON text; `refs`, `mode`: as in `PlanView`; `note`: why the server's own plan may have another digest."""

    plan: bytes
    refs: tuple[ConfigRef, ...]
    mode: str
    warnings: bytes
    note: str | None


class PlanTrial(Protocol):
    """Planning manifests that somebody posts. Nothing of them is kept or applied, and none of their secrets is looked at."""

    async def plan_posted(self, body: AsyncIterable[bytes], form: PostedForm, tenant: str | None) -> PostedPlan:
        """What these manifests would change of what runs; `tenant`: they are this tenant's only, and so is the plan.

        `body` is read when there is room; what it raises comes through. BadManifestSet, FaultyManifests, TrialRefused, and OrderRefused
        where what runs can't be told.
        """


class ReconcileControl(Protocol):
    """Deciding what is followed. OrderRefused says why something is not done; what runs keeps running then."""

    async def approve(self, digest: str, confirmed: frozenset[str], author: str, revision: str = "") -> AppliedView:
        """Apply what the source says, if its plan has this digest (or one that begins so), and leads to this revision, if one is given."""

    async def go_back(self, sequence: int, digest: str, confirmed: frozenset[str], author: str) -> AppliedView:
        """Apply a revision that ran before, if the plan of that has this digest; following rests from then on."""

    async def suspend(self, by: str, reason: str) -> None:
        """Let following rest: plans are made, nothing is applied, until `resume`."""

    async def resume(self, by: str) -> None: ...

    async def reconcile(self) -> AppliedView:
        """Look at the source now, and say what came of it."""


class TenantSources(Protocol):
    """Who fetches tenants' own sources."""

    changed: Callable[[], None]
    """Called when one of them has something new."""

    def follow(self, wanted: Iterable[TenantRemote]) -> None:
        """From now on these, and no others."""

    def problems(self) -> Mapping[ConfigRef, str]:
        """What can't be fetched, and why."""

    def tips(self) -> Mapping[ConfigRef, str]:
        """The commits that are followed, "" = none yet."""

    async def refresh(self) -> None:
        """Fetch all of them now, as far as that is soon done."""


class TenantHooks(Protocol):
    """Being told that there may be something new in a tenant's own source."""

    def receive(self, tenant: str, headers: Mapping[str, str], body: bytes) -> bool | None:
        """Whether it is believed; None: that tenant's source takes no webhooks, or has none. `headers`: by names in lower case."""


class SourceHook(Protocol):
    """Being told that there may be something new to follow."""

    def receive(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether it is believed. `headers`: by names in lower case."""
