"""`trunkline explain` against a real control socket: recorded calls, live ones, and those whose manifests are gone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from engine.cdr import OnwardAccount, OpenCall
from engine.config.ref import ConfigRef, Origin
from engine.identity import CallId
from engine.routing.decision import Trace, TraceStep, Verdict
from engine.routing.facts import Fact
from engine.views import CallAccount
from tests.api.test_routes import COMMIT, NOW, RULE, Site, call, record
from tests.support.served import answering

FORWARD = Trace(
    (TraceStep(Verdict.MATCHED, RULE, Origin("a.yaml", 7), "102 forwards to 103 when nobody answers"),),
    (Fact("contacts", "acme/103", 2),),
)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site()
    answered = replace(record(2), trace=record(2).trace._replace(facts=(Fact("contacts", "acme/102", 1),)))
    went_on = replace(
        record(3), onward=(OnwardAccount(at=NOW + timedelta(seconds=20), to="extension 103", trace=FORWARD),)
    )
    old = replace(record(4), version=1, revision="long ago")
    made.records.records = [answered, went_on, old]
    made.engine.live_calls = [call(102)]
    one = record(102)
    opened = OpenCall(
        call_id=CallId("0199-0102"),
        sip_call_id="a",
        started_at=NOW,
        revision="r",
        query=replace(one.query, at=NOW),
        trace=one.trace,
    )
    made.engine.accounts = {opened.call_id: CallAccount(opened=opened, answered_at=NOW, targets=one.targets, onward=())}
    with answering(made.app, tmp_path):
        yield made


def explain(data: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["explain", *arguments, "--data", str(data)])


TEXT = """\
101 called "102": answered by 102 after 5.0 s, 1:00 of talk; caller hung up

  matched   the caller belongs to the tenant
  matched   the number is its own
            Extension acme/102 (a.yaml:7)
              now kept at b.yaml:3
              | kind: Extension
              | metadata: {tenant: acme, name: "102"}
  missed    differs in one digit
            Extension acme/103
  asked     contacts acme/102 = 1

  tried     extension 102 at sip:102@192.0.2.2
            at 09:02:00, rang +0.0 s, answered +0.0 s, ended +0.0 s
            ANSWERED: SIP 200, Q.850 16, by caller, caller hung up

  ended     09:03:05  ANSWERED: SIP 200, Q.850 16, by caller, caller hung up

internal call 0199-0002, extension 102, 2026-11-20 09:02:00 UTC
tenant acme, listener phones, from 192.0.2.1, decided at revision r, kept as revision 4
commit 4c1d9e200000 by Grace Hopper: A desk for Radia
"""


@pytest.mark.usefixtures("site")
def test_a_recorded_call_down_to_the_manifest(tmp_path: Path) -> None:
    done = explain(tmp_path, "0199-0002")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == TEXT


@pytest.mark.usefixtures("site")
def test_as_json(tmp_path: Path) -> None:
    found = json.loads(explain(tmp_path, "0199-0003", "-o", "json").stdout)
    assert found["commit"] == COMMIT.to_json() | {"at": "2026-11-20T08:00:00Z", "source": ""}
    assert (found["is_live"], found["kept"], found["decided_by"]) == (False, 4, "Extension acme/102 (a.yaml:7)")
    assert found["onward"][0]["to"] == "extension 103"
    assert found["onward"][0]["facts"] == [{"name": "contacts", "subject": "acme/103", "value": 2, "text": ""}]
    assert [one["origin"] for one in found["declarations"]] == ["b.yaml:3"]


@pytest.mark.usefixtures("site")
def test_where_a_call_went_on_to(tmp_path: Path) -> None:
    shown = explain(tmp_path, "0199-0003").stdout
    assert "went on to extension 103 at 09:00:20\n\n  matched   102 forwards to 103 when nobody answers\n" in shown
    assert shown.count("| kind: Extension") == 1


@pytest.mark.usefixtures("site")
def test_an_old_record_whose_manifests_are_gone(tmp_path: Path) -> None:
    shown = explain(tmp_path, "0199-0004").stdout
    assert "Extension acme/102 (a.yaml:7)\n" in shown
    assert (
        "note      the manifests of the revision that decided are not kept any more, nor which commit they were of"
        in shown
    )
    assert "\ncommit" not in shown
    assert "decided at revision long ago\n" in shown


@pytest.mark.usefixtures("site")
def test_a_live_call(tmp_path: Path) -> None:
    done = explain(tmp_path, "0199-0102")
    assert done.stdout.startswith('101 called "102": they talk\n')
    assert "the call is live" in done.stdout
    assert "Extension acme/102 (a.yaml:7)" in done.stdout
    assert "  ended" not in done.stdout


@pytest.mark.usefixtures("site")
def test_a_call_that_is_not_there(tmp_path: Path) -> None:
    done = explain(tmp_path, "0199-9999")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "no record of call 0199-9999" in done.stderr


@pytest.mark.parametrize("call_id", ["", "x" * 300, "\u00e4", "a\x1b[2J", ".."])
def test_what_is_no_id(tmp_path: Path, call_id: str) -> None:
    done = explain(tmp_path, call_id)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "is no id of a call" in done.stderr
    assert "\x1b" not in done.stderr


def test_rules_are_named_once_in_their_order() -> None:
    from reconciler.explanation import rules_of

    other = ConfigRef("acme", "Extension", "103")
    assert rules_of(record(1).trace, (OnwardAccount(at=NOW, to="x", trace=FORWARD),)) == [RULE, other]
