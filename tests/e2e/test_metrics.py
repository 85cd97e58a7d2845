"""What Prometheus sees of a server with phones: all that is documented, and figures that are true."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.parser import text_string_to_metric_families

from api.metrics.catalogue import METRICS
from tests.e2e.office import ADA, GRACE
from tests.support.phone import ROOT
from tests.support.phone_bare import BarePhone
from tests.support.prometheus import scraping
from tests.support.trunkline_process import Site, Trunkline

RULES = ROOT / "deploy" / "prometheus" / "alerts.yml"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server that one phone is registered with, and that has refused one call: nobody is registered there."""
    folder = tmp_path_factory.mktemp("m")
    site = Site.create(folder, folder, [ADA, GRACE])
    with Trunkline(site), BarePhone(site.account(ADA)) as phone:
        assert phone.register().status == 200
        line = phone.credentials_for("INVITE", site.uri(GRACE))
        assert phone.request("INVITE", site.uri(GRACE), line, cseq=2).status == 480
        site.wait_for_cdrs(1)
        yield site


def scraped(site: Site) -> dict[str, Family]:
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(site.data / "control.sock"))) as client:
        answer = client.get("http://trunkline/metrics")
    assert answer.status_code == 200
    return {family.name: family for family in text_string_to_metric_families(answer.text)}


def value(found: dict[str, Family], series: str, **labels: str) -> float:
    samples = [sample for family in found.values() for sample in family.samples]
    return next(sample.value for sample in samples if sample.name == series and sample.labels == labels)


def test_a_scrape_has_all_that_is_documented_and_nothing_else(site: Site) -> None:
    scraped(site)
    found = scraped(site)
    names = {name + ("_total" if family.type == "counter" else "") for name, family in found.items()}
    # Of a server whose manifests have been applied, with media open.
    assert names == set(METRICS)


def test_figures_are_true(site: Site) -> None:
    found = scraped(site)
    assert value(found, "trunkline_calls_started_total", tenant="office") == 1
    assert value(found, "trunkline_calls_ended_total", tenant="office", outcome="OFFLINE", party="callee") == 1
    assert value(found, "trunkline_registrations", tenant="office") == 1
    assert value(found, "trunkline_listener_up", listener="phones", transport="udp") == 1
    assert found["trunkline_units_held_back"].samples == []
    assert value(found, "trunkline_source_readable") == 1
    assert value(found, "trunkline_storage_ok") == 1
    assert value(found, "trunkline_media_port_pairs_max") == 40
    assert value(found, "trunkline_api_requests_total", method="GET", route="/v1/cdrs", status="200") >= 1


def test_prometheus_scrapes_it_and_no_alert_is_raised(site: Site, tmp_path: Path) -> None:
    with scraping(site.data / "control.sock", tmp_path, RULES) as prometheus:
        assert prometheus.wait_for('up{job="trunkline"} == 1')
        ended = prometheus.wait_for("trunkline_calls_ended_total")
        assert ended == {
            json.dumps(
                {
                    "__name__": "trunkline_calls_ended_total",
                    "outcome": "OFFLINE",
                    "party": "callee",
                    "tenant": "office",
                }
            ): 1.0
        }
        assert prometheus.wait_for("trunkline:loop_late:p99_5m >= 0 or vector(1)")
        assert set(prometheus.rules().values()) <= {"ok", "unknown"}
        assert prometheus.query('ALERTS{severity!="info"}') == {}
