"""The switch: the transaction user of the whole PBX. It owns all calls and hands every request to who it is for.

RFC 3261 §8.2 (processing requests outside a dialog), §11 (OPTIONS), §16.3 (what a hop must check); requests in a
dialog go by Call-ID and our own tag. No call and no registration without authentication. Events of the same turn
share one instant, `stack.at`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from email.utils import format_datetime
from typing import Final, Protocol

from engine.call.account import Account
from engine.call.admission import Admission, Admitted
from engine.call.balances import Balances
from engine.call.call import Call
from engine.call.callee_leg import Invitation
from engine.call.caller_leg import CallerLeg
from engine.call.figures import CallFigures
from engine.call.inside import Inside
from engine.call.offer import description_of, refusal_of
from engine.call.outside import Outside
from engine.call.stack import ALLOW, Stack
from engine.cause import NO_COMMON_MEDIA, SHUTTING_DOWN, TOO_MANY_HOPS, TRUNK_FULL, Cause
from engine.cdr import Bill, CallDetailRecord, OpenCall
from engine.errors import NotFound
from engine.identity import CallId, leg_id
from engine.preferences import PreferenceKey, Preferences
from engine.registrar.outcome import BadRequest, IntervalTooBrief, OutOfOrder, Registered
from engine.registrar.registrar import Registrar
from engine.registrar.registration import Limits, Registration
from engine.routing.decide import decide
from engine.routing.decision import (
    Dial,
    DialOut,
    Hunt,
    Onward,
    Refuse,
    RouteDecision,
    Target,
    Trace,
    TraceStep,
    TrunkTarget,
    Verdict,
)
from engine.routing.domain import refuse_foreign_domain
from engine.routing.facts import Fact, Facts
from engine.routing.group_memory import GroupMemory
from engine.routing.onward import decide_onward
from engine.routing.query import RouteQuery, query_of
from engine.sdp.anchor import is_relayable
from engine.sdp.description import SessionDescription
from engine.sip.dialog import target_and_routes
from engine.sip.errors import RemoteProtocolError
from engine.sip.flow import NO_CONNECTION, Flow
from engine.sip.headers import NameAddr
from engine.sip.message import SipRequest, SipResponse
from engine.sip.response import response_to
from engine.sip.transactions import ServerInviteTransaction, ServerTransaction
from engine.sip.uri import make_uri, parse_uri
from engine.trunk.address_field import is_callable, number_of, place_of
from engine.trunk.attempt import Attempt
from engine.trunk.line import Line
from engine.trunk.trunk import Trunk
from engine.trunk.trunks import Trunks

_SUPPORTED_METHODS: Final = frozenset({"INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "INFO", "UPDATE", "REGISTER"})
_ALLOW_HERE: Final = f"{ALLOW}, REGISTER"
_DEFAULT_MAX_FORWARDS: Final = 70
_ADDRESSES_KEPT: Final = 50_000


class CallJournal(Protocol):
    """Where calls are written down before anything is answered."""

    def append_open(self, opened: OpenCall) -> None: ...

    def append_answered(self, call_id: CallId, at: datetime, by: str, bills: tuple[Bill, ...]) -> None: ...

    def append_closed(self, record: CallDetailRecord) -> None: ...


class Switch:
    """`report(message, error)`: a bug that ended a call; it is logged by the runtime with its ids. `preferences`: kept by the runtime."""

    def __init__(
        self,
        stack: Stack,
        admission: Admission,
        registrar: Registrar,
        journal: CallJournal,
        report: Callable[[str, Exception], None],
    ) -> None:
        self.stack = stack
        self.admission = admission
        self.registrar = registrar
        self.calls: dict[CallId, Call] = {}
        self.figures = CallFigures()
        self.overloaded = False
        self.stopping = False
        self._journal = journal
        self._report = report
        self._calls_of: dict[str, int] = {}
        self.groups = GroupMemory()
        self.balances = Balances()
        self.trunks = Trunks(stack.layer, stack.wheel, stack.identifiers)
        self.usage = self.trunks.usage
        self.outside = Outside(stack, self.trunks)
        self.inside = Inside(self.trunks, stack.counters, stack.identifiers.tag)
        self.preferences: dict[PreferenceKey, Preferences] = {}
        self.facts: Facts = _LiveFacts(
            registrar, stack, self._calls_of, self.groups, self.trunks, self.balances, self.preferences
        )
        self._addresses: dict[tuple[str, str, str], str] = {}
        self._date_second = -1
        self._date_text = ""

    @property
    def calls_of(self) -> Mapping[str, int]:
        """How many are live, by tenant."""
        return self._calls_of

    # What the network brings (TransactionUser).

    def on_request(self, transaction: ServerTransaction, request: SipRequest, flow: Flow, now: float) -> None:
        tag = request.to.tag
        if tag is not None and request.method != "REGISTER":
            user = self.stack.dialogs.get((request.call_id, tag))
            if user is not None:
                user.on_request(transaction, request, flow, now)
                return
            self._refuse(transaction, request, 481)
            return
        refusal = self._check(request)
        if refusal is not None:
            self.stack.layer.respond_statelessly(transaction, refusal)
            return
        match request.method:
            case "REGISTER":
                self._on_register(transaction, request, flow, now)
            case "INVITE":
                assert isinstance(transaction, ServerInviteTransaction)  # noqa: S101 - the layer sees to it
                self._on_invite(transaction, request, flow, now)
            case "OPTIONS":
                self._on_options(transaction, request)
            case _:
                # BYE, INFO, UPDATE without a To tag are of no dialog of ours (§12.2.2).
                self._refuse(transaction, request, 481)

    def on_ack(self, request: SipRequest, flow: Flow, now: float) -> None:
        user = self.stack.dialogs.get((request.call_id, request.to.tag or ""))
        if user is not None:
            user.on_ack(request, now)

    def on_cancel(self, transaction: ServerInviteTransaction, request: SipRequest, now: float) -> None:
        if transaction.owner is not None:
            transaction.owner.on_cancel(now)

    def on_unacknowledged(self, transaction: ServerInviteTransaction, now: float) -> None:
        """No ACK for our 200 within 64*T1."""
        user = self.stack.dialogs.get((transaction.call_id, transaction.to_tag))
        if user is not None:
            user.on_unacknowledged(now)

    def on_stray_success(self, response: SipResponse, flow: Flow, now: float) -> None:
        """A 2xx long after its INVITE's end. Where the call is known, it is another fork's, or our ACK got lost."""
        user = self.stack.dialogs.get((response.call_id, response.from_.tag or ""))
        if user is not None:
            user.on_stray_success(response, now)

    def on_server_error(self, transaction: ServerTransaction, now: float) -> None:
        """A response that could not be sent is sent again by whoever asks again."""

    # Commands.

    def hang_up(self, call_id: CallId, now: float) -> None:
        call = self.calls.get(call_id)
        if call is None:
            raise NotFound(f"no live call {call_id}; `trunkline get calls` lists them")
        call.hang_up(now)

    def end_all(self, now: float, cause: Cause = SHUTTING_DOWN) -> None:
        """End every call, for a shutdown. One that can't be ended must not keep the others from their records."""
        for call in list(self.calls.values()):
            self._end(call, lambda call: call.end(cause, now))

    def end_removed(self, calls: Iterable[Call], now: float) -> None:
        """End calls that use what the configuration has given up long enough ago."""
        for call in calls:
            self._end(call, lambda call: call.remove(now))

    def _end(self, call: Call, end: Callable[[Call], None]) -> None:
        try:
            end(call)
        except Exception as error:  # noqa: BLE001 - a bug; the journal will close that call at the next start
            self._report(f"call {call.id} could not be ended", error)

    # CallHost: what a call asks.

    def invitations(self, call: Call, target: Target, now: float) -> list[Invitation] | Cause:
        if isinstance(target, TrunkTarget):
            tenant, query = call.tenant, call.account.query
            invitation = self.outside.invitation(tenant, query, target, call.diversions, call.hops_left - 1, now)
            return invitation if isinstance(invitation, Cause) else [invitation]
        query = call.account.query
        caller_user = query.caller
        from_value = self._address(query.caller_display, caller_user, call.tenant.config.domain)
        to_value = self._address("", target.number, call.tenant.config.domain)
        diversions = tuple([hop.header(call.tenant.config.domain) for hop in call.diversions])
        found: list[Invitation] = []
        for binding in self.registrar.contacts(target.tenant, target.number, now):
            flow = self._reachable(binding.flow)
            if flow is None:
                self.stack.counters["contact skipped: its listener is gone"] += 1
                continue
            found.append(
                Invitation(
                    contact=_request_uri(binding.contact),
                    flow=flow,
                    from_value=from_value,
                    to_value=to_value,
                    contact_user=caller_user,
                    max_forwards=call.hops_left - 1,
                    diversions=diversions,
                )
            )
        return found

    def next_invitation(self, call: Call, target: TrunkTarget, failed: Attempt) -> Invitation | None:
        tenant, query = call.tenant, call.account.query
        return self.outside.next_invitation(failed, tenant, query, target, call.diversions, call.hops_left - 1)

    def _reachable(self, flow: Flow) -> Flow | None:
        """The flow of a binding; through the only listener of its transport, if the one it came by is going or gone."""
        hosts, transports = self.stack.contact_hosts, self.stack.transports
        if flow.listener in hosts:
            return flow
        others = [label for label in hosts if transports.get(label, "udp") == flow.transport]
        if len(others) != 1:
            return None
        connection = flow.connection if flow.transport == "udp" else NO_CONNECTION
        return flow._replace(listener=others[0], connection=connection)

    def decide_onward(self, call: Call, onward: Onward) -> RouteDecision:
        return decide_onward(call.snapshot, self.facts, call.account.query, onward)

    def on_ringing(self, after_s: float) -> None:
        self.figures.ring(after_s)

    def on_answered(self, call: Call, at: datetime, bills: tuple[Bill, ...]) -> None:
        query = call.account.query
        self.figures.answer(query.tenant, (at - query.at).total_seconds())
        self._journal.append_answered(call.id, at, call.account.answered_by or "", bills)
        marks = self.stack.marks
        if marks is not None:
            marks.call_answered(call.id, call.account.query.tenant)

    def on_closed(self, call: Call, record: CallDetailRecord, error: Exception | None) -> None:
        if self.calls.pop(call.id, None) is not None:
            self._calls_of[record.tenant] -= 1
            if call.brought_by is not None:
                self.usage.give_channel(call.brought_by)
        self.stack.counters[f"call ended: {record.cause.outcome.value}"] += 1
        self.figures.end(record)
        self._journal.append_closed(record)
        marks = self.stack.marks
        if marks is not None:
            marks.call_closed(record)
        if error is not None:
            self._report(f"call {call.id} of tenant {record.tenant} was ended by a bug", error)

    @property
    def live(self) -> dict[str, int]:
        """Live calls by tenant."""
        return dict(self._calls_of)

    # Requests outside a dialog.

    def _check(self, request: SipRequest) -> SipResponse | None:
        """What every server must check before it looks closer, in the RFC's order (§8.2.1-§8.2.2.3)."""
        tag = self.stack.identifiers.tag
        if request.method not in _SUPPORTED_METHODS:
            response = response_to(request, 405, to_tag=tag())
            response.headers.add("Allow", _ALLOW_HERE)
            return response
        if not (request.uri.is_sip if request.method == "REGISTER" else is_callable(request.uri)):
            return response_to(request, 416, to_tag=tag())
        if request.method == "REGISTER" and not request.to.uri.is_sip:
            return response_to(request, 400, "To is not an address of record", to_tag=tag())
        if "Require" in request.headers or "Proxy-Require" in request.headers:
            unsupported = [*request.headers.values("Require"), *request.headers.values("Proxy-Require")]
            if unsupported:
                response = response_to(request, 420, to_tag=tag())
                response.headers.add("Unsupported", ", ".join(unsupported))
                return response
        return None

    def _on_options(self, transaction: ServerTransaction, request: SipRequest) -> None:
        response = response_to(request, 200, to_tag=self.stack.identifiers.tag())
        response.headers.add("Allow", _ALLOW_HERE)
        response.headers.add("Accept", "application/sdp")
        response.headers.add("Accept-Encoding", "identity")
        response.headers.add("Accept-Language", "en")
        response.headers.add("Supported", "")
        response.headers.add("Server", self.stack.user_agent)
        self.stack.layer.respond_statelessly(transaction, response)

    def _on_register(self, transaction: ServerTransaction, request: SipRequest, flow: Flow, now: float) -> None:
        if self._shed(transaction, request, flow):
            return
        admitted = self.admission.admit(request, flow, now)
        if isinstance(admitted, SipResponse):
            self.stack.layer.respond_statelessly(transaction, admitted)
            return
        extension = admitted.extension
        if request.to.uri.user_unescaped not in (extension.number, extension.auth_user):
            # Whoever proved to be one extension may not register another (§10.3 step 3).
            self._refuse(transaction, request, 403)
            return
        sip = self.admission.snapshot.system.sip
        # Who proved to be it by a password that was exchanged meanwhile is not registered for longer than that counts.
        longest_s = sip.max_expires_s if admitted.until is None else min(sip.max_expires_s, int(admitted.until - now))
        limits = Limits(
            min_expires_s=sip.min_expires_s,
            max_expires_s=longest_s,
            default_expires_s=sip.default_expires_s,
            max_contacts=extension.max_contacts,
        )
        try:
            asked = Registration(
                tenant=admitted.tenant.config.name,
                number=extension.number,
                flow=flow,
                call_id=request.call_id,
                cseq=request.cseq.number,
                contacts=request.contacts,
                expires_s=request.expires,
                user_agent=request.headers.first("User-Agent") or "",
            )
            result = self.registrar.update(asked, limits, now)
        except RemoteProtocolError as error:
            self.stack.counters[f"refused: {error.status_hint}"] += 1
            self.stack.layer.respond(transaction, refusal_of(request, error, self.stack.identifiers.tag()), now)
            return
        response: SipResponse
        match result:
            case Registered(contacts):
                response = response_to(request, 200, to_tag=self.stack.identifiers.tag())
                for granted in contacts:
                    response.headers.add("Contact", granted.header())
                response.headers.add("Date", self._date(now))
            case IntervalTooBrief(min_expires_s):
                response = response_to(request, 423, to_tag=self.stack.identifiers.tag())
                response.headers.add("Min-Expires", str(min_expires_s))
            case BadRequest(why):
                response = response_to(request, 400, to_tag=self.stack.identifiers.tag())
                response.headers.add("Warning", f'399 trunkline "{why.replace(chr(34), chr(39))}"')
            case OutOfOrder():
                response = response_to(request, 500, to_tag=self.stack.identifiers.tag())
        self.stack.layer.respond(transaction, response, now)

    def _on_invite(self, transaction: ServerInviteTransaction, request: SipRequest, flow: Flow, now: float) -> None:
        if self._shed(transaction, request, flow):
            return
        brought = self.inside.trunk_of(request, flow, self.admission.snapshot)
        admitted = self.admission.admit(request, flow, now) if brought is None else brought
        if isinstance(admitted, SipResponse):
            self.stack.layer.respond_statelessly(transaction, admitted)
            return
        try:
            max_forwards = request.max_forwards
            hops = _DEFAULT_MAX_FORWARDS if max_forwards is None else max_forwards
            offer = description_of(request)
            target_and_routes(request)
            if isinstance(admitted, Trunk):
                self._admit_from_trunk(transaction, request, flow, admitted, offer, hops, now)
                return
        except RemoteProtocolError as error:
            self.stack.counters[f"refused: {error.status_hint}"] += 1
            self.stack.layer.respond(transaction, refusal_of(request, error, self.stack.identifiers.tag()), now)
            return
        self._admit_call(transaction, request, flow, admitted, offer, hops, now)

    def _admit_call(
        self,
        transaction: ServerInviteTransaction,
        request: SipRequest,
        flow: Flow,
        admitted: Admitted,
        offer: SessionDescription | None,
        max_forwards: int,
        now: float,
    ) -> None:
        """Decide what an extension asks for."""
        tenant, extension = admitted.tenant, admitted.extension
        at = self.stack.utc(now)
        dialled = number_of(request.uri)
        listener = self.admission.listener_name(flow)
        query = query_of(tenant, extension, dialled, listener=listener, source=flow.host, at=at)
        snapshot = self.admission.snapshot
        place = place_of(request.uri)
        decision = (
            _unfit(offer, max_forwards)
            or (refuse_foreign_domain(snapshot, query, place) if place is not None else None)
            or self._decide(query, max_forwards)
        )
        self._begin_call(transaction, request, flow, query, decision, offer, max_forwards, now)

    def _admit_from_trunk(
        self,
        transaction: ServerInviteTransaction,
        request: SipRequest,
        flow: Flow,
        trunk: Trunk,
        offer: SessionDescription | None,
        max_forwards: int,
        now: float,
    ) -> None:
        """Decide what a trunk brings. A number that nobody owns is refused without a record: it is no tenant's call."""
        snapshot = self.admission.snapshot
        listener = self.admission.listener_name(flow)
        query = self.inside.query_of(trunk, request, flow, listener, snapshot, self.stack.utc(now))
        if query is None:
            self.stack.counters["refused: number from a shared trunk that no tenant owns"] += 1
            self._refuse(transaction, request, 404)
            return
        decision = _unfit(offer, max_forwards) or self._full(trunk) or self._decide(query, max_forwards)
        self._begin_call(transaction, request, flow, query, decision, offer, max_forwards, now, Line(trunk))

    def _full(self, trunk: Trunk) -> Refuse | None:
        """The refusal if all channels are in use: 486, not 503, after which a carrier would keep all other calls from us, too."""
        most, taken = trunk.config.max_channels, self.usage.channels(trunk.key)
        if not most or taken < most:
            return None
        why = f"trunk {trunk.config.name} carries {taken} calls and has room for {most}"
        ref = trunk.config.ref
        step = TraceStep(Verdict.REFUSED, ref, self.admission.snapshot.origin(ref), why)
        return Refuse(TRUNK_FULL, Trace((step,), (Fact("channels", trunk.key, taken),)))

    def _begin_call(
        self,
        transaction: ServerInviteTransaction,
        request: SipRequest,
        flow: Flow,
        query: RouteQuery,
        decision: RouteDecision,
        offer: SessionDescription | None,
        max_forwards: int,
        now: float,
        line: Line | None = None,
    ) -> None:
        """Mint the call, write it down, and run what was decided."""
        at = query.at
        tenant = self.admission.snapshot.tenants[query.tenant]
        call_id = CallId(str(self.stack.identifiers.uuid7(int(at.timestamp() * 1000))))
        account = Account(call_id, request.call_id, tenant.revision, query, decision.trace)
        inactivity_s = self.admission.snapshot.system.media.inactivity_timeout_s
        call = Call(self, self.admission.snapshot, account, decision, max_forwards, inactivity_s)
        self._journal.append_open(account.opened())
        self.figures.begin(query.tenant)
        marks = self.stack.marks
        if marks is not None:
            marks.call_started(call_id, query.tenant)
        caller = CallerLeg(
            self.stack,
            leg_id(call_id, 0),
            transaction,
            request,
            flow,
            offer,
            query.callee.dialled or "call",
            call.on_caller,
            line,
        )
        match decision:
            case Dial() | DialOut() | Hunt():
                self.calls[call_id] = call
                self._calls_of[query.tenant] = self._calls_of.get(query.tenant, 0) + 1
                if line is not None:
                    call.brought_by = line.key
                    self.usage.take_channel(line.key)
                transaction.owner = caller
                call.begin(caller)
            case Refuse(cause):
                caller.end(cause, now)
                self.on_closed(call, account.closed(at, cause, caller.media.release()), None)

    def _decide(self, query: RouteQuery, max_forwards: int) -> RouteDecision:
        decision = decide(self.admission.snapshot, self.facts, query)
        if not isinstance(decision, Refuse) and len(decision.hops) >= max_forwards:
            return _refused(TOO_MANY_HOPS, "Max-Forwards is used up on the way (RFC 3261 §16.3)")
        return decision

    def _address(self, display: str, user: str, domain: str) -> str:
        """A From or To value; made once for each extension, for making one costs more than looking it up."""
        key = (display, user, domain)
        found = self._addresses.get(key)
        if found is None:
            if len(self._addresses) >= _ADDRESSES_KEPT:
                self._addresses.clear()
            found = self._addresses[key] = str(NameAddr(display, str(make_uri(user, domain))))
        return found

    def _date(self, now: float) -> str:
        at = self.stack.utc(now)
        second = int(at.timestamp())
        if second != self._date_second:
            self._date_second, self._date_text = second, format_datetime(at, usegmt=True)
        return self._date_text

    def _shed(self, transaction: ServerTransaction, request: SipRequest, flow: Flow) -> bool:
        """Under overload, while stopping, and on a listener that is going, new work is refused first (DESIGN 5); help never for load."""
        if self.overloaded and not (request.method == "INVITE" and self.admission.asks_for_help(request, flow)):
            why = "overloaded"
        elif self.stopping:
            why = "stopping"
        elif flow.listener not in self.stack.contact_hosts:
            why = "listener is draining"
        else:
            return False
        self.stack.counters[f"refused: {why}"] += 1
        response = response_to(request, 503, to_tag=self.stack.identifiers.tag())
        response.headers.add("Retry-After", "5")
        self.stack.layer.respond_statelessly(transaction, response)
        return True

    def _refuse(self, transaction: ServerTransaction, request: SipRequest, status: int) -> None:
        self.stack.counters[f"refused: {status}"] += 1
        response = response_to(request, status, to_tag=self.stack.identifiers.tag())
        self.stack.layer.respond_statelessly(transaction, response)


class _LiveFacts:
    """What `decide` may ask, answered from what is true now."""

    __slots__ = ("_balances", "_calls_of", "_groups", "_preferences", "_registrar", "_stack", "_trunks")

    def __init__(
        self,
        registrar: Registrar,
        stack: Stack,
        calls_of: Mapping[str, int],
        groups: GroupMemory,
        trunks: Trunks,
        balances: Balances,
        preferences: dict[PreferenceKey, Preferences],
    ) -> None:
        self._balances = balances
        self._preferences = preferences
        self._groups = groups
        self._trunks = trunks
        self._registrar = registrar
        self._stack = stack
        self._calls_of = calls_of

    def contacts(self, tenant: str, number: str) -> int:
        return len(self._registrar.contacts(tenant, number, self._stack.at))

    def calls(self, tenant: str) -> int:
        return self._calls_of.get(tenant, 0)

    def channels(self, trunk: str) -> int:
        return self._trunks.usage.channels(trunk)

    def trunk_up(self, trunk: str) -> int:
        return self._trunks.is_up(trunk, self._stack.at)

    def outside_calls(self, tenant: str, number: str) -> int:
        return self._trunks.usage.outside_calls(tenant, number)

    def outside_calls_last_minute(self, tenant: str, number: str) -> int:
        return self._trunks.usage.outside_calls_last_minute(tenant, number, self._stack.at)

    def balance(self, tenant: str, name: str, written: int) -> int:
        return self._balances.available(tenant, name, written)

    def last_rung(self, tenant: str, group: str, number: str) -> int:
        return self._groups.last_rung(tenant, group, number)

    def talk_s(self, tenant: str, group: str, number: str) -> int:
        return self._groups.talk_s(tenant, group, number)

    def preferences(self, tenant: str, extension: str) -> Preferences | None:
        return self._preferences.get((tenant, extension)) if self._preferences else None


def _request_uri(contact: str) -> str:
    """A Contact as a Request-URI: without URI headers and `method`, which may not stand there (RFC 3261 §19.1.1)."""
    if "?" not in contact and "method=" not in contact.lower():
        return contact
    uri = parse_uri(contact)
    return str(uri._replace(headers=(), params=tuple(pair for pair in uri.params if pair[0] != "method")))


def _unfit(offer: SessionDescription | None, max_forwards: int) -> Refuse | None:
    """The refusal of what can't go anywhere, whatever was dialled."""
    if max_forwards == 0:
        return _refused(TOO_MANY_HOPS, "Max-Forwards is 0 (RFC 3261 §16.3)")
    if offer is not None and not any(is_relayable(media) and not media.declined for media in offer.media):
        return _refused(NO_COMMON_MEDIA, "the offer has no stream that can be relayed: RTP/AVP or SDES-SRTP is needed")
    return None


def _refused(cause: Cause, why: str) -> Refuse:
    return Refuse(cause, Trace((TraceStep(Verdict.REFUSED, None, None, why),), ()))
