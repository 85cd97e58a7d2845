"""`kill -9` while trunks carry calls, at load: each call that was begun has one record; and SIPp as the carrier, both ways."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

from tests.e2e.office import ADA, GRACE, Office
from tests.e2e.test_trunks import DID, NUMBER, connect_outside, trunk, wait_for_state
from tests.support.carrier_server import CarrierServer
from tests.support.phone import Stack
from tests.support.ports import free_udp_port
from tests.support.sipp import SippRun
from tests.support.trunkline_process import Json, outcome, write_atomically


def all_records(office: Office, at_least: int) -> list[Json]:
    """Once nothing more comes."""
    found = office.site.wait_for("cdrs", lambda items: len(items) >= at_least, f"{at_least} records", 20.0)
    while True:
        time.sleep(1)
        more = office.site.get("cdrs")
        if len(more) == len(found):
            return more
        found = more


def test_sipp_as_a_carrier_that_answers_late(office: Office, sipp: str, artefacts: Path) -> None:
    with SippRun(
        sipp, "carrier_answers", artefacts, remote=office.site.server, user="x", keys={"answer_after": "3000"}
    ) as run:
        run.wait_until_listening()
        connect_outside(office.site, trunk(f"127.0.0.1:{run.port}", optionsInterval="0s", domain="carrier.example"))
        wait_for_state(office.site, "carrier", "trying")
        ada = office.phone(Stack.PJSIP, ADA)
        ada.call(office.site.uri(NUMBER))
        ada.wait_for_call("confirmed")
        ada.hang_up()
        run.finish().require()
    assert outcome(office.site.wait_for_cdrs(1)[0]) == "ANSWERED"


def test_sipp_as_a_carrier_that_calls(office: Office, sipp: str, artefacts: Path) -> None:
    port = free_udp_port()
    connect_outside(office.site, trunk(f"127.0.0.1:{port}", optionsInterval="0s", domain="carrier.example"))
    wait_for_state(office.site, "carrier", "trying")
    grace = office.phone(Stack.PJSIP, GRACE)
    with SippRun(sipp, "carrier_calls", artefacts, remote=office.site.server, user=DID, port=port) as run:
        grace.wait_for_incoming()
        grace.answer()
        run.finish().require()
    [record] = office.site.wait_for_cdrs(1)
    assert (record["caller"], record["trunk"], outcome(record)) == ("+4930999999", "carrier", "ANSWERED")


def test_a_carrier_over_tcp(office: Office, sipp: str, artefacts: Path) -> None:
    """The connection is opened for the call, and the BYE goes over it, too."""
    system = office.site.manifests / "system.yaml"
    tcp = f"---\napiVersion: trunkline/v1\nkind: Listener\nmetadata: {{name: tcp}}\nspec: {{transport: tcp, port: {free_udp_port()}}}\n"
    write_atomically(system, system.read_text(encoding="utf-8") + tcp)
    with SippRun(sipp, "carrier_answers", artefacts, remote=office.site.server, user="x", transport="t1") as run:
        run.wait_until_listening()
        connect_outside(
            office.site, trunk(f"127.0.0.1:{run.port}", transport="tcp", optionsInterval="0s", domain="carrier.example")
        )
        wait_for_state(office.site, "carrier", "trying")
        ada = office.phone(Stack.PJSIP, ADA)
        ada.call(office.site.uri(NUMBER))
        ada.wait_for_call("confirmed")
        ada.hang_up()
        run.finish().require()
    assert outcome(office.site.wait_for_cdrs(1)[0]) == "ANSWERED"


def test_kill_9_at_load_loses_no_record_and_doubles_none(office: Office, artefacts: Path) -> None:
    """The carrier calls again and again, 50 a second; calls of a number that nobody answers at. The server dies twice meanwhile."""
    with CarrierServer("127.0.0.23") as carrier, CarrierServer("127.0.0.24") as outside:
        outside.answer = 100
        connect_outside(
            office.site,
            trunk(carrier.place, optionsInterval="0s", domain="carrier.example"),
            trunk(outside.place, "other", optionsInterval="0s", domain="other.example"),
            routes="{trunk: other}",
        )
        office.site.add_extension(
            GRACE,
            forwarding=f'[{{when: offline, to: {{external: "{NUMBER}"}}}}]',
            mayCallOutside="true",
            outsideLimits="{maxCalls: 0, maxCallsPerMinute: 0}",
        )
        wait_for_state(office.site, "other", "trying")
        time.sleep(1)
        begun: list[str] = []
        for _ in range(2):
            begun += carrier.calls_many(DID, office.site.sip_port, count=100, per_second=50)
            office.server.kill9()
            office.restart()
        answered = [call_id for call_id in begun if call_id in carrier.heard_of]
        records = all_records(office, len(answered))
        counted = Counter(str(record["sip_call_id"]) for record in records)
        assert len(answered) > 50, "the load was none"
        assert set(counted.values()) == {1}
        lost = [call_id for call_id in answered if call_id not in counted]
        assert lost == []
        assert wait_for_state(office.site, "other", "trying")["channels"] == 0
