"""The families of `/metrics`, made of what engine and reconciler show. Everything here is a plain reading of one moment."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.samples import Sample

from api.events.hub import StreamFigures
from api.gate_refusal import GateRefusal
from api.metrics.catalogue import METRICS
from api.metrics.requests import Requests
from engine.histogram import HistogramView
from engine.views import (
    BanView,
    EngineView,
    FiguresView,
    ListenerView,
    MediaFigures,
    StorageFigures,
    TrunkState,
    TrunkView,
    WebhookView,
)
from reconciler.views import ConditionType, Reason, ReconcileView, UnitStatus

Row = tuple[tuple[str, ...], float]
MOST_REASONS: Final = 300
OTHER: Final = "other"
_SYSTEM: Final = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """All that is read for one scrape. `webhooks`: empty where the database can't be asked."""

    version: str
    engine: EngineView
    figures: FiguresView
    reconcile: ReconcileView
    listeners: Sequence[ListenerView]
    trunks: Sequence[TrunkView]
    bans: Sequence[BanView]
    webhooks: Sequence[WebhookView]
    streams: StreamFigures
    refusals: Mapping[GateRefusal, int]


def families(reading: Reading, requests: Requests) -> Iterator[Family]:
    """All but those of the process."""
    yield from _server(reading)
    yield from _calls(reading.figures)
    yield from _around(reading)
    if reading.figures.media is not None:
        yield from _media(reading.figures.media)
    yield from _counters(reading.engine.counters)
    yield _plain("trunkline_bans", len(reading.bans))
    yield _plain("trunkline_ban_dropped", sum(ban.dropped for ban in reading.bans))
    yield _plain("trunkline_overloaded", reading.figures.overloaded)
    yield _histogram("trunkline_loop_lateness_seconds", {(): reading.figures.lateness})
    yield from _storage(reading.figures.storage)
    yield from _webhooks(reading.webhooks)
    yield _counter("trunkline_api_requests_total", requests.answered.items())
    # All of them from the start: what begins with its first count has no rate.
    yield _counter(
        "trunkline_api_gate_refused_total",
        [((reason.value,), reading.refusals.get(reason, 0)) for reason in GateRefusal],
    )
    yield _plain("trunkline_api_event_streams_open", reading.streams.open)
    yield _counter("trunkline_api_event_streams_total", _by_one(reading.streams.events))
    yield _histogram(
        "trunkline_api_request_seconds", {(route,): taken.view() for route, taken in requests.seconds.items()}
    )


def _server(reading: Reading) -> Iterator[Family]:
    engine, reconcile, media = reading.engine, reading.reconcile, reading.figures.media
    kind = "none" if media is None else "native" if media.compiled else "python"
    yield _gauge("trunkline_build_info", [((reading.version, kind, platform.python_version()), 1)])
    yield _plain("trunkline_start_time_seconds", engine.started_at.timestamp())
    yield _gauge("trunkline_revision_info", [((str(engine.revision),), 1)])
    yield _plain("trunkline_revision_sequence", reconcile.sequence)
    yield from _instant("trunkline_last_applied_timestamp_seconds", reconcile.last_applied_at)
    yield from _instant("trunkline_last_round_timestamp_seconds", reconcile.last_round_at)
    yield _plain("trunkline_source_readable", reconcile.source_problem is None)
    yield _plain("trunkline_tenant_sources_unavailable", _sources_unavailable(reconcile.units))
    yield _plain("trunkline_units", len(reconcile.units))
    held: Counter[tuple[str, ...]] = Counter()
    for unit in reconcile.units:
        for condition in unit.conditions:
            if condition.type is ConditionType.APPLIED and not condition.is_true:
                held[(condition.reason.value,)] += 1
    yield _gauge("trunkline_units_held_back", held.items())
    yield _plain("trunkline_proposal_waiting", reconcile.proposal is not None)
    yield _plain("trunkline_suspended", reconcile.hold is not None)
    yield _plain("trunkline_manifest_warnings", len(reconcile.warnings))


def _sources_unavailable(units: Iterable[UnitStatus]) -> int:
    return sum(
        any(one.type is ConditionType.ACCEPTED and one.reason is Reason.SOURCE_UNAVAILABLE for one in unit.conditions)
        for unit in units
        if unit.unit
    )


def _calls(figures: FiguresView) -> Iterator[Family]:
    yield _gauge("trunkline_calls", _by_one(figures.live))
    yield _counter("trunkline_calls_started_total", _by_one(figures.started))
    yield _counter("trunkline_calls_answered_total", _by_one(figures.answered))
    yield _counter("trunkline_calls_ended_total", figures.ended.items())
    yield _histogram("trunkline_call_setup_seconds", {("ringing",): figures.ringing, ("answer",): figures.answering})
    yield _gauge("trunkline_registrations", _by_one(figures.registrations))


def _around(reading: Reading) -> Iterator[Family]:
    trunks = [((trunk.ref.tenant or _SYSTEM, trunk.ref.name), trunk) for trunk in reading.trunks]
    up = (TrunkState.UP, TrunkState.REGISTERED)
    yield _gauge("trunkline_trunk_up", [(key, trunk.state in up) for key, trunk in trunks])
    yield _gauge(
        "trunkline_trunk_state",
        [((*key, state.value), trunk.state is state) for key, trunk in trunks for state in TrunkState],
    )
    yield _gauge("trunkline_trunk_channels", [(key, trunk.channels) for key, trunk in trunks])
    limited = [(key, trunk.max_channels) for key, trunk in trunks if trunk.max_channels]
    yield _gauge("trunkline_trunk_channels_max", limited)
    listening = [one for one in reading.listeners if not one.is_draining]
    yield _gauge("trunkline_listener_up", [((one.name, one.transport), one.problem is None) for one in listening])
    yield _gauge(
        "trunkline_listener_connections",
        [((one.name, one.transport), one.connections) for one in listening if one.connections is not None],
    )


def _media(media: MediaFigures) -> Iterator[Family]:
    yield _counter("trunkline_media_packets_total", _by_one({"in": media.packets_in, "out": media.packets_out}))
    yield _counter("trunkline_media_bytes_total", _by_one({"in": media.bytes_in, "out": media.bytes_out}))
    yield _counter("trunkline_media_packets_lost_total", [((), media.lost)])
    yield _counter("trunkline_media_packets_dropped_total", _by_one(media.drops))
    yield _plain("trunkline_media_streams", media.receiving)
    yield _plain("trunkline_media_jitter_mean_seconds", media.jitter_mean_ms / 1000)
    yield _plain("trunkline_media_jitter_max_seconds", media.jitter_max_ms / 1000)
    yield _gauge(
        "trunkline_media_port_pairs", [((state,), count) for state, count in media.pairs.items() if state != "total"]
    )
    yield _plain("trunkline_media_port_pairs_max", media.pairs["total"])


def _counters(counters: Iterable[tuple[str, int]]) -> Iterator[Family]:
    """The engine's counters, which are told apart by their words."""
    names = ("trunkline_refused_total", "trunkline_dropped_total", "trunkline_registration_events_total")
    rest = "trunkline_protocol_events_total"
    found: dict[str, Counter[tuple[str, ...]]] = {name: Counter() for name in (*names, rest)}
    for words, count in counters:
        first, _, after = words.partition(" ")
        match first:
            case "refused:":
                name, label = names[0], after
            case "dropped:":
                name, label = names[1], after
            case "registrations":
                name, label = names[2], after
            case "webhooks":
                continue  # those have families of their own
            case _ if words.startswith("call ended: "):
                continue  # the same
            case _ if words.startswith("call to trunk "):
                name, label = rest, "call to a trunk can't be written"
            case _:
                name, label = rest, words
        kept = found[name]
        kept[(label,) if (label,) in kept or len(kept) < MOST_REASONS else (OTHER,)] += count
    for name, kept in found.items():
        yield _counter(name, kept.items())


def _storage(storage: StorageFigures) -> Iterator[Family]:
    yield _plain("trunkline_storage_ok", not storage.problem)
    yield _plain("trunkline_journal_unconfirmed", storage.unconfirmed)
    yield _counter("trunkline_journal_events_total", _by_one(storage.journal))
    yield _counter("trunkline_records_stored_total", [((), storage.records.get("stored", 0))])
    yield _plain("trunkline_registration_changes_waiting", storage.changes)
    yield _plain("trunkline_database_queue", storage.queue)
    failures = {
        "records": storage.records.get("failures", 0),
        "registrations": storage.locations.get("failures", 0),
    }
    yield _counter("trunkline_database_failures_total", _by_one(failures))


def _webhooks(webhooks: Sequence[WebhookView]) -> Iterator[Family]:
    keyed = [((one.tenant, one.name), one) for one in webhooks]
    yield _gauge("trunkline_webhook_pending", [(key, one.pending) for key, one in keyed])
    oldest = [(key, one.oldest_at.timestamp()) for key, one in keyed if one.oldest_at is not None]
    yield _gauge("trunkline_webhook_oldest_timestamp_seconds", oldest)
    yield _counter("trunkline_webhook_delivered_total", [(key, one.delivered) for key, one in keyed])
    yield _counter("trunkline_webhook_failures_total", [(key, one.failures) for key, one in keyed])
    yield _counter("trunkline_webhook_dropped_total", [(key, one.dropped) for key, one in keyed])


def _by_one(values: Mapping[str, int]) -> list[tuple[tuple[str, ...], int]]:
    return [((key,), value) for key, value in values.items()]


def _plain(name: str, value: float) -> Family:
    return _gauge(name, [((), value)])


def _instant(name: str, at: datetime | None) -> Iterator[Family]:
    if at is not None:
        yield _plain(name, at.timestamp())


def _gauge(name: str, rows: Iterable[tuple[tuple[str, ...], float]]) -> Family:
    metric = METRICS[name]
    family = GaugeMetricFamily(name, metric.help)
    family.samples = [
        Sample(name, dict(zip(metric.labels, labels, strict=True)), float(value)) for labels, value in rows
    ]
    return family


def _counter(name: str, rows: Iterable[tuple[tuple[str, ...], float]]) -> Family:
    metric = METRICS[name]
    family = CounterMetricFamily(name, metric.help)
    family.samples = [
        Sample(name, dict(zip(metric.labels, labels, strict=True)), float(value)) for labels, value in rows
    ]
    return family


def _histogram(name: str, rows: Mapping[tuple[str, ...], HistogramView]) -> Family:
    metric = METRICS[name]
    family = HistogramMetricFamily(name, metric.help, labels=metric.labels)
    for labels, view in rows.items():
        so_far, buckets = 0, []
        for bound, count in zip((*map(str, view.bounds), "+Inf"), view.counts, strict=True):
            so_far += count
            buckets.append((bound, float(so_far)))
        family.add_metric(labels, buckets, view.total)
    return family
