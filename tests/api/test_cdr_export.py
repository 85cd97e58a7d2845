"""`GET /v1/cdrs/export`: forms, bounds, and that a broken stream is seen to be one."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import time
from pathlib import Path

import httpx
import pytest

from api.routes.cdr_export import DOCUMENTS
from cli.client import control_client
from engine.cdr_filter import CdrFilter
from engine.errors import JournalError
from engine.ports import Documents
from reconciler.render.records_csv import COLUMNS
from tests.api.test_routes import Site, record
from tests.support.fake_engine import FakeRecords
from tests.support.served import answering

JSONL = "application/jsonl"
CSV = "text/csv; charset=utf-8; header=present"


@pytest.fixture
def site() -> Site:
    made = Site()
    made.records.records = [record(number) for number in range(3 * DOCUMENTS + 7)]
    return made


def rows(told: httpx.Response) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(told.text, newline="")))


def test_csv_has_a_header_and_every_record_once(site: Site) -> None:
    told = site.request("GET", "/v1/cdrs/export", format="csv")
    assert told.headers["content-type"] == CSV
    assert told.headers["content-disposition"] == 'attachment; filename="calls.csv"'
    found = rows(told)
    assert list(found[0]) == list(COLUMNS)
    assert [row["call_id"] for row in found] == [one.call_id for one in reversed(site.records.records)]


def test_csv_of_no_calls_is_its_header(site: Site) -> None:
    told = site.request("GET", "/v1/cdrs/export", format="csv", tenant="nobody")
    assert told.text == ",".join(COLUMNS) + "\r\n"


def test_csv_has_no_formula(site: Site) -> None:
    one = record(1)
    object.__setattr__(one, "caller_display", "=1+1")
    site.records.records = [one]
    assert rows(site.request("GET", "/v1/cdrs/export", format="csv"))[0]["caller_display"] == "'=1+1"


ACCEPTED = {
    "nothing said": ("*/*", JSONL),
    "csv": ("text/csv", CSV),
    "a browser": ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", JSONL),
    "lines": ("application/x-ndjson", JSONL),
    "weights": ("application/jsonl;q=0.2, text/csv;q=0.9", CSV),
    "the first of equals": ("text/csv, application/jsonl", CSV),
    "not csv": ("text/csv;q=0, application/jsonl;q=0.1", JSONL),
}


@pytest.mark.parametrize(("accept", "given"), ACCEPTED.values(), ids=ACCEPTED)
def test_accept(site: Site, accept: str, given: str) -> None:
    assert site.get("/v1/cdrs/export", accept=accept).headers["content-type"] == given


@pytest.mark.parametrize("accept", ["application/xml", "text/csv;q=x", "text/csv;q=0", ""])
def test_other_forms_are_refused(site: Site, accept: str) -> None:
    told = site.get("/v1/cdrs/export", accept=accept)
    assert (told.status_code, told.json()["type"]) == (406, "/v1/problems/not-acceptable")


class FailingRecords(FakeRecords):
    """Fails at the third part."""

    asked = 0

    async def documents(self, wanted: CdrFilter) -> Documents:
        self.asked += 1
        if self.asked == 3:
            raise JournalError("the disk is gone")
        return await super().documents(wanted)


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_stream_that_fails_is_seen_to_be_cut_off(tmp_path: Path, form: str) -> None:
    records = FailingRecords()
    records.records = [record(number) for number in range(1000)]
    site = Site(records)
    with answering(site.app, tmp_path), control_client(tmp_path) as client:
        with pytest.raises(httpx.RemoteProtocolError, match="incomplete chunked read"):
            client.get("/v1/cdrs/export", params={"format": form})
        assert client.get("/v1/cdrs", params={"limit": 1}).status_code == 200


def test_a_failure_before_the_first_record_is_a_problem(site: Site) -> None:
    records = FailingRecords()
    records.asked = 2
    told = Site(records).request("GET", "/v1/cdrs/export", format="csv")
    assert (told.status_code, told.json()["detail"]) == (503, "the disk is gone")


class EndlessRecords(FakeRecords):
    """The same hundred again and again, large ones."""

    asked = 0

    async def documents(self, wanted: CdrFilter) -> Documents:
        self.asked += 1
        await asyncio.sleep(0)
        found = await super().documents(wanted)
        return Documents(found.lines * 10, found.count * 10, found.last)


def test_a_reader_that_does_not_read_stops_the_stream(tmp_path: Path) -> None:
    records = EndlessRecords()
    records.records = [record(number) for number in range(100 * DOCUMENTS)]
    site = Site(records)
    with answering(site.app, tmp_path), control_client(tmp_path) as client:
        with client.stream("GET", "/v1/cdrs/export") as told:
            lines = told.iter_lines()
            json.loads(next(lines))
            seen = -1
            for _ in range(50):  # until it asks for no more
                if seen == records.asked:
                    break
                seen = records.asked
                time.sleep(0.1)
            assert records.asked < 20
        assert client.get("/v1/cdrs", params={"limit": 1}).status_code == 200
