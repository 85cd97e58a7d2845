"""A scrape: read on the loop, written in slices, so that phones wait for none of it longer than a slice takes.

Not in a thread: a thread that computes keeps the loop from the interpreter for 5 ms at a time.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, ProcessCollector, generate_latest
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from api.doors import Doors
from api.events.hub import StreamFigures
from api.gate_refusal import GateRefusal
from api.metrics.catalogue import METRICS
from api.metrics.families import Reading, families
from api.metrics.requests import Requests
from engine.errors import EngineError
from engine.views import WebhookView

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4
SLICE_S: Final = 0.001
SLICE_SAMPLES: Final = 50

_process: Final = ProcessCollector(registry=None)


class _One(Collector):
    def __init__(self, family: Family) -> None:
        self._family = family

    def collect(self) -> Iterable[Family]:
        return (self._family,)


async def exposition(
    doors: Doors, requests: Requests, streams: StreamFigures, refusals: Mapping[GateRefusal, int], version: str
) -> bytes:
    """All metrics in Prometheus' text format."""
    webhooks = await _webhooks(doors)
    # Descriptors are counted by listing a folder with thousands of entries: system calls, which leave the interpreter to others.
    of_process = await asyncio.to_thread(lambda: list(_process.collect()))
    reading = Reading(
        version=version,
        engine=doors.engine.engine(),
        figures=doors.engine.figures(),
        reconcile=doors.reconcile.status(),
        listeners=doors.engine.listeners(),
        trunks=doors.engine.trunks(),
        bans=doors.engine.bans(),
        webhooks=webhooks,
        streams=streams,
        refusals=refusals,
    )
    await asyncio.sleep(0)
    parts: list[bytes] = []
    began = time.monotonic()
    for family in (*families(reading, requests), *of_process):
        for part in _written(family):
            parts.append(part)
            if time.monotonic() - began > SLICE_S:
                await asyncio.sleep(0)
                began = time.monotonic()
    return b"".join(parts)


async def _webhooks(doors: Doors) -> list[WebhookView]:
    try:
        return list(await doors.webhooks.webhooks())
    except EngineError:
        return []  # the database is not open: trunkline_storage_ok says so


def _written(family: Family) -> Iterator[bytes]:
    """In pieces of a few samples; HELP and TYPE stand before the first."""
    samples = family.samples
    if family.name not in METRICS and f"{family.name}_total" not in METRICS:
        return
    for begin in range(0, max(1, len(samples)), SLICE_SAMPLES):
        family.samples = samples[begin : begin + SLICE_SAMPLES]
        text = generate_latest(_One(family))
        yield (
            text
            if begin == 0
            else b"".join([line for line in text.splitlines(keepends=True) if not line.startswith(b"#")])
        )
