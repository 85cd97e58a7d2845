"""Closed calls, all of them: a stream of JSON Lines or CSV, however many there are.

Surprising: the stream takes a fraction of the loop's time only, however fast its reader is; calls come first. JSON Lines are handed on as
they are stored and cost next to nothing, lines of CSV have to be made. A stream that fails is cut off before its last chunk (RFC 9112 §8:
incomplete), so that no reader takes it for the whole.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from enum import StrEnum
from typing import Annotated, Final

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import StreamingResponse

from api.cdr_filters import Wanted
from api.doors import Doors, DoorsOf
from api.request_id import id_of
from engine.cdr_filter import CdrFilter
from engine.cdr_json import decode_record
from engine.ports import Documents
from reconciler.render.records_csv import header, lines

log = logging.getLogger("trunkline.api")

DOCUMENTS: Final = 100
ROWS: Final = 10
"""Lines of CSV that are made at a turn of the loop: about a millisecond."""
REST: Final = 3.0
"""Times as long as it worked the stream rests: it has a quarter of the loop at most."""


class ExportFormat(StrEnum):
    CSV = "csv"
    JSONL = "jsonl"


MEDIA_TYPES: Final = {
    ExportFormat.JSONL: "application/jsonl",
    ExportFormat.CSV: "text/csv; charset=utf-8; header=present",
}
FORMS: Final[dict[str, object]] = {
    media_type.partition(";")[0]: {"schema": {"type": "string"}} for media_type in MEDIA_TYPES.values()
}
_ACCEPTED: Final = {
    "application/jsonl": ExportFormat.JSONL,
    "application/x-ndjson": ExportFormat.JSONL,
    "application/json": ExportFormat.JSONL,
    "application/*": ExportFormat.JSONL,
    "*/*": ExportFormat.JSONL,
    "text/csv": ExportFormat.CSV,
    "text/*": ExportFormat.CSV,
}

router = APIRouter(tags=["cdrs"])


@router.get("/cdrs/export", response_class=StreamingResponse, responses={200: {"content": FORMS}})
async def export(
    request: Request,
    doors: DoorsOf,
    wanted: Wanted,
    form: Annotated[
        ExportFormat | None, Query(alias="format", description="csv or jsonl; without it the header Accept says so.")
    ] = None,
) -> StreamingResponse:
    """All that fit: JSON Lines as they are stored, in full, or CSV for spreadsheets, where no cell is a formula.

    Calls that end meanwhile may be among them; none is there twice. If the last chunk is missing, it is not all.
    """
    form = form or _accepted(request.headers.get("accept", "*/*"))
    # The first ones before the answer begins: a refusal is told as one, not as a broken stream.
    first = await doors.records.documents(replace(wanted, limit=DOCUMENTS))
    stream = _lines if form is ExportFormat.JSONL else _csv
    headers = {"Content-Disposition": f'attachment; filename="calls.{form.value}"', "Cache-Control": "no-store"}
    return StreamingResponse(
        _told(stream(_documents(doors, wanted, first)), id_of(request.scope)),
        headers=headers,
        media_type=MEDIA_TYPES[form],
    )


def _accepted(accept: str) -> ExportFormat:
    """RFC 9110 §12.5.1: the form of the highest weight; of equal ones the first."""
    best: tuple[float, ExportFormat] | None = None
    for one in accept.lower().split(","):
        name, *parameters = (part.strip() for part in one.split(";"))
        form = _ACCEPTED.get(name)
        weight = _weight(parameters)
        if form is not None and weight > 0 and (best is None or weight > best[0]):
            best = weight, form
    if best is None:
        raise HTTPException(406, "calls are exported as application/jsonl or text/csv")
    return best[1]


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0
    return 1


async def _told(stream: AsyncIterator[bytes], request_id: str) -> AsyncIterator[bytes]:
    try:
        async for piece in stream:
            yield piece
    except Exception as error:
        log.error("export cut off: request=%s error=%s", request_id, error)
        raise  # the server closes the connection without the last chunk


async def _documents(doors: Doors, wanted: CdrFilter, found: Documents) -> AsyncIterator[bytes]:
    while found.last is not None:
        yield found.lines
        found = await doors.records.documents(replace(wanted, after=found.last, limit=DOCUMENTS))


async def _lines(documents: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async for some in documents:
        yield some


async def _csv(documents: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield header()
    async for some in documents:
        stored = some.splitlines()
        for start in range(0, len(stored), ROWS):
            began = time.perf_counter()
            rows = lines(decode_record(line) for line in stored[start : start + ROWS])
            await asyncio.sleep(REST * (time.perf_counter() - began))
            yield rows
