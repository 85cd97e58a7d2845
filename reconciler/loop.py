"""The reconciler: one round after the other, asked for by a change of the source, by a person, or by the interval.

A round looks (in the child), builds the next Snapshot from what came back, lets the engine take it, and commits. What is refused or
fails leaves everything as it was and is tried again, later each time, or at once when the source changes. Rounds never overlap; an
edit during one leads to another.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from typing import Final

from engine.config.snapshot import Snapshot
from engine.errors import EngineError, PrepareRefused
from engine.ports import EngineControl
from reconciler.errors import ReconcileError
from reconciler.ports import ResourceFilter
from reconciler.restore import Restored
from reconciler.state import SYSTEM_UNIT, Evolution, Held, HeldUnit
from reconciler.status import Board
from reconciler.views import Reason, ReconcileView, ResourceView, RoundView
from reconciler.worker.process import Worker
from reconciler.worker.verdict import Findings, Round

log = logging.getLogger("trunkline.reconciler")

INTERVAL_S: Final = 5.0
"""How often the source and the secrets are looked at without being asked; costs a `stat` of each file, in the child."""
FIRST_RETRY_S: Final = 1.0
LONGEST_RETRY_S: Final = 60.0


class Reconciler:
    """Satisfies `ReconcileTrigger` and `ReconcileQuery`. `jitter`: a random factor around 1; `monotonic`: seconds."""

    def __init__(
        self,
        *,
        engine: EngineControl,
        worker: Worker,
        restored: Restored,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
        jitter: Callable[[], float],
        interval_s: float = INTERVAL_S,
    ) -> None:
        self._engine = engine
        self._worker = worker
        self._clock = clock
        self._monotonic = monotonic
        self._jitter = jitter
        self._interval_s = interval_s
        self._held = restored.held
        self._wanted = asyncio.Event()
        self._failures = 0
        self.serving = asyncio.Event()
        """Set once the engine holds a revision of the manifests."""
        self._board = Board(clock())
        self._board.restored({unit: held.revision for unit, held in restored.held.units.items()}, clock())

    # ReconcileTrigger

    def request(self) -> None:
        self._wanted.set()

    # ReconcileQuery

    def status(self) -> ReconcileView:
        return self._board.view(self._engine.snapshot)

    def resources(self, wanted: ResourceFilter) -> Sequence[ResourceView]:
        return tuple(self._board.resources(self._engine.snapshot, wanted))

    # Rounds

    async def follow(self, changes: AsyncIterator[None]) -> None:
        """Ask for a round at each change of the source. Runs until cancelled."""
        async for _ in changes:
            self.request()

    async def run(self) -> None:
        """One round after the other, until cancelled."""
        while True:
            self._wanted.clear()
            await self.round()
            try:
                await asyncio.wait_for(self._wanted.wait(), self._pause_s())
            except TimeoutError:
                pass

    async def round(self) -> bool:
        """One round. True if the engine holds what the source says, as far as that is valid. Never raises but for cancellation."""
        started = self._monotonic()
        try:
            await self._round(started)
        except PrepareRefused as error:
            log.error("prepare refused: %s", "; ".join(error.reasons))
        except (ReconcileError, EngineError) as error:
            log.error("round failed: %s", error)
        except Exception:
            # The border of a round: whatever goes wrong in it leaves the last good revision running.
            log.exception("round failed")
        else:
            self._failures = 0
            return True
        self._failures += 1
        return False

    async def _round(self, started: float) -> None:
        before = self._engine.snapshot
        done = await self._worker.look(self._observed(before))
        if not done.is_quiet:
            await self._apply(done, before, started)
        if self._held.units:
            self.serving.set()
        state_problem = await self._worker.commit(
            done.number, self._engine.snapshot.revision, self._clock().isoformat()
        )
        self._tell(done.found, state_problem, None)

    def _observed(self, snapshot: Snapshot) -> Held:
        """What we hold, without the units in which the engine differs from it: those are then sent anew."""
        running = {name: tenant.revision for name, tenant in snapshot.tenants.items()}
        running[SYSTEM_UNIT] = snapshot.system_revision
        agreed = {unit: held for unit, held in self._held.units.items() if running.get(unit) == held.revision}
        strangers = {name: HeldUnit(revision, "") for name, revision in running.items() if name and name not in agreed}
        version = self._held.secrets_version if self._engine.secrets.version == self._held.secrets_version else ""
        return Held(agreed | strangers, version)

    async def _apply(self, done: Round, before: Snapshot, started: float) -> None:
        try:
            evolution = Evolution(before, done.removed)
            for change in done.changes:
                evolution.add(change)
                await asyncio.sleep(0)
            snapshot = evolution.snapshot()
        except ValueError:
            self._held = Held()  # what we hold does not fit to what the child thinks: all anew
            raise
        secrets = done.secrets or self._engine.secrets
        try:
            retired = await self._engine.apply(snapshot, secrets)
        except PrepareRefused as error:
            message = "; ".join(error.reasons)
            self._tell(done.found, done.state_problem, (Reason.PREPARE_REFUSED, message))
            self._board.done(self._entry(done, before, Reason.PREPARE_REFUSED, message, started))
            raise
        self._held = _held_after(self._held, done, secrets.version)
        for gone in retired:
            if not gone.done:
                log.warning("not retired yet: ref=%s reason=%s", gone.ref, gone.reason)
        if snapshot.revision != before.revision or done.secrets is not None:
            what = "applied" if snapshot.revision != before.revision else "secrets changed"
            entry = self._entry(done, snapshot, Reason.IN_SYNC, what, started)
            self._board.done(entry)
            log.info(
                "%s: revision=%s values=%d units=%s ms=%d",
                what,
                snapshot.revision[:12],
                entry.changed,
                ",".join(unit or "system" for unit in entry.units) or "-",
                entry.duration_s * 1000,
            )

    def _entry(self, done: Round, snapshot: Snapshot, result: Reason, message: str, started: float) -> RoundView:
        changing = [change for change in done.changes if change.changes_values]
        return RoundView(
            at=self._clock(),
            result=result,
            revision=snapshot.revision,
            source=done.found.source,
            changed=sum(len(change.upserts) + len(change.deletes) for change in changing),
            units=tuple(sorted({change.unit for change in changing} | set(done.removed))),
            duration_s=self._monotonic() - started,
            message=message,
        )

    def _tell(self, found: Findings, state_problem: str | None, refused: tuple[Reason, str] | None) -> None:
        news = self._board.found(found, state_problem, refused, self._clock())
        if news.source_problem is not None:
            log.error("source unavailable: %s", news.source_problem)
        if news.state_problem is not None:
            log.error("state: %s", news.state_problem)
        for problem in news.warnings:
            log.warning("%s", problem)
        for verdict in news.verdicts:
            if verdict.is_accepted:
                log.info("accepted again: unit=%s", verdict.unit or "system")
            elif verdict.problem_count:
                log.error("held back: unit=%s problems=%d", verdict.unit or "system", verdict.problem_count)
                for problem in verdict.problems[:20]:
                    log.error("%s", problem)

    def _pause_s(self) -> float:
        if not self._failures:
            return self._interval_s
        return float(min(LONGEST_RETRY_S, FIRST_RETRY_S * 2 ** min(self._failures - 1, 10)) * self._jitter())


def _held_after(held: Held, done: Round, secrets_version: str) -> Held:
    units = dict(held.units)
    for unit in done.removed:
        units.pop(unit, None)
    for change in done.changes:
        units[change.unit] = HeldUnit(change.revision, change.origins_revision)
    return Held(units, secrets_version)
