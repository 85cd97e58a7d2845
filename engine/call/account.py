"""What a call will be remembered by, collected while it lives: the makings of its `CallDetailRecord`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from engine.call.callee_leg import CalleeLeg
from engine.cause import Cause
from engine.cdr import CallDetailRecord, MediaAccount, OpenCall, TargetAccount
from engine.identity import CallId
from engine.routing.decision import ExtensionTarget, Trace
from engine.routing.query import RouteQuery


@dataclass(slots=True)
class TargetNotes:
    """One phone that is being tried."""

    target: ExtensionTarget
    leg: CalleeLeg
    added_at: datetime
    ringing_at: datetime | None = None
    answered_at: datetime | None = None

    def close(self, at: datetime, cause: Cause, media: MediaAccount) -> TargetAccount:
        return TargetAccount(
            tenant=self.target.tenant,
            number=self.target.number,
            contact=self.leg.invitation.contact,
            sip_call_id=self.leg.sip_call_id,
            added_at=self.added_at,
            ringing_at=self.ringing_at,
            answered_at=self.answered_at,
            ended_at=at,
            cause=cause,
            media=media,
        )


@dataclass(slots=True)
class Account:
    """Of one call: what is known at admission, and what is added as it goes."""

    call_id: CallId
    sip_call_id: str
    revision: str
    query: RouteQuery
    trace: Trace
    answered_at: datetime | None = None
    answered_by: str | None = None
    targets: list[TargetAccount] = field(default_factory=list)

    def opened(self) -> OpenCall:
        return OpenCall(
            call_id=self.call_id,
            sip_call_id=self.sip_call_id,
            started_at=self.query.at,
            revision=self.revision,
            query=self.query,
        )

    def closed(self, at: datetime, cause: Cause, media: MediaAccount) -> CallDetailRecord:
        return CallDetailRecord(
            call_id=self.call_id,
            sip_call_id=self.sip_call_id,
            tenant=self.query.tenant,
            revision=self.revision,
            caller=self.query.caller,
            caller_display=self.query.caller_display,
            callee=self.query.callee.dialled,
            answered_by=self.answered_by,
            started_at=self.query.at,
            answered_at=self.answered_at,
            ended_at=max(at, self.query.at),
            cause=cause,
            query=self.query,
            trace=self.trace,
            targets=tuple(self.targets),
            media=media,
        )
