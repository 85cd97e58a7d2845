"""A server without sockets and without a child: folder, data folder, reconciler and a fake engine, round by round."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from functools import partial
from pathlib import Path
from typing import TypeVar

from engine.config.ref import ConfigRef, Revision
from reconciler.compile.data_versions import data_versions
from reconciler.errors import WorkerLost
from reconciler.loop import Reconciler
from reconciler.plan import Plan
from reconciler.plan_json import plan_from_json
from reconciler.restore import Restored, nothing, restore
from reconciler.secrets.certificate_file import certificate_file
from reconciler.secrets.resolver import Resolver
from reconciler.source.commit import GitCommit
from reconciler.source.directory import Directory
from reconciler.source.fetch import Fetcher
from reconciler.source.mirror import Fetched
from reconciler.source.tenant_remote import TenantRemote
from reconciler.state import Held
from reconciler.views import AppliedView, ConditionType, ProposalView, Reason, UnitStatus
from reconciler.worker.answers import answer
from reconciler.worker.at_hand import AtHand
from reconciler.worker.frames import (
    Collector,
    Committed,
    NotTold,
    PlanAsked,
    PlanTold,
    Question,
    RoundEnd,
    Told,
    decode,
    encode,
    sliced,
)
from reconciler.worker.look import Look
from reconciler.worker.order import Hold, Order
from reconciler.worker.store import StateStore
from reconciler.worker.verdict import Round
from tests.support.fake_engine import FakeEngine
from tests.support.manifest_folder import Folder

T = TypeVar("T")
KEY = b"k" * 32


def run(coroutine: Coroutine[object, object, T]) -> T:
    return asyncio.run(coroutine)


class Dies(Enum):
    """When the child ends: what it was about to do is not done, or not told."""

    AT_LOOK = auto()
    AT_COMMIT = auto()
    BEHIND_COMMIT = auto()


class InProcessWorker:
    """The child's work without the child; every round crosses as the frames that it would cross as. `dies`: once; then another starts."""

    def __init__(self, start: Callable[[], Look]) -> None:
        self._start = start
        self.look_ = start()
        self.dies: Dies | None = None

    def _reach(self, moment: Dies) -> None:
        if self.dies is moment:
            self.dies, self.look_ = None, self._start()
            raise WorkerLost("the worker process ended (exit status -9); it is started again")

    async def look(self, held: Held, order: Order | None = None) -> Round:
        self._reach(Dies.AT_LOOK)
        collector = Collector()
        for piece in sliced(self.look_.look(held, order)):
            message = decode(encode(piece)[4:])
            if isinstance(message, RoundEnd):
                return collector.whole(message)
            collector.add(message)  # type: ignore[arg-type]  # sliced yields no other
        raise AssertionError("a round without an end")

    async def commit(self, number: int, revision: Revision, at: str, duration_s: float) -> Committed:
        self._reach(Dies.AT_COMMIT)
        kept = self.look_.commit(number, revision, at, duration_s)
        self._reach(Dies.BEHIND_COMMIT)
        return Committed(kept.problem, kept.sequence, self.look_.followed)

    async def hold(self, hold: Hold | None) -> str | None:
        return self.look_.hold(hold)

    async def plan(self, sequence: int | None = None) -> PlanTold | NotTold:
        told = answer(self.look_, PlanAsked(sequence))
        assert isinstance(told, PlanTold | NotTold)
        return told

    async def tell(self, question: Question) -> Told | NotTold:
        told = answer(self.look_, question)
        assert isinstance(told, Told | NotTold)
        return told

    async def close(self) -> None: ...


class FetchedHere:
    """Fetches tenants' own sources in this process, when a test says `fetch`."""

    def __init__(self, data: Path) -> None:
        self.changed: Callable[[], None] = lambda: None
        self.wanted: tuple[TenantRemote, ...] = ()
        self.now = 1_000.0
        self.last: dict[str, Fetched] = {}
        self._data = data

    def follow(self, wanted: Iterable[TenantRemote]) -> None:
        self.wanted = tuple(wanted)

    def fetch(self) -> None:
        self.now = time.time()
        for one in self.wanted:
            self.last[one.tenant] = Fetcher(one.remote, self._data, {}, lambda: self.now).fetch()

    def problems(self) -> Mapping[ConfigRef, str]:
        return {
            ConfigRef("", "TenantSource", tenant): last.problem for tenant, last in self.last.items() if last.problem
        }

    def tips(self) -> Mapping[ConfigRef, str]:
        return {ConfigRef("", "TenantSource", tenant): last.tip for tenant, last in self.last.items()}

    async def refresh(self) -> None:
        self.fetch()


class Server:
    """A server without sockets and without a child: engine, reconciler, folder, data."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.folder = Folder(base / "manifests")
        self.environ = {"PW": "one", "PW2": "two"}
        self.now = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
        self.monotonic = 0.0
        self.commit: GitCommit | None = None
        self.sources = FetchedHere(base)
        self.start(nothing())

    def start(self, restored: Restored) -> None:
        self.engine = FakeEngine()
        if restored.held.units:
            self.engine.snapshot, self.engine.secrets = restored.snapshot, restored.secrets
        self.worker = InProcessWorker(self._look)
        self.reconciler = Reconciler(
            engine=self.engine,
            worker=self.worker,
            restored=restored,
            clock=self.clock,
            monotonic=lambda: self.monotonic,
            jitter=lambda: 1.0,
            sources=self.sources,
        )

    def _look(self) -> Look:
        """The child as it starts."""
        directory = Directory(self.folder.root, settle_s=0)
        resolver = Resolver(self.base, self.environ, KEY)
        return Look(
            directory,
            resolver,
            StateStore(self.base / "state", sync=lambda _: None),
            data_versions(),
            commit_of=lambda _: self.commit,
            at_hand=AtHand(resolver, partial(certificate_file, self.base), directory.beside, self.clock),
            data_folder=self.base,
        )

    def restart(self) -> Restored | None:
        restored = restore(self.base / "state", Resolver(self.base, self.environ, KEY))
        self.start(restored or nothing())
        return restored

    def clock(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def round(self) -> bool:
        return run(self.reconciler.round())

    def waiting(self) -> ProposalView:
        """What waits. AssertionError if nothing does."""
        proposal = self.reconciler.status().proposal
        assert proposal is not None
        return proposal

    def plan(self, sequence: int | None = None) -> Plan:
        return plan_from_json(json.loads(run(self.reconciler.plan(sequence)).plan))

    def approve(self, *confirmed: str, digest: str | None = None) -> AppliedView:
        """Approve what the source says now. OrderRefused as the reconciler."""
        named = digest or self.plan().digest
        return run(self.reconciler.approve(named, frozenset(confirmed), "ada"))

    def go_back(self, sequence: int, *confirmed: str, digest: str | None = None) -> AppliedView:
        named = digest or self.plan(sequence).digest
        return run(self.reconciler.go_back(sequence, named, frozenset(confirmed), "ada"))

    def revisions(self) -> list[dict[str, object]]:
        items = json.loads(run(self.reconciler.revisions()))["items"]
        assert isinstance(items, list)
        return items

    def extensions(self, name: str) -> dict[str, str] | None:
        found = self.engine.snapshot.tenants.get(name)
        return None if found is None else {number: value.display_name for number, value in found.extensions.items()}

    def unit(self, name: str) -> UnitStatus:
        return next(unit for unit in self.reconciler.status().units if unit.unit == name)

    def reason(self, name: str, sort: ConditionType = ConditionType.APPLIED) -> Reason:
        return next(condition.reason for condition in self.unit(name).conditions if condition.type is sort)
