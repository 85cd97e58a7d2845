"""Engine parts and a real database together: what is closed and registered is there after stop, crash and restart."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from engine.cdr_filter import CdrFilter, place_of
from engine.errors import JournalError
from engine.ports import KeptCdrs
from engine.registrar.registrar import Registrar
from engine.registrar.registration import Limits, Registration
from engine.runtime.journal import Journal
from engine.runtime.locations import warm_bindings
from engine.runtime.storage import Storage
from engine.sip.flow import Flow
from engine.sip.headers import parse_name_addr
from tests.support.call_records import call_id, open_call, record


def registrar() -> Registrar:
    return Registrar(lambda _: False)


async def opened(storage: Storage) -> None:
    async with asyncio.timeout(20):
        while storage.problem is not None:
            await asyncio.sleep(0.005)


def test_records_and_bindings_are_there_after_a_clean_stop(tmp_path: Path) -> None:
    async def story() -> None:
        journal, phones = Journal(tmp_path / "j"), registrar()
        storage = Storage(tmp_path / "t.db", journal, phones)
        query: KeptCdrs = storage
        assert query.version() is None
        with pytest.raises(JournalError, match="not open yet"):
            await query.cdrs(CdrFilter())
        storage.start()
        await opened(storage)
        empty = query.version()
        for number in range(50):
            journal.append_open(open_call(number))
            journal.append_closed(record(number))
        journal.flush()
        phones.update(
            Registration(
                tenant="acme",
                number="101",
                flow=Flow("main", "udp", "192.0.2.7", 5062),
                call_id="a",
                cseq=1,
                contacts=[parse_name_addr("<sip:101@192.0.2.7>")],
            ),
            Limits(),
            0.0,
        )
        await storage.stop()
        journal.close()
        assert query.version() not in (None, empty)

        again = Storage(tmp_path / "t.db", Journal(tmp_path / "j"), registrar())
        again.start()
        await opened(again)
        assert again.version() not in (None, query.version())
        assert [one.call_id for one in await again.cdrs(CdrFilter(limit=2))] == [call_id(49), call_id(48)]
        assert await again.cdr(call_id(7)) == record(7)
        await again.stop()

    asyncio.run(story())
    assert len(warm_bindings(tmp_path / "t.db").bindings) == 1


def test_a_stop_while_the_database_still_opens_waits_and_stores(tmp_path: Path) -> None:
    """It opens a second after SIP answers; a server that is stopped before must not send all phones to register again."""

    async def story() -> None:
        journal, phones = Journal(tmp_path / "j"), registrar()
        storage = Storage(tmp_path / "t.db", journal, phones)
        storage.start()
        phones.update(
            Registration(
                tenant="acme",
                number="101",
                flow=Flow("main", "udp", "192.0.2.7", 5062),
                call_id="a",
                cseq=1,
                contacts=[parse_name_addr("<sip:101@192.0.2.7>")],
            ),
            Limits(),
            0.0,
        )
        journal.append_open(open_call(1))
        journal.append_closed(record(1))
        journal.flush()
        await asyncio.sleep(0)
        with pytest.raises(JournalError, match="not open yet"):
            await storage.cdr(call_id(1))
        await storage.stop()
        assert journal.unconfirmed == 0
        journal.close()

    asyncio.run(story())
    assert len(warm_bindings(tmp_path / "t.db").bindings) == 1


def test_a_database_that_can_not_be_opened_costs_nothing_but_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.runtime.storage._RETRY_S", 0.01)
    path = tmp_path / "t.db"
    path.mkdir()

    async def story() -> None:
        journal = Journal(tmp_path / "j")
        storage = Storage(path, journal, registrar())
        storage.start()
        journal.append_closed(record(1))
        async with asyncio.timeout(20):
            while "Is a directory" not in (storage.problem or ""):
                await asyncio.sleep(0.005)
        with pytest.raises(JournalError, match=r"call records can't be read now: .* Is a directory"):
            await storage.cdr(call_id(1))
        path.rmdir()
        await opened(storage)
        await storage.stop()
        assert journal.unconfirmed == 0
        journal.close()

    asyncio.run(story())


def test_stop_without_start(tmp_path: Path) -> None:
    async def story() -> None:
        journal = Journal(tmp_path / "j")
        await Storage(tmp_path / "t.db", journal, registrar()).stop()
        journal.close()

    asyncio.run(story())


def test_the_way_to_the_first_sip_answer_imports_no_database() -> None:
    code = """
import sys, engine.runtime.storage, engine.runtime.locations, engine.runtime.journal
print([name for name in sys.modules if name.split(".")[0] in ("sqlalchemy", "sqlmodel", "alembic", "pydantic")])
"""
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert told.stdout == "[]\n"


VICTIM = """
import asyncio, sys
from pathlib import Path
from engine.registrar.registrar import Registrar
from engine.runtime.journal import Journal
from engine.runtime.storage import Storage
from tests.support.call_records import open_call, record

async def main():
    folder = Path(sys.argv[1])
    journal = Journal(folder / "j")
    journal.recover()
    storage = Storage(folder / "t.db", journal, Registrar(lambda _: False))
    storage.start()
    number = 0
    while True:
        journal.append_open(open_call(number))
        if number >= 5:
            journal.append_closed(record(number - 5))
        journal.flush()
        print(number, "problem" if storage.problem else "stored", flush=True)
        number += 1
        await asyncio.sleep(0.002)

asyncio.run(main())
"""


def test_kill_9_between_journal_and_database_loses_and_doubles_nothing(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", VICTIM, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout is not None
        after_opening = 0
        for line in process.stdout:
            after_opening += line.endswith("stored\n")
            if after_opening == 300:
                process.kill()
                break
        last = max(int(told.split()[0]) for told in [line, *process.stdout] if told.endswith("\n"))

    async def story() -> None:
        journal = Journal(tmp_path / "j")
        recovery = journal.recover()
        storage = Storage(tmp_path / "t.db", journal, registrar())
        storage.start()
        await opened(storage)
        await storage.stop()
        journal.close()
        assert recovery.unconfirmed < last - 10, "some were confirmed before the end"
        checked = Storage(tmp_path / "t.db", Journal(tmp_path / "j"), registrar())
        checked.start()
        await opened(checked)
        found = []
        after = None
        while page := await checked.cdrs(CdrFilter(limit=1000, after=after)):
            found += [one.call_id for one in page]
            after = place_of(page[-1])
        await checked.stop()
        found.reverse()
        assert found[: last + 1] == [call_id(number) for number in range(last + 1)]
        assert len(found) <= last + 2, "the one after the last may have been written and not told"

    asyncio.run(story())
