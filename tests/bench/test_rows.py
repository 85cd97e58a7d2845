"""Every bench runs, with very little to do: what would rot otherwise. Its figures are not looked at here, its account of itself is."""

from __future__ import annotations

import shutil
import socket
import tempfile
import threading
from collections.abc import Callable
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from bench import (
    beside,
    calls,
    conditions,
    deciding,
    in_form,
    inserting,
    manifests,
    memory,
    records,
    registration,
    relay,
    replaying,
    revisions,
    saving,
    server,
    starting,
    trunk_calls,
    validating,
)
from bench.__main__ import BENCHES
from bench.peers import kamailio, rtpengine
from bench.place import place
from bench.row import Row
from tests.support.ports import free_udp_range

pytestmark = pytest.mark.e2e

FEW = 20
MEDIA_PORTS = 200


@pytest.fixture(autouse=True)
def _one_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """From source only, whatever was compiled here."""
    monkeypatch.setenv("TRUNKLINE_MYPYC", "0")
    for module in (starting, saving, records):
        monkeypatch.setattr(module, "_PORT", server.free_port())
    first = free_udp_range(MEDIA_PORTS)
    monkeypatch.setattr(manifests, "MEDIA_PORTS", f"{first}-{first + MEDIA_PORTS - 1}")


class Crooked:
    """A relay for one call that drops every twentieth packet of a side, and holds back another one of these twenty for 30 ms."""

    def __init__(self) -> None:
        here = place()
        self._sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
        for each in self._sockets:
            each.bind((here.server, 0))
            each.settimeout(0.5)
        self.ports = [int(each.getsockname()[1]) for each in self._sockets]
        self._phones = [(here.phones, relay.FIRST_GENERATOR_PORT + 2 * side) for side in range(2)]
        self._threads = [threading.Thread(target=self._relay, args=(side,)) for side in range(2)]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Once nothing has come for a while."""
        for thread in self._threads:
            thread.join(10)
        for each in self._sockets:
            each.close()

    def _relay(self, side: int) -> None:
        other = 1 - side
        held: list[threading.Timer] = []
        for number in count():
            try:
                packet = self._sockets[side].recv(2048)
            except TimeoutError:
                break
            if number % 20 == 5:
                held.append(threading.Timer(0.03, self._sockets[other].sendto, (packet, self._phones[other])))
                held[-1].start()
            elif number % 20 != 10:
                self._sockets[other].sendto(packet, self._phones[other])
        for timer in held:
            timer.join()


def by_quantity(rows: list[Row]) -> dict[str, Row]:
    return {row.quantity: row for row in rows}


def test_registration_beside_kamailio() -> None:
    rows = by_quantity(registration.measure(extensions=FEW, rate=100, seconds=0.3, runs=1))
    assert rows["CPU of our process"].measured > 0
    assert rows["CPU of our process"].peer_name == ("kamailio" if kamailio.find() else "")
    if kamailio.find():
        assert "kamailio" in rows["CPU of our process"].detail
        assert (rows["rate without a failure"].peer or 0) > 0


@pytest.mark.parametrize("bench", [calls.measure, trunk_calls.measure], ids=["call", "trunk call"])
def test_calls_beside_kamailio(bench: Callable[..., list[Row]]) -> None:
    rows = by_quantity(bench(extensions=FEW, rate=20, seconds=0.5, runs=1))
    assert rows["failed"].measured == 0
    assert not rows["failed"].peer
    assert rows["set-up, p99"].measured > 0


def test_without_a_peer_its_column_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kamailio, "find", lambda: None)
    rows = registration.measure(extensions=FEW, rate=50, seconds=0.2, runs=1)
    assert {row.peer for row in rows} == {None}


@pytest.mark.skipif(shutil.which("cc") is None, reason="the RTP generator needs a C compiler")
def test_relay_beside_rtpengine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "TARGET_CALLS", 2)
    monkeypatch.setattr(relay, "WARM_UP_S", 0)
    rows = by_quantity(relay.rows(seconds=1, repeat=1))
    assert rows["loss, 2 calls"].measured == 0
    assert rows["CPU per call"].peer_name == ("rtpengine" if rtpengine.find() else "")


def test_deciding_and_replaying(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deciding, "CALLS", 200)
    monkeypatch.setattr(replaying, "CALLS", 500)
    assert all(row.measured > 0 for row in [*deciding.measure(runs=1), *replaying.measure(runs=1)])


def test_a_bench_in_a_process_of_its_own_says_why_it_could_not_run() -> None:
    with pytest.raises(RuntimeError, match=r"bench\.nothing ended with status 1"):
        in_form.measure("nothing", runs=1)


def test_inserting() -> None:
    rows = by_quantity(inserting.measure(seconds=1.0, rate=100))
    assert rows["records stored"].measured > 50


def test_starting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "TARGETS_S", {200: 1.0})
    monkeypatch.setattr(starting, "_EACH", 100)
    monkeypatch.setattr(starting, "_STARTS", 1)
    monkeypatch.setattr(starting, "_FIRSTS", 1)
    assert len(starting.measure(runs=1)) == 2


def test_saving(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saving, "EXTENSIONS", 600)
    monkeypatch.setattr(saving, "TENANTS", 1)
    monkeypatch.setattr(saving, "_EDITS", 1)
    cores = conditions.cores()
    watched = saving._watch("one extension", 1, saving._add_one, 1, cores)
    assert watched.served_s[0] < 10
    assert watched.loads["calls"].begun > 0


def test_validating_and_revisions(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (validating, revisions):
        monkeypatch.setattr(module, "EXTENSIONS", 400)
    monkeypatch.setattr(validating, "TENANTS", 2)
    monkeypatch.setattr(validating, "RULES", 20)
    monkeypatch.setattr(revisions, "PINNED", 5)
    assert len(validating.measure(runs=1)) == 3
    assert len(revisions.measure()) == 2


def test_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "PHONES", 200)
    monkeypatch.setattr(memory, "CALLS", 20)
    monkeypatch.setattr(memory, "_WARM_UP_CALLS_S", 0.1)
    assert len(memory.measure(runs=1)) == 2


def test_records() -> None:
    rows = by_quantity(records.measure(records=2_000))
    assert rows["page of 100 by any one filter, p99"].measured > 0
    assert rows["any list over the API by TCP, with a token, p99"].measured > 0


def test_the_api_beside_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "STREAMS", 2)
    monkeypatch.setattr(beside, "_SETTLES_S", 0.5)
    monkeypatch.setattr(beside, "EXTENSIONS", 100)
    rows = by_quantity(beside.measure(seconds=0.5, runs=1, calls=20))
    assert rows["calls failed meanwhile"].measured == 0
    assert "streams read 0 KiB" not in rows["calls failed meanwhile"].detail


def test_every_bench_has_a_text_that_says_what_limits_it() -> None:
    silent = [name for name, bench in BENCHES.items() if "limits it" not in (bench.module.__doc__ or "")]
    assert silent == []


@pytest.mark.skipif(shutil.which("cc") is None, reason="the RTP generator needs a C compiler")
def test_the_generator_tells_of_delay_and_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "WARM_UP_S", 0)
    with tempfile.TemporaryDirectory() as folder:
        program = relay.build_generator(Path(folder))
        with closing(Crooked()) as crooked:
            ports = f"{crooked.ports[0]} {crooked.ports[1]}\n"
            found, _ = relay.generate(program, 1, 4, ports, lambda: (0.0, 0.0))
    assert found["loss"] == pytest.approx(0.05, abs=0.01)
    assert found["p50_ms"] < 15
    assert 29 < found["p99_ms"] < 80
    assert found["misdirected"] == 0
