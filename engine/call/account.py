"""What a call will be remembered by, collected while it lives: the makings of its `CallDetailRecord`."""

from __future__ import annotations

from datetime import datetime

from engine.call.callee_leg import CalleeLeg
from engine.cause import Cause
from engine.cdr import Bill, CallDetailRecord, MediaAccount, OnwardAccount, OpenCall, TargetAccount
from engine.config.ref import ConfigRef
from engine.identity import CallId
from engine.routing.decision import Target, Trace, TrunkTarget
from engine.routing.query import RouteQuery


class TargetNotes:
    """One phone that is being tried; `group`: the ring group that rings it, or None."""

    __slots__ = ("added_at", "answered_at", "group", "leg", "ringing_at", "target")

    def __init__(self, target: Target, leg: CalleeLeg, added_at: datetime, group: ConfigRef | None = None) -> None:
        self.target = target
        self.group = group
        self.leg = leg
        self.added_at = added_at
        self.ringing_at: datetime | None = None
        self.answered_at: datetime | None = None

    def close(self, at: datetime, cause: Cause, media: MediaAccount) -> TargetAccount:
        return TargetAccount(
            tenant=self.target.tenant,
            number=self.target.number,
            trunk=self.target.trunk.name if isinstance(self.target, TrunkTarget) else "",
            group=self.group.name if self.group is not None else "",
            contact=self.leg.invitation.shown,
            sip_call_id=self.leg.sip_call_id,
            added_at=self.added_at,
            ringing_at=self.ringing_at,
            answered_at=self.answered_at,
            ended_at=at,
            cause=cause,
            media=media,
        )


class Account:
    """Of one call: what is known at admission, and what is added as it goes."""

    __slots__ = (
        "answered_at",
        "answered_by",
        "call_id",
        "onward",
        "query",
        "revision",
        "sip_call_id",
        "targets",
        "trace",
    )

    def __init__(self, call_id: CallId, sip_call_id: str, revision: str, query: RouteQuery, trace: Trace) -> None:
        self.call_id = call_id
        self.sip_call_id = sip_call_id
        self.revision = revision
        self.query = query
        self.trace = trace
        self.answered_at: datetime | None = None
        self.answered_by: str | None = None
        self.targets: list[TargetAccount] = []
        self.onward: list[OnwardAccount] = []

    def opened(self) -> OpenCall:
        return OpenCall(
            call_id=self.call_id,
            sip_call_id=self.sip_call_id,
            started_at=self.query.at,
            revision=self.revision,
            query=self.query,
            trace=self.trace,
        )

    def closed(self, at: datetime, cause: Cause, media: MediaAccount, bills: tuple[Bill, ...] = ()) -> CallDetailRecord:
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
            onward=tuple(self.onward),
            bills=bills,
        )
