"""What /metrics says over fake ports: only what is documented, all of it well formed, however many tenants there are."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.parser import text_string_to_metric_families

from api.app import create_app
from api.caller import by_control_socket
from api.events.hub import StreamFigures
from api.gate_refusal import GateRefusal
from api.metrics import exposition
from api.metrics.catalogue import METRICS
from api.metrics.families import MOST_REASONS, Reading, families
from api.metrics.requests import Requests
from engine.config.ref import ConfigRef, Revision
from engine.errors import JournalError
from engine.views import BanView, ListenerView, TrunkState, TrunkView, WebhookView
from reconciler.views import Condition, ConditionType, HoldView, Reason, ReconcileView, UnitStatus
from tests.support.doors import doors_of
from tests.support.fake_engine import FakeEngine, FakeWebhooks
from tests.support.following_server import Server

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[3]


def reading() -> Reading:
    """One of everything."""
    engine = FakeEngine()
    held = Condition(ConditionType.APPLIED, False, Reason.LAST_GOOD_KEPT, "invalid", NOW)
    accepted = Condition(ConditionType.ACCEPTED, False, Reason.INVALID, "invalid", NOW)
    unit = UnitStatus(
        unit="acme", attempted=None, applied=None, conditions=(accepted, held), problems=(), problem_count=1
    )
    return Reading(
        version="1.2.3",
        streams=StreamFigures(2, {"opened": 3, "cut_off": 1}),
        refusals={GateRefusal.WRONG_TOKEN: 3},
        engine=engine.engine(),
        figures=engine.figures(),
        reconcile=ReconcileView(
            revision=Revision("r"),
            source=None,
            source_problem="unreadable",
            last_round_at=NOW,
            last_applied_at=NOW,
            state_problem=None,
            units=(unit,),
            warnings=(),
            history=(),
            sequence=7,
            hold=HoldView(by="ada", at="2026", reason="", source=None),
        ),
        listeners=(
            ListenerView(name="udp", transport="udp", bound="", advertised="", tenant=None, problem="port taken"),
            ListenerView(
                name="tcp", transport="tcp", bound="", advertised="", tenant=None, problem=None, connections=4
            ),
            ListenerView(
                name="old", transport="tcp", bound="", advertised="", tenant=None, problem="d", is_draining=True
            ),
        ),
        trunks=(trunk("a", TrunkState.REGISTERED, 30), trunk("b", TrunkState.UNREACHABLE, 0)),
        bans=(BanView(source="192.0.2.1", reason="guessed", since=NOW, until=NOW, count=5, dropped=12),),
        webhooks=(webhook(),),
    )


def trunk(name: str, state: TrunkState, most: int) -> TrunkView:
    return TrunkView(
        ref=ConfigRef("acme", "Trunk", name),
        state=state,
        reason="",
        since=NOW,
        registers=True,
        registered_until=None,
        servers=(),
        channels=2,
        max_channels=most,
    )


def webhook() -> WebhookView:
    return WebhookView(
        tenant="acme",
        name="cdr",
        host="hooks.example",
        pending=3,
        oldest_at=NOW,
        set_aside=0,
        error=None,
        failed_at=None,
        delivered_at=None,
        next_attempt_at=None,
        delivered=9,
        failures=1,
        dropped=0,
    )


def value(made: list[Family], name: str, **labels: str) -> float:
    found = [s.value for family in made for s in family.samples if s.name == name and s.labels == labels]
    assert len(found) == 1, (name, labels, found)
    return found[0]


def made(of: Reading | None = None, requests: Requests | None = None) -> list[Family]:
    return list(families(of or reading(), requests or Requests()))


def test_each_family_is_documented_and_once() -> None:
    requests = Requests()
    requests.note("GET", "/v1/calls", 200, 0.004)
    found = made(requests=requests)
    names = [family.name + ("_total" if family.type == "counter" else "") for family in found]
    process = {name for name in METRICS if name.startswith("process_")}
    assert sorted([*names, *process]) == sorted(METRICS)
    for family, name in zip(found, names, strict=True):
        assert family.type == METRICS[name].type
        for sample in family.samples:
            assert set(sample.labels) - {"le"} == set(METRICS[name].labels), sample


CASES = [
    ("trunkline_units_held_back", {"reason": "LastGoodKept"}, 1),
    ("trunkline_source_readable", {}, 0),
    ("trunkline_suspended", {}, 1),
    ("trunkline_proposal_waiting", {}, 0),
    ("trunkline_revision_sequence", {}, 7),
    ("trunkline_last_applied_timestamp_seconds", {}, NOW.timestamp()),
    ("trunkline_build_info", {"version": "1.2.3", "media": "native", "python": "*"}, 1),
    ("trunkline_calls_ended_total", {"tenant": "acme", "outcome": "BUSY", "party": "callee"}, 3),
    ("trunkline_call_setup_seconds_bucket", {"stage": "ringing", "le": "0.1"}, 1),
    ("trunkline_call_setup_seconds_bucket", {"stage": "ringing", "le": "+Inf"}, 3),
    ("trunkline_call_setup_seconds_sum", {"stage": "answer"}, 3.0),
    ("trunkline_trunk_up", {"tenant": "acme", "trunk": "a"}, 1),
    ("trunkline_trunk_up", {"tenant": "acme", "trunk": "b"}, 0),
    ("trunkline_trunk_state", {"tenant": "acme", "trunk": "b", "state": "unreachable"}, 1),
    ("trunkline_trunk_state", {"tenant": "acme", "trunk": "b", "state": "up"}, 0),
    ("trunkline_trunk_channels_max", {"tenant": "acme", "trunk": "a"}, 30),
    ("trunkline_listener_up", {"listener": "udp", "transport": "udp"}, 0),
    ("trunkline_listener_connections", {"listener": "tcp", "transport": "tcp"}, 4),
    ("trunkline_media_packets_total", {"direction": "in"}, 10),
    ("trunkline_media_jitter_max_seconds", {}, 0.0025),
    ("trunkline_media_port_pairs", {"state": "ready"}, 10),
    ("trunkline_media_port_pairs_max", {}, 100),
    ("trunkline_dropped_total", {"reason": "too short"}, 2),
    ("trunkline_bans", {}, 1),
    ("trunkline_api_gate_refused_total", {"reason": "wrong_token"}, 3),
    ("trunkline_api_gate_refused_total", {"reason": "session_over"}, 0),
    ("trunkline_api_event_streams_open", {}, 2),
    ("trunkline_api_event_streams_total", {"what": "cut_off"}, 1),
    ("trunkline_ban_dropped", {}, 12),
    ("trunkline_storage_ok", {}, 1),
    ("trunkline_journal_unconfirmed", {}, 1),
    ("trunkline_database_queue", {}, 1),
    ("trunkline_webhook_pending", {"tenant": "acme", "hook": "cdr"}, 3),
]


@pytest.mark.parametrize(("name", "labels", "expected"), CASES, ids=[f"{c[0]}-{i}" for i, c in enumerate(CASES)])
def test_a_figure(name: str, labels: dict[str, str], expected: float) -> None:
    found = made()
    if "python" in labels:
        labels = labels | {
            "python": next(s.labels["python"] for f in found for s in f.samples if s.name == "trunkline_build_info")
        }
    assert value(found, name, **labels) == expected


WORDS = [
    ("refused: 403", "trunkline_refused_total", {"reason": "403"}),
    ("dropped: banned source", "trunkline_dropped_total", {"reason": "banned source"}),
    ("registrations expired", "trunkline_registration_events_total", {"event": "expired"}),
    ("stray 2xx", "trunkline_protocol_events_total", {"event": "stray 2xx"}),
    (
        "call to trunk acme/x can't be written: +4420",
        "trunkline_protocol_events_total",
        {"event": "call to a trunk can't be written"},
    ),
]


@pytest.mark.parametrize(("words", "name", "labels"), WORDS, ids=[case[0] for case in WORDS])
def test_a_counter_is_told_by_its_words(words: str, name: str, labels: dict[str, str]) -> None:
    one = reading()
    assert value(made(replace(one, engine=replace(one.engine, counters=((words, 4),)))), name, **labels) == 4


@pytest.mark.parametrize("words", ["call ended: BUSY", "webhooks delivered"])
def test_what_has_families_of_its_own_is_in_no_other(words: str) -> None:
    one = reading()
    found = made(replace(one, engine=replace(one.engine, counters=((words, 4),))))
    assert not [s for f in found for s in f.samples if set(s.labels.values()) & {words, words.partition(" ")[2]}]


def test_reasons_are_bounded() -> None:
    one = reading()
    counters = tuple([(f"refused: {number}", 1) for number in range(MOST_REASONS + 50)])
    found = made(replace(one, engine=replace(one.engine, counters=counters)))
    refused = next(family for family in found if family.name == "trunkline_refused")
    assert len(refused.samples) == MOST_REASONS + 1
    assert sum(sample.value for sample in refused.samples) == MOST_REASONS + 50


class NoWebhooks(FakeWebhooks):
    async def webhooks(self) -> tuple[WebhookView, ...]:
        raise JournalError("the database is not open yet")


def scrape(server: Server, engine: FakeEngine, webhooks: FakeWebhooks, times: int = 1) -> httpx.Response:
    doors = replace(doors_of(server, webhooks=webhooks), engine=engine, feed=engine)

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(by_control_socket(create_app(doors, "1.2.3")))
        async with httpx.AsyncClient(transport=transport, base_url="http://trunkline") as client:
            await client.get("/v1/nowhere/44200")
            for _ in range(times):
                answer = await client.get("/metrics")
            return answer

    return asyncio.run(ask())


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path)


def test_a_scrape_is_text_that_prometheus_reads(server: Server) -> None:
    answer = scrape(server, FakeEngine(), NoWebhooks(), times=2)
    assert (answer.status_code, answer.headers["content-type"]) == (200, exposition.CONTENT_TYPE)
    found = list(text_string_to_metric_families(answer.text))
    assert len({family.name for family in found}) == len(found)
    assert value(found, "trunkline_api_requests_total", method="GET", route="elsewhere", status="404") == 1
    assert value(found, "trunkline_api_requests_total", method="GET", route="/metrics", status="200") == 1
    assert value(found, "process_open_fds") > 0


def test_many_tenants_come_in_pieces_that_fit_together(server: Server) -> None:
    class Many(FakeEngine):
        def figures(self):  # type: ignore[no-untyped-def]  # as the one it changes
            return replace(super().figures(), live={f"tenant-{number}": number for number in range(333)})

    answer = scrape(server, Many(), NoWebhooks())
    found = {family.name: family for family in text_string_to_metric_families(answer.text)}
    assert {s.labels["tenant"]: s.value for s in found["trunkline_calls"].samples} == {
        f"tenant-{number}": number for number in range(333)
    }
    assert answer.text.count("# TYPE trunkline_calls gauge") == 1
