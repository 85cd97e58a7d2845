"""A call relates legs: an a-leg and the b-legs that its service script asks for. It never sees a SIP message (law 6).

The call is pinned to the snapshot it began with. Its script runs on `Driver`; the effects are done here: `Ring` forks
to phones, `Bridge` answers the caller and joins the media. While bridged, what one side asks (a change of the
session, a digit, the end) is asked of the other.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from engine.call.account import Account, TargetNotes
from engine.call.balances import Balances
from engine.call.billing import Billing, billing_of
from engine.call.callee_leg import CalleeLeg, Invitation
from engine.call.caller_leg import CallerLeg
from engine.call.diversion import Diversion
from engine.call.driver import Done, Driver, Withdraw
from engine.call.dtmf_info import dtmf_info_body
from engine.call.events import (
    Acknowledged,
    Answered,
    CallEvent,
    Changed,
    Digit,
    Ended,
    Informed,
    Progressed,
    Refused,
    Withdrawn,
)
from engine.call.fork import Fork
from engine.call.session import Session
from engine.call.stack import Stack
from engine.cause import (
    BALANCE_USED_UP,
    CANCELLED,
    CANCELLED_BY_OPERATOR,
    CONFIGURATION_REMOVED,
    HUNG_UP_BY_OPERATOR,
    NO_PORTS,
    REMOVED_BEFORE_ANSWER,
    REQUEST_PENDING,
    SILENT,
    TOO_MANY_HOPS,
    Cause,
    Outcome,
)
from engine.cdr import Bill, CallDetailRecord, OnwardAccount
from engine.config.extension import ExtensionConfig
from engine.config.ref import ConfigRef, Revision
from engine.config.ring_group import RingGroupConfig
from engine.config.snapshot import Snapshot
from engine.errors import ResourceExhausted
from engine.identity import CallId, LegId, leg_id
from engine.media.bridge import join_media, part_media, supervise_silence
from engine.routing.decision import (
    ExtensionTarget,
    Onward,
    Refuse,
    RouteDecision,
    Target,
    Trace,
    TraceStep,
    TrunkTarget,
    Verdict,
)
from engine.routing.group_memory import GroupMemory
from engine.sdp.description import SessionDescription
from engine.services.call_port import Bridge, Decide, Effect, FirstOf, Ring, RingOutcome, RungFailed, Wait
from engine.services.serve import serve
from engine.trunk.attempt import Attempt, is_servers_fault
from engine.trunk.usage import Usage
from engine.views import CallView, LegView
from engine.wheel import Alarm


class CallHost(Protocol):
    """What a call asks of the switch that owns it."""

    stack: Stack
    groups: GroupMemory

    def invitations(self, call: Call, target: Target, now: float) -> list[Invitation] | Cause:
        """One for each live contact of the target; to a trunk, to the first of its servers, or why none can be called."""

    def next_invitation(self, call: Call, target: TrunkTarget, failed: Attempt) -> Invitation | None:
        """To the next server of the same trunk; None if there is none."""

    usage: Usage
    balances: Balances

    def decide_onward(self, call: Call, onward: Onward) -> RouteDecision:
        """Where the call goes now."""

    def on_ringing(self, after_s: float) -> None:
        """A call rings for the first time."""

    def on_answered(self, call: Call, at: datetime, bills: tuple[Bill, ...]) -> None: ...

    def on_closed(self, call: Call, record: CallDetailRecord, error: Exception | None) -> None: ...


class Call:
    """One call, from admission to its record."""

    __slots__ = (
        "_began",
        "_billing",
        "_bridged",
        "_bridged_done",
        "_descriptions",
        "_driver",
        "_early",
        "_early_lost",
        "_ending",
        "_host",
        "_inactivity_s",
        "_next_leg",
        "_notes",
        "_outside",
        "_stack",
        "account",
        "brought_by",
        "caller",
        "closed",
        "decision",
        "diversions",
        "hops_left",
        "id",
        "path",
        "snapshot",
        "tenant",
    )

    def __init__(
        self,
        host: CallHost,
        snapshot: Snapshot,
        account: Account,
        decision: RouteDecision,
        max_forwards: int,
        inactivity_s: float,
    ) -> None:
        self.id: CallId = account.call_id
        self.snapshot = snapshot
        self.tenant = snapshot.tenants[account.query.tenant]
        self.account = account
        self.decision = decision
        self.hops_left = max_forwards
        self._host = host
        self._stack = host.stack
        self._began = host.stack.at
        self._inactivity_s = inactivity_s
        self.caller: CallerLeg | None = None
        self._notes: dict[LegId, TargetNotes] = {}
        self._descriptions: dict[LegId, SessionDescription] = {}
        self._bridged: CalleeLeg | None = None
        self._bridged_done: Done | None = None
        self._early: CalleeLeg | None = None
        self._early_lost = False
        self._driver: Driver | None = None
        self._ending: Cause | None = None
        self._next_leg = 1
        self._outside: list[str] = []
        self.diversions: tuple[Diversion, ...] = ()
        self.path: tuple[str, ...] = ()
        if not isinstance(decision, Refuse):
            for hop in decision.hops:
                self._sent_on(hop.rule, hop.outcome)
        self._billing: Billing | None = None
        self.closed = False
        self.brought_by: str | None = None
        """The trunk (`TrunkConfig.key`) that it came by and whose channel it has."""

    def begin(self, caller: CallerLeg) -> None:
        """Run the service that the decision asks for."""
        self.caller = caller
        host = self._host
        self._billing = billing_of(
            self.snapshot, self.tenant, self.account.query, host.balances, host.stack.wheel, self._run_out
        )
        caller.media.on_silent = self._on_silent
        try:
            # Now rather than when somebody has picked up.
            caller.reserve_media()
        except ResourceExhausted:
            self._finish(NO_PORTS, None)
            return
        self._driver = Driver(serve(self, self.decision), self, self._finish)
        self._driver.start()

    def end(self, cause: Cause, now: float) -> None:
        """End the call on all legs: an operator, a failure, the caller."""
        if self._driver is not None:
            self._ending = cause
            self._driver.end(cause)

    def hang_up(self, now: float) -> None:
        self.end(HUNG_UP_BY_OPERATOR if self.account.answered_at is not None else CANCELLED_BY_OPERATOR, now)

    def remove(self, now: float) -> None:
        """What the call uses is gone from the configuration, and the time to finish is over."""
        self.end(CONFIGURATION_REMOVED if self.account.answered_at is not None else REMOVED_BEFORE_ANSWER, now)

    def _run_out(self, now: float) -> None:
        """Who pays for it has nothing left."""
        self._stack.counters["call ended by its balance"] += 1
        self.end(BALANCE_USED_UP, now)

    # CallPort: what the script asks.

    def ring(
        self,
        targets: tuple[Target, ...],
        timeout_s: float,
        group: ConfigRef | None = None,
        patience_s: float | None = None,
    ) -> Ring:
        return Ring(targets, timeout_s, group, patience_s)

    def bridge(self, leg: LegId) -> Bridge:
        return Bridge(leg)

    def wait(self, seconds: float) -> Wait:
        return Wait(seconds)

    def first_of(self, *effects: Effect) -> FirstOf:
        return FirstOf(effects)

    def decide(self, onward: Onward, ended: Cause) -> Decide:
        return Decide(onward, ended)

    # EffectHandler: how it is done.

    def start(self, effect: Effect, done: Done) -> Withdraw:
        match effect:
            case Ring():
                return self._start_ring(effect, done)
            case Bridge(leg):
                return self._start_bridge(leg, done)
            case Wait(seconds):
                alarm = self._stack.wheel.schedule(self._stack.at + seconds, lambda _: done(None))
                return alarm.cancel
            case Decide(onward, ended):
                done(self._decide(onward, ended))
                return _nothing
            case FirstOf():
                raise TypeError("the driver takes FirstOf apart")

    def _decide(self, onward: Onward, ended: Cause) -> RouteDecision:
        """Each hop onward is one of the hops that the caller allows (RFC 3261 §16.6 step 3)."""
        self._sent_on(onward.rule, ended.outcome)
        decision = self._host.decide_onward(self, onward)
        if not isinstance(decision, Refuse):
            for hop in decision.hops:
                self._sent_on(hop.rule, hop.outcome)
            if self.hops_left <= 0:
                decision = _refused(TOO_MANY_HOPS, onward, "the caller's Max-Forwards is used up (RFC 3261 §16.3)")
        self.path = (*self.path, str(onward.to))
        at = self._utc(self._stack.at)
        self.account.onward.append(OnwardAccount(at=at, to=str(onward.to), trace=decision.trace))
        self._mark()
        return decision

    def _mark(self) -> None:
        """It is otherwise than before, for whoever follows."""
        marks = self._stack.marks
        if marks is not None and not self.closed:
            marks.calls[self.id] = None

    def _sent_on(self, rule: ConfigRef, outcome: Outcome | None) -> None:
        """The place of `rule` has sent the call on; `outcome`: how ringing had ended there, None = nothing was rung."""
        self.hops_left -= 1
        match self.tenant.items.get(rule):
            case ExtensionConfig() | RingGroupConfig() as item:
                self.diversions = (Diversion(item.number, item.display_name, outcome), *self.diversions)
            case _:
                pass  # nobody has that number

    def _start_ring(self, ring: Ring, done: Done) -> Withdraw:
        now = self._stack.at
        ringing = _Ringing(done, self._stack)
        fork = Fork(ringing.finish, self._on_progress, self._retire)
        ringing.alarm = self._stack.wheel.schedule(now + ring.timeout_s, fork.time_out)
        billing = self._billing
        for person, target in enumerate(ring.targets):
            unpaid = billing.dial(target) if billing is not None and isinstance(target, TrunkTarget) else None
            if unpaid is not None:
                fork.lack(unpaid, person)
                continue
            invitations = self._host.invitations(self, target, now)
            if isinstance(invitations, Cause):
                fork.lack(invitations, person)
                continue
            if invitations and ring.group is not None:
                self._host.groups.rung(ring.group, target.number)
            for invitation in invitations:
                patient = invitation if ring.patience_s is None else invitation._replace(patience_s=ring.patience_s)
                self._try(fork, person, target, ring.group, patient, now)
        fork.begin()
        return partial(self._withdraw_ring, ringing, fork)

    def _withdraw_ring(self, ringing: _Ringing, fork: Fork) -> None:
        ringing.stop()
        fork.withdraw(self._ending or CANCELLED, self._stack.at)

    def _try(
        self, fork: Fork, person: int, target: Target, group: ConfigRef | None, invitation: Invitation, now: float
    ) -> None:
        leg = CalleeLeg(self._stack, leg_id(self.id, self._next_leg), invitation, partial(self._on_callee, fork))
        self._next_leg += 1
        self._notes[leg.id] = TargetNotes(target, leg, self._utc(now), group)
        if invitation.attempt is not None and isinstance(target, TrunkTarget):
            self._use_trunk(invitation.attempt, target, now)
        leg.media.on_silent = self._on_silent
        self._mark()
        caller = self.caller
        fork.add(leg, person)
        try:
            leg.start(caller.offer if caller is not None else None, now)
        except ResourceExhausted:
            fork.fail(leg, NO_PORTS, now)

    def _use_trunk(self, attempt: Attempt, target: TrunkTarget, now: float) -> None:
        """A channel for the leg, given back by `_retire`; and the call is one to the outside from now on."""
        usage = self._host.usage
        usage.take_channel(attempt.line.key)
        for number in ("", target.by):
            if number not in self._outside:
                self._outside.append(number)
                usage.begin_outside(self.tenant.config.name, number, now)

    def _calling_extension(self) -> str:
        """The number of the extension that calls; "" for a call from outside."""
        query = self.account.query
        return "" if query.trunk else query.caller

    def _try_next_server(self, fork: Fork, leg: CalleeLeg, failure: Refused, now: float) -> bool:
        """Where a trunk's server failed, and not the call, its next server takes the place (RFC 3263 §4.3); whether one did."""
        attempt = leg.invitation.attempt
        person = fork.person_of(leg)
        notes = self._notes[leg.id]
        if attempt is None or person is None or not is_servers_fault(failure.status):
            return False
        if not isinstance(notes.target, TrunkTarget):
            return False
        invitation = self._host.next_invitation(self, notes.target, attempt)
        if invitation is None:
            return False
        self._try(fork, person, notes.target, notes.group, invitation, now)
        fork.replaced(leg, failure.cause, now)
        return True

    def _start_bridge(self, leg: LegId, done: Done) -> Withdraw:
        now = self._stack.at
        callee = self._notes[leg].leg
        caller = self.caller
        if caller is None or callee.ended:
            done(callee.cause if callee.cause is not None else CANCELLED)
            return _nothing
        self._bridged = callee
        billing = self._billing
        unpaid = (
            None
            if billing is None
            else billing.take(self._notes[leg].target, self.account.sip_call_id, callee.sip_call_id)
        )
        if unpaid is not None:
            done(unpaid)
            return _nothing
        self._bridged_done = done
        try:
            caller.answer(self._descriptions.get(leg), leg, now)
        except ResourceExhausted:
            self._bridged_done = None
            done(NO_PORTS)
            return _nothing
        at = self._utc(now)
        notes = self._notes[leg]
        self.account.answered_at = at
        self.account.answered_by = notes.target.number
        if notes.group is not None:
            self._host.groups.answered(notes.group, notes.target.number)
        self._host.on_answered(self, at, () if billing is None else billing.begin(now))
        self._join(callee)
        return self._unbridge

    def _unbridge(self) -> None:
        self._bridged_done = None

    # What the legs say.

    def on_caller(self, event: CallEvent, now: float) -> None:
        self._mark()
        callee = self._bridged
        match event:
            case Ended(cause):
                self._end_bridge_or_call(cause, now)
            case Acknowledged(answer):
                if callee is not None:
                    self._acknowledge(callee.session, answer, now)
                    self._join(callee)
            case _:
                if callee is not None and self.caller is not None:
                    self._relay(event, self.caller.session, callee.session, now)

    def _on_callee(self, fork: Fork, leg: CalleeLeg, event: CallEvent, now: float) -> None:
        self._mark()
        if isinstance(event, Answered) and leg is not self._bridged:
            self._notes[leg.id].answered_at = self._utc(now)
            if event.description is not None:
                self._descriptions[leg.id] = event.description
        if leg is not self._bridged:
            if not (isinstance(event, Refused) and self._try_next_server(fork, leg, event, now)):
                fork.on_event(leg, event, now)
            if self._early_lost:
                self._pass_on_the_rest(now)
            return
        match event:
            case Ended(cause):
                self._end_bridge_or_call(cause, now)
            case Acknowledged(answer):
                if self.caller is not None:
                    self._acknowledge(self.caller.session, answer, now)
                self._join(leg)
            case _:
                if self.caller is not None:
                    self._relay(event, leg.session, self.caller.session, now)

    def _relay(self, event: CallEvent, source: Session | None, other: Session | None, now: float) -> None:
        """Ask of the other side what this one asks."""
        if source is None or other is None:
            return
        match event:
            case Changed(description):
                try:
                    if description is not None:
                        source.media.reserve(description)
                    asked = other.change(description, now)
                except ResourceExhausted:
                    source.refuse_change(NO_PORTS, now)
                    return
                if not asked:
                    source.refuse_change(REQUEST_PENDING, now)
            case Answered(description):
                try:
                    other.accept(description, now)
                except ResourceExhausted:
                    other.refuse_change(NO_PORTS, now)
                if self._bridged is not None:
                    self._join(self._bridged)
            case Refused(cause):
                other.refuse_change(cause, now)
            case Withdrawn():
                other.withdraw_change(now)
            case Digit(digit, duration_ms):
                other.inform("application/dtmf-relay", dtmf_info_body(digit, duration_ms), now)
            case Informed(content_type, body):
                other.inform(content_type, body, now)
            case _:
                pass

    def _acknowledge(self, session: Session | None, answer: SessionDescription, now: float) -> None:
        """The answer to a late offer goes to who made it."""
        try:
            if session is not None:
                session.acknowledge(answer, now)
        except ResourceExhausted:
            self._end_bridge_or_call(NO_PORTS, now)

    def _on_progress(self, leg: CalleeLeg, event: Progressed, now: float) -> None:
        notes = self._notes[leg.id]
        if notes.ringing_at is None:
            if not self._has_rung():
                self._host.on_ringing(now - self._began)
            notes.ringing_at = self._utc(now)
        self._pass_on(leg, event.status, event.description, now)

    def _has_rung(self) -> bool:
        for notes in self._notes.values():
            if notes.ringing_at is not None:
                return True
        for target in self.account.targets:  # noqa: SIM110 - a generator costs more
            if target.ringing_at is not None:
                return True
        return False

    def _pass_on_the_rest(self, now: float) -> None:
        """The phone that the caller heard is out of it: what the others have said meanwhile counts now."""
        self._early_lost = False
        for notes in list(self._notes.values()):
            if notes.ringing_at is not None and self._early is None and self._bridged is None:
                early = notes.leg.early
                self._pass_on(notes.leg, 180 if early is None else 183, early, now)

    def _pass_on(self, leg: CalleeLeg, status: int, description: SessionDescription | None, now: float) -> None:
        caller = self.caller
        if caller is None:
            return
        if self._early is not None and self._early is not leg:
            description = None  # one phone's early media at a time; the others ring
        try:
            caller.progress(status, description, leg.id, now)
        except ResourceExhausted:
            return
        if description is not None:
            self._early = leg
            join_media(caller.media, leg.media)

    def _on_silent(self, silent_s: float, now: float) -> None:
        if self.account.answered_at is None:
            return  # reported just as the call ended; an unanswered call is not watched
        self._stack.counters["call ended by silence"] += 1
        self._end_bridge_or_call(SILENT, now)

    def _join(self, callee: CalleeLeg) -> None:
        if self.caller is not None:
            join_media(self.caller.media, callee.media)
            supervise_silence(self.caller.media, callee.media, self._inactivity_s)

    def _end_bridge_or_call(self, cause: Cause, now: float) -> None:
        done, self._bridged_done = self._bridged_done, None
        if done is not None:
            done(cause)
        else:
            self.end(cause, now)

    # The end.

    def _retire(self, leg: CalleeLeg, cause: Cause, now: float) -> None:
        """A phone is out of the call: close its account, return its ports."""
        notes = self._notes.pop(leg.id, None)
        if notes is None:
            return
        self._mark()
        self._descriptions.pop(leg.id, None)
        attempt = leg.invitation.attempt
        if attempt is not None:
            self._host.usage.give_channel(attempt.line.key)
        at = self._utc(now)
        if self.caller is not None and leg is not self._bridged:
            if self._early is leg:
                self._early_lost = True
                self.caller.early_media_over()
            part_media(self.caller.media, leg.media)
        if self._early is leg:
            self._early = None
        answered_at = self.account.answered_at
        if notes.group is not None and leg is self._bridged and answered_at is not None:
            self._host.groups.talked(notes.group, notes.target.number, (at - answered_at).total_seconds())
        self.account.targets.append(notes.close(at, cause, leg.media.release()))

    def _finish(self, cause: Cause, error: Exception | None) -> None:
        now = self._stack.at
        self.closed = True
        for notes in list(self._notes.values()):
            notes.leg.end(cause, now)
            self._retire(notes.leg, cause, now)
        caller, self.caller = self.caller, None
        if caller is None:
            return
        caller.end(cause, now)
        for number in self._outside:
            self._host.usage.end_outside(self.tenant.config.name, number)
        self._outside.clear()
        at = self._utc(now)
        billing, self._billing = self._billing, None
        bills = () if billing is None else billing.close(self.account.answered_at, max(at, self.account.query.at))
        record = self.account.closed(at, cause, caller.media.release(), bills)
        self._bridged = None
        self._early = None
        self._driver = None
        self._host.on_closed(self, record, error)

    def _utc(self, now: float) -> datetime:
        """The instant as records tell it: as far from the beginning as it was, however the wall clock was set meanwhile."""
        return self.account.query.at + timedelta(seconds=now - self._began)

    # What is used.

    def legs(self) -> list[CallerLeg | CalleeLeg]:
        """Those that live, the caller's first."""
        legs: list[CallerLeg | CalleeLeg] = [] if self.caller is None else [self.caller]
        return legs + [notes.leg for notes in self._notes.values()]

    def extensions(self) -> list[ExtensionConfig]:
        """Who takes part: those who call, ring or talk, as the revision that the call began with has them."""
        known = self.tenant.extensions
        numbers = [self._calling_extension()]
        numbers += [n.target.number for n in self._notes.values() if isinstance(n.target, ExtensionTarget)]
        return [known[number] for number in numbers if number in known]

    def groups(self) -> list[ConfigRef]:
        """Ring groups that it waits for; once answered it needs none."""
        if self._bridged is not None:
            return []
        return list(dict.fromkeys([notes.group for notes in self._notes.values() if notes.group is not None]))

    def trunks(self) -> list[ConfigRef]:
        """Those that it goes over."""
        found = [notes.leg.invitation.attempt for notes in self._notes.values()]
        refs = [attempt.line.ref for attempt in found if attempt is not None]
        line = self.caller.line if self.caller is not None else None
        return refs if line is None else [line.ref, *refs]

    # What is shown.

    def view(self) -> CallView:
        said = [s for s in self.decision.trace.steps if s.rule is not None and s.verdict is not Verdict.MISSED]
        step = said[-1] if said else None
        decided = "" if step is None else f"{step.rule}" + (f" ({step.origin})" if step.origin is not None else "")
        query = self.account.query
        return CallView(
            id=self.id,
            tenant=query.tenant,
            revision=Revision(self.account.revision),
            caller=query.caller,
            callee=query.callee.dialled,
            state="answered" if self.account.answered_at is not None else "ringing",
            started_at=query.at,
            answered_at=self.account.answered_at,
            decided_by=decided,
            legs=tuple(self._leg_views()),
            onward=self.path,
        )

    def _leg_views(self) -> list[LegView]:
        legs: list[LegView] = []
        if self.caller is not None:
            legs.append(_leg_view(self.caller, self.account.query.caller, self.account.query.source))
        for notes in self._notes.values():
            group = notes.group.name if notes.group is not None else ""
            legs.append(_leg_view(notes.leg, notes.target.number, notes.leg.invitation.shown, group))
        return legs


def _leg_view(leg: CallerLeg | CalleeLeg, number: str, contact: str, group: str = "") -> LegView:
    media = leg.media.account()
    return LegView(
        id=leg.id,
        number=number,
        contact=contact,
        state=leg.state,
        sip_call_id=leg.sip_call_id,
        local_rtp=leg.media.local_rtp(),
        packets_in=media.packets_in,
        packets_out=media.packets_out,
        lost=media.lost,
        jitter_ms=media.jitter_ms,
        group=group,
    )


class _Ringing:
    """How long a fork may ring. No closure: one that is compiled by mypyc holds on to itself, and a call must leave no cycle."""

    __slots__ = ("_began", "_done", "_stack", "alarm")

    def __init__(self, done: Done, stack: Stack) -> None:
        self._done = done
        self._stack = stack
        self._began = stack.at
        self.alarm: Alarm | None = None

    def finish(self, outcome: RingOutcome) -> None:
        self.stop()
        if isinstance(outcome, RungFailed):
            outcome = RungFailed(outcome.cause, outcome.status, self._stack.at - self._began)
        self._done(outcome)

    def stop(self) -> None:
        alarm, self.alarm = self.alarm, None
        if alarm is not None:
            alarm.cancel()


def _nothing() -> None:
    """Withdraws an effect that is over already."""


def _refused(cause: Cause, onward: Onward, why: str) -> Refuse:
    return Refuse(cause, Trace((TraceStep(Verdict.REFUSED, onward.rule, onward.origin, why),), ()))
