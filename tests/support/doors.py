"""The doors of a server that follows a folder, as `cli serve` hands them to the API; records and webhooks are of the tests' own."""

from __future__ import annotations

from api.doors import Doors
from reconciler.worker.trial import PlanTrials
from tests.support.fake_engine import FakeRecords, FakeWebhooks
from tests.support.following_server import Server


def doors_of(server: Server, records: FakeRecords | None = None, webhooks: FakeWebhooks | None = None) -> Doors:
    engine, reconciler = server.engine, server.reconciler
    return Doors(
        engine=engine,
        feed=engine,
        routing=engine,
        calls=engine,
        bans=engine,
        balances=engine.balances,
        preferences=engine,
        records=records or FakeRecords(),
        webhooks=webhooks or FakeWebhooks(),
        reconcile=reconciler,
        plans=reconciler,
        trials=PlanTrials(reconciler),
        control=reconciler,
    )
