"""Says in the log what becomes of calls: begun, answered, ended, each with its call, tenant and revision.

Level debug: at 600 calls a second nobody reads 1,800 lines, and the records have it all. At the usual level a line that is not written
costs the question whether it is wanted.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Final

from engine.call.switch import CallJournal
from engine.cdr import Bill, CallDetailRecord, OpenCall
from engine.identity import CallId

log: Final = logging.getLogger("trunkline.calls")


class CallLog:
    """A `CallJournal` before the real one: what happened is written down first."""

    __slots__ = ("_journal",)

    def __init__(self, journal: CallJournal) -> None:
        self._journal = journal

    def append_open(self, opened: OpenCall) -> None:
        self._journal.append_open(opened)
        if log.isEnabledFor(logging.DEBUG):
            query = opened.query
            log.debug(
                "begun",
                extra={
                    "call": opened.call_id,
                    "tenant": query.tenant,
                    "revision": opened.revision,
                    "caller": query.caller,
                    "callee": query.callee.dialled,
                    "source": query.source,
                },
            )

    def append_answered(self, call_id: CallId, at: datetime, by: str, bills: tuple[Bill, ...]) -> None:
        self._journal.append_answered(call_id, at, by, bills)
        if log.isEnabledFor(logging.DEBUG):
            log.debug("answered", extra={"call": call_id, "answered_by": by})

    def append_closed(self, record: CallDetailRecord) -> None:
        self._journal.append_closed(record)
        if log.isEnabledFor(logging.DEBUG):
            cause, answered_at = record.cause, record.answered_at
            log.debug(
                "ended",
                extra={
                    "call": record.call_id,
                    "tenant": record.tenant,
                    "revision": record.revision,
                    "outcome": cause.outcome.value,
                    "status": cause.sip_status,
                    "party": cause.party.value,
                    "reason": cause.reason,
                    "talk_s": None
                    if answered_at is None
                    else round((record.ended_at - answered_at).total_seconds(), 3),
                },
            )
