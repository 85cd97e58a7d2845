"""`kill -9` at 200 calls a second: each call whose answer its caller had heard has one record, and no call has two."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.e2e.office import GRACE
from tests.e2e.test_trunks import DID, NUMBER, connect_outside, trunk
from tests.support.carrier_server import CarrierServer
from tests.support.ports import free_udp_port, free_udp_range
from tests.support.sipp import SippRun
from tests.support.trunkline_process import Json, Site, Trunkline, outcome, write_atomically

pytestmark = pytest.mark.alone

RATE = 200
LOAD_S = 4.0
TALK_MS = 500
LIVE = 3 * RATE * TALK_MS // 1000
"""So many calls may be up at once; each has four ports."""
MEDIA_PORTS = 4 * LIVE
_ANSWER = re.compile(r"^SIP/2\.0 200 .*?^Call-ID: *(\S+).*?^CSeq: *1 INVITE", re.MULTILINE | re.DOTALL)


def answered_calls(run: SippRun) -> set[str]:
    """Those whose 200 SIPp has got, by Call-ID."""
    messages = run.messages().replace("\r", "").split("-----------------------------------------------")
    return {found[1] for message in messages if (found := _ANSWER.search(message))}


def records(site: Site) -> list[Json]:
    """All of them, once the database has all that the journal has."""
    site.wait_for_cdrs(1)
    count = -1
    while True:
        file = site.folder / "cdrs.jsonl"
        site.run("export", "cdrs", "--data", str(site.data), "--output", str(file))
        found = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        if len(found) == count:
            return found
        count = len(found)
        time.sleep(1)


def test_no_answered_call_is_lost_and_none_counts_twice(site: Site, sipp: str, artefacts: Path) -> None:
    first = free_udp_range(MEDIA_PORTS)
    system = site.manifests / "system.yaml"
    ports = re.sub(r'ports: ".*"', f'ports: "{first}-{first + MEDIA_PORTS - 1}"', system.read_text(encoding="utf-8"))
    write_atomically(system, ports)
    site.add_extension(
        GRACE,
        forwarding=f'[{{when: offline, to: {{external: "{NUMBER}"}}}}]',
        mayCallOutside="true",
        outsideLimits="{maxCalls: 0, maxCallsPerMinute: 0}",
    )
    port = free_udp_port()
    with CarrierServer("127.0.0.24") as outside:
        outside.answer = 200
        connect_outside(
            site,
            trunk(f"127.0.0.1:{port}", optionsInterval="0s", domain="carrier.example"),
            trunk(outside.place, "other", optionsInterval="0s", domain="other.example"),
            routes="{trunk: other}",
        )
        server = Trunkline(site)
        calls = round(RATE * LOAD_S)
        with SippRun(
            sipp,
            "carrier_calls",
            artefacts,
            remote=site.server,
            user=DID,
            port=port,
            calls=calls,
            rate=RATE,
            talk_ms=TALK_MS,
        ) as run:
            time.sleep(LOAD_S * 0.75)
            server.kill9()
        # What SIPp had not heard by then is asked again by nobody.
        answered = answered_calls(run)
        with Trunkline(site):
            found = records(site)
    counted = Counter(str(record["sip_call_id"]) for record in found)
    assert len(answered) > RATE, "the load was none"
    assert [call_id for call_id in answered if counted[call_id] != 1] == []
    assert [call_id for call_id, times in counted.items() if times != 1] == []
    assert Counter(map(outcome, found)).keys() <= {"ANSWERED", "INTERRUPTED", "CANCELLED"}
    assert Counter(map(outcome, found))["INTERRUPTED"] > 0, "it did not die in the middle of calls"
