"""`trunkline get` against a real control socket over fake ports."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api import control_socket
from cli.main import app
from tests.api.test_routes import Site, ban, binding, call, drain, record, webhook
from tests.support.served import answering


def get(data: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["get", *arguments, "--data", str(data)])


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site()
    made.engine.live_calls = [call(102), call(103, "beta")]
    made.engine.bindings = [binding("101"), binding("102", "sip:evil\x1b[2J@192.0.2.1")]
    made.engine.draining = [drain(3)]
    made.engine.banned = [ban("192.0.2.7")]
    made.records.records = [record(number) for number in range(1, 1205)]
    with answering(made.app, tmp_path):
        yield made


@pytest.mark.usefixtures("site")
def test_lists_as_text(tmp_path: Path) -> None:
    lines = get(tmp_path, "calls").stdout.splitlines()
    assert lines[0].split() == [
        "ID",
        "TENANT",
        "FROM",
        "TO",
        "STATE",
        "SINCE",
        "(UTC)",
        "DECIDED",
        "BY",
        "SENT",
        "ON",
        "TO",
    ]
    assert lines[1].split()[:4] == ["0199-0102", "acme", "101", "102"]
    assert len(lines) == 3


@pytest.mark.usefixtures("site")
def test_drains_tell_how_many_calls_and_until_when(tmp_path: Path) -> None:
    header, line = get(tmp_path, "drains").stdout.splitlines()
    assert header.split() == ["REMOVED", "CALLS", "HUNG", "UP", "AT", "(UTC)"]
    assert line.split() == ["Extension", "acme/3", "2", "2026-11-20", "12:00:00"]


@pytest.mark.usefixtures("site")
def test_bans_tell_why_and_until_when(tmp_path: Path) -> None:
    header, line = get(tmp_path, "bans").stdout.splitlines()
    assert header.split() == ["SOURCE", "SINCE", "(UTC)", "UNTIL", "(UTC)", "REASON", "COUNTED", "DROPPED"]
    day = "2026-11-20"
    assert line.split() == ["192.0.2.7", day, "09:00:00", day, "10:00:00", "failed", "authentications", "10", "7"]


def test_a_ban_is_lifted_in_the_name_of_who_asks(tmp_path: Path, site: Site) -> None:
    def unban(*words: str) -> Result:
        return CliRunner().invoke(app, ["unban", *words, "--data", str(tmp_path)])

    done = unban("192.0.2.7", "--author", "ada")
    assert (done.exit_code, done.stdout) == (0, "192.0.2.7 was banned for failed authentications, and may come again\n")
    assert site.engine.lifted == [("192.0.2.7", "ada")]
    again = unban("192.0.2.7")
    assert (again.exit_code, again.stderr) == (1, "trunkline unban: 192.0.2.7 is not banned\n")
    assert unban().exit_code == 2
    assert unban("x" * 100).exit_code == 1
    site.engine.banned = [ban("192.0.2.8")]
    assert json.loads(unban("192.0.2.8", "-o", "json").stdout)["source"] == "192.0.2.8"


@pytest.mark.usefixtures("site")
def test_lists_as_json(tmp_path: Path) -> None:
    found = json.loads(get(tmp_path, "calls", "--output", "json", "--tenant", "beta").stdout)
    assert [item["callee"] for item in found["items"]] == ["103"]
    assert found["next"] is None


@pytest.mark.usefixtures("site")
def test_what_phones_send_can_not_act_on_the_terminal(tmp_path: Path) -> None:
    shown = get(tmp_path, "registrations").stdout
    assert "\x1b" not in shown
    assert "sip:evil\\x1b[2J" in shown


@pytest.mark.usefixtures("site")
def test_many_pages_are_put_together(tmp_path: Path) -> None:
    found = json.loads(get(tmp_path, "cdrs", "-o", "json", "--limit", "5000").stdout)
    assert len({item["call_id"] for item in found["items"]}) == 1204
    cut = get(tmp_path, "cdrs", "--limit", "700")
    assert len(cut.stdout.splitlines()) == 701
    assert "there are more" in cut.stderr


@pytest.mark.usefixtures("site")
def test_records_show_outcome_and_rule(tmp_path: Path) -> None:
    line = get(tmp_path, "cdrs", "--limit", "1", "--outcome", "ANSWERED").stdout.splitlines()[1]
    assert "1:00" in line
    assert "ANSWERED" in line
    assert "Extension acme/102 (a.yaml:7)" in line


@pytest.mark.usefixtures("site")
def test_resources_tell_what_is_wrong_below(tmp_path: Path) -> None:
    shown = get(tmp_path, "resources", "--kind", "Extension").stdout
    assert "acme    Extension  101   runs   InSync" in shown
    assert shown.endswith("\nTenant beta: does not run\n")


@pytest.mark.usefixtures("site")
def test_status(tmp_path: Path) -> None:
    shown = get(tmp_path, "status").stdout
    assert "beta          NeverAccepted: does not run" in shown
    assert "waiting       its plan has to be approved (digest 7f3a7f3a7f3a)\n" in shown
    assert "suspended     by ada since 2026-11-20T09:00:00+00:00: release day\n" in shown
    assert json.loads(get(tmp_path, "status", "-o", "json").stdout)["version"] == "1.2.3"


@pytest.mark.usefixtures("site")
def test_a_refusal_of_the_server_is_told(tmp_path: Path) -> None:
    done = get(tmp_path, "calls", "--number", "1" * 300)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "number" in done.stderr


def test_webhooks_tell_what_waits_and_why(tmp_path: Path, site: Site) -> None:
    site.webhooks.views = [webhook("acme"), webhook("beta", pending=412, error="answered 503 Service Unavailable")]
    header, first, second = get(tmp_path, "webhooks").stdout.splitlines()
    assert header.split()[:4] == ["TENANT", "WEBHOOK", "TO", "WAITING"]
    assert first.split()[:4] == ["acme", "cdr", "crm.example.com", "0"]
    assert second.split()[:4] == ["beta", "cdr", "crm.example.com", "412"]
    assert second.endswith("answered 503 Service Unavailable")
    assert len(get(tmp_path, "webhooks", "--tenant", "beta").stdout.splitlines()) == 2


USAGE = [
    ["calls", "--kind", "Extension"],
    ["listeners", "--tenant", "acme"],
    ["registrations", "--outcome", "ANSWERED"],
    ["status", "--number", "101"],
    ["everything"],
    ["calls", "--limit", "0"],
]


@pytest.mark.parametrize("arguments", USAGE)
def test_filters_that_do_not_apply_are_wrong_usage(tmp_path: Path, arguments: list[str]) -> None:
    assert get(tmp_path, *arguments).exit_code == 2


def test_no_server(tmp_path: Path) -> None:
    done = get(tmp_path, "calls")
    assert done.exit_code == 1
    assert f"no server runs on the data folder {tmp_path}" in done.stderr


def test_a_dead_server(tmp_path: Path) -> None:
    control_socket.listen(tmp_path).close()
    done = get(tmp_path, "calls")
    assert done.exit_code == 1
    assert "no server answers on" in done.stderr


def test_no_data_folder(tmp_path: Path) -> None:
    done = get(tmp_path / "nowhere", "calls")
    assert done.exit_code == 1
    assert "--data" in done.stderr


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize(
    "since", ["2026-11-20", "2026-11-20T09:00", "2026-11-20T09:00:00Z", "2026-11-20T09:00:00+01:00"]
)
def test_instants_as_people_write_them(tmp_path: Path, since: str) -> None:
    assert get(tmp_path, "cdrs", "--since", since).exit_code == 0


def test_what_is_no_instant_is_refused_before_anybody_is_asked(tmp_path: Path) -> None:
    result = get(tmp_path, "cdrs", "--since", "yesterday")
    assert result.exit_code == 2
    assert '--since "yesterday" is no instant; write it like 2026-11-20' in result.stderr


def test_a_full_disk_under_the_output_is_said() -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-m", "cli.main", "schema"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=30
        )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "trunkline: the output can't be written: No space left on device; make room, or write it elsewhere"
    ]
