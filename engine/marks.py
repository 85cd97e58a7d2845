"""What has changed since somebody looked: what the call path writes while the engine's feed has a reader, and nothing else.

Keys and closed records only, never a live call or binding: what is marked holds nothing alive. Marking twice is marking once, so
under load there are never more marks than things that changed. Where nobody reads there is no `Marks`, and the call path asks `is None`.
"""

from __future__ import annotations

from typing import Final

from engine.cdr import CallDetailRecord
from engine.identity import CallId

MOST_CLOSED: Final = 20_000


class Marks:
    """`calls`: ids of live calls that changed; `started`, `answered`: tenants of calls that began and were answered, one entry a call;
    `closed`: records, at most `most_closed`, in their order; `registrations`: bindings that changed, by key: "" or why it went;
    `preferences`: by tenant and name of the Extension; `bans`: sources whose ban began or ended; `lost`: how many records found no room.
    """

    __slots__ = (
        "_most_closed",
        "answered",
        "bans",
        "calls",
        "closed",
        "lost",
        "preferences",
        "registrations",
        "started",
    )

    def __init__(self, most_closed: int = MOST_CLOSED) -> None:
        self._most_closed = most_closed
        self.calls: dict[CallId, None] = {}
        self.started: list[str] = []
        self.answered: list[str] = []
        self.closed: list[CallDetailRecord] = []
        self.registrations: dict[tuple[str, str, str], str] = {}
        self.bans: dict[str, None] = {}
        self.preferences: dict[tuple[str, str], None] = {}
        self.lost = 0

    def call_started(self, call_id: CallId, tenant: str) -> None:
        self.started.append(tenant)
        self.calls[call_id] = None

    def call_answered(self, call_id: CallId, tenant: str) -> None:
        self.answered.append(tenant)
        self.calls[call_id] = None

    def call_closed(self, record: CallDetailRecord) -> None:
        self.calls.pop(record.call_id, None)
        if len(self.closed) < self._most_closed:
            self.closed.append(record)
        else:
            self.lost += 1
