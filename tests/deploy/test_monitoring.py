"""The dashboard and the alerts: only metrics that exist, expressions that Prometheus takes, a page that says what to do about each."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from api.metrics.catalogue import METRICS

ROOT = Path(__file__).resolve().parents[2]
DASHBOARD = ROOT / "deploy" / "grafana" / "trunkline.json"
RULES = ROOT / "deploy" / "prometheus" / "alerts.yml"
RULE_TESTS = tuple([ROOT / "deploy" / "prometheus" / name for name in ("alerts-test.yml", "alerts-slow-test.yml")])
PAGES = (ROOT / "docs" / "alerts.md", ROOT / "docs" / "metrics.md")
SERIES = {series for metric in METRICS.values() for series in metric.series}
NAME = re.compile(r"\b(?:trunkline|process)_[a-z_]+\b")
STANDS_FOR = {"$__rate_interval": "5m", "$instance": ".*", "$tenant": ".*"}

needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is not installed; on Debian: apt-get install prometheus"
)


def alerts() -> dict[str, str]:
    """Where each alert says that its page is."""
    groups = YAML(typ="safe").load(RULES.read_text("utf-8"))["groups"]
    found = [rule for group in groups for rule in group["rules"] if "alert" in rule]
    return {rule["alert"]: rule["annotations"]["runbook"] for rule in found}


def expressions(value: object) -> Iterator[str]:
    """All that Grafana will ask Prometheus."""
    if isinstance(value, dict):
        for key, inside in value.items():
            if key in ("expr", "definition") and isinstance(inside, str):
                yield inside
            else:
                yield from expressions(inside)
    elif isinstance(value, list):
        for inside in value:
            yield from expressions(inside)


def dashboard_expressions() -> list[str]:
    return list(expressions(json.loads(DASHBOARD.read_text("utf-8"))))


@pytest.mark.parametrize("path", [DASHBOARD, RULES, *RULE_TESTS, *PAGES], ids=lambda path: path.name)
def test_every_metric_that_is_named_exists(path: Path) -> None:
    named = set(NAME.findall(path.read_text("utf-8")))
    assert named
    assert named <= SERIES | set(METRICS)


def test_the_dashboard_shows_each_group_of_metrics() -> None:
    shown = set(NAME.findall(" ".join(dashboard_expressions())))
    missing = {name for name, metric in METRICS.items() if not shown & set(metric.series)}
    # What an alert, or another metric, tells better.
    assert missing == {
        "process_start_time_seconds",
        "process_virtual_memory_bytes",
        "trunkline_ban_dropped",
        "trunkline_database_failures_total",
        "trunkline_journal_events_total",
        "trunkline_last_round_timestamp_seconds",
        "trunkline_manifest_warnings",
        "trunkline_media_bytes_total",
        "trunkline_media_packets_dropped_total",
        "trunkline_media_streams",
        "trunkline_overloaded",
        "trunkline_records_stored_total",
        "trunkline_revision_info",
        "trunkline_source_readable",
        "trunkline_tenant_sources_unavailable",
        "trunkline_start_time_seconds",
        "trunkline_storage_ok",
        "trunkline_suspended",
        "trunkline_units",
        "trunkline_webhook_delivered_total",
        "trunkline_webhook_dropped_total",
        "trunkline_webhook_failures_total",
        "trunkline_webhook_oldest_timestamp_seconds",
    }


def test_every_alert_says_what_to_do_and_is_tried() -> None:
    runbooks = alerts()
    page = (ROOT / "docs" / "alerts.md").read_text("utf-8")
    assert re.findall(r"^## (\w+)$", page, re.MULTILINE) == list(runbooks)
    assert {name for path in RULE_TESTS for name in re.findall(r"alertname: (\w+)", path.read_text("utf-8"))} == set(
        runbooks
    )
    assert runbooks == {name: f"docs/alerts.md#{name.lower()}" for name in runbooks}


@needs_promtool
def test_promtool_accepts_and_tries_the_rules() -> None:
    for command in (
        ["check", "rules", "--lint-fatal", RULES.name],
        ["test", "rules", *[path.name for path in RULE_TESTS]],
    ):
        done = subprocess.run(["promtool", *command], cwd=RULES.parent, capture_output=True, text=True, timeout=50)
        assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
def test_promtool_accepts_every_expression_of_the_dashboard(tmp_path: Path) -> None:
    asked = [one for one in dashboard_expressions() if not one.startswith("label_values(")]
    for word, plain in STANDS_FOR.items():
        asked = [one.replace(word, plain) for one in asked]
    made = [{"record": f"trunkline:panel{number}", "expr": one} for number, one in enumerate(asked)]
    path = tmp_path / "panels.yml"
    path.write_text(json.dumps({"groups": [{"name": "panels", "rules": made}]}), "utf-8")
    done = subprocess.run(["promtool", "check", "rules", str(path)], capture_output=True, text=True, timeout=50)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(made)} rules found" in done.stdout


@needs_promtool
def test_promtool_finds_nothing_wrong_with_the_names() -> None:
    lines = [
        f"# HELP {metric.name} {metric.help}\n# TYPE {metric.name} {metric.type}\n{metric.name} 1\n"
        for metric in METRICS.values()
        if metric.type != "histogram"
    ]
    done = subprocess.run(
        ["promtool", "check", "metrics"], input="".join(lines), capture_output=True, text=True, timeout=50
    )
    assert done.returncode == 0, done.stdout + done.stderr
