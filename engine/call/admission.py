"""Who sends a request: its tenant and its extension, or the refusal it gets (law 10).

A request names its tenant by the domain it uses (From for calls, To for registrations, then the Request-URI), or its
listener has a default tenant; otherwise it is refused. Then it must authenticate by digest (RFC 3261 §22, RFC 7616,
RFC 8760). Users that don't exist, are of another tenant, or have no secret get the very same answers as a wrong
password, and the same work is done for them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, NamedTuple

from dialing.number import ShortCode
from engine.call.old_passwords import OldPasswords
from engine.config.extension import ExtensionConfig
from engine.config.secret import Secrets
from engine.config.snapshot import Snapshot, TenantSnapshot
from engine.guard.guard import Guard
from engine.sip.digest import Algorithm, Challenger, Outcome, ha1, parse_authorization
from engine.sip.errors import RemoteProtocolError
from engine.sip.flow import Flow
from engine.sip.message import SipRequest, SipResponse
from engine.sip.response import response_to
from engine.trunk.address_field import number_of

_REFUSALS_KEPT: Final = 1_000


class Admitted(NamedTuple):
    """An authenticated sender. `until`: when what proved it is worth nothing any more; None for the password of now."""

    tenant: TenantSnapshot
    extension: ExtensionConfig
    until: float | None = None


class Refusal(NamedTuple):
    """Somebody who brought credentials that were not good; never the credentials themselves."""

    flow: Flow
    method: str
    user: str
    why: str


class Admission:
    """Decides by the *current* snapshot and secrets (law 3), which the switch swaps in here."""

    __slots__ = (
        "_counters",
        "_guard",
        "_refusals",
        "_tag",
        "challenger",
        "listener_names",
        "old_passwords",
        "secrets",
        "snapshot",
    )

    def __init__(
        self,
        snapshot: Snapshot,
        secrets: Secrets,
        challenger: Challenger,
        tag: Callable[[], str],
        counters: Counter[str],
        guard: Guard,
    ) -> None:
        self.snapshot = snapshot
        self.secrets = secrets
        self.challenger = challenger
        self.listener_names: Mapping[str, str] = {}
        """Which Listener a flow's socket now belongs to, where it is not the one of that name."""
        self.old_passwords = OldPasswords()
        self._tag = tag
        self._counters = counters
        self._guard = guard
        self._refusals: list[Refusal] = []

    def take_refusals(self) -> list[Refusal]:
        """Who was refused since the last call; empties the list."""
        if not self._refusals:
            return self._refusals
        taken, self._refusals = self._refusals, []
        return taken

    def admit(self, request: SipRequest, flow: Flow, now: float) -> Admitted | SipResponse:
        """The sender of a REGISTER or an INVITE outside a dialog, or the response that refuses it.

        Only who has the password learns that an extension or its tenant is disabled; to others it looks like any (law 10). An INVITE of
        such a one is admitted: routing refuses it, so that it leaves a record.
        """
        tenant = self._tenant_of(request, flow)
        if tenant is None:
            self._counters["refused: no tenant"] += 1
            return response_to(request, 403, to_tag=self._tag())
        realm = tenant.config.domain
        value = self._credentials_for(request, realm)
        if value is None:
            self._counters["challenged"] += 1
            return self._challenge(request, flow, realm, now, stale=False)
        try:
            credentials = parse_authorization(value)
        except RemoteProtocolError:
            self._counters["refused: credentials can't be read"] += 1
            return response_to(request, 400, to_tag=self._tag())
        extension = tenant.by_auth_user.get(_without_domain(credentials.username, realm))
        password = self.secrets.get(extension.password) if extension is not None else None

        known = partial(_known, credentials.username, realm, password)
        origin = self._guard.origin(flow.host)
        outcome = self.challenger.verify(credentials, request.method, request.uri_text, realm, known, now, origin)
        until: float | None = None
        if outcome is Outcome.WRONG and extension is not None:
            for old in self.old_passwords.of(tenant.config.name, extension.number, flow.host, now):
                before = partial(old.proof, credentials.username, realm)
                again = self.challenger.verify(
                    credentials, request.method, request.uri_text, realm, before, now, origin
                )
                if again is not Outcome.WRONG:
                    self._counters["accepted: password of before its exchange"] += again is Outcome.ACCEPTED
                    outcome, until = again, old.until
                    break
        if outcome is Outcome.STALE or outcome is Outcome.REPLAYED:
            self._counters["challenged: stale"] += 1
            return self._challenge(request, flow, realm, now, stale=True)
        if outcome is Outcome.MALFORMED:
            self._counters["refused: credentials can't be read"] += 1
            return response_to(request, 400, to_tag=self._tag())
        if outcome is not Outcome.ACCEPTED or extension is None:
            if outcome is Outcome.WRONG:
                self._guard.failed(flow.host, credentials.response, now)
            self._note(request, flow, credentials.username, "wrong credentials")
            return self._challenge(request, flow, realm, now, stale=False)
        self._guard.proved(flow.host, now)
        if request.method == "REGISTER" and not (tenant.config.enabled and extension.enabled):
            self._note(request, flow, credentials.username, "disabled")
            return response_to(request, 403, "Disabled", to_tag=self._tag())
        if request.method != "REGISTER" and self._is_anothers(request, tenant, extension):
            self._note(request, flow, credentials.username, "in the name of another extension")
            return response_to(request, 403, "Not Your Number", to_tag=self._tag())
        return Admitted(tenant, extension, until)

    def asks_for_help(self, request: SipRequest, flow: Flow) -> bool:
        """Whether an emergency number is called; who calls it still has to prove who that is."""
        tenant = self._tenant_of(request, flow)
        if tenant is None:
            return False
        canonical = tenant.phones.number(number_of(request.uri)).canonical
        return isinstance(canonical, ShortCode) and canonical.is_emergency

    def listener_name(self, flow: Flow) -> str:
        """The Listener by which the request came in, as the configuration now calls it; "" for one that it no longer has."""
        return self.listener_names.get(flow.listener, flow.listener)

    def _note(self, request: SipRequest, flow: Flow, user: str, why: str) -> None:
        self._counters[f"refused: {why}"] += 1
        if len(self._refusals) < _REFUSALS_KEPT:
            self._refusals.append(Refusal(flow, request.method, user, why))

    def _is_anothers(self, request: SipRequest, tenant: TenantSnapshot, extension: ExtensionConfig) -> bool:
        """Whether From names an extension that is not the sender's. What names none (anonymous, say) is replaced anyway."""
        claimed = tenant.extensions.get(request.from_.uri.user_unescaped)
        return claimed is not None and claimed is not extension

    def _tenant_of(self, request: SipRequest, flow: Flow) -> TenantSnapshot | None:
        snapshot = self.snapshot
        named = request.to if request.method == "REGISTER" else request.from_
        for uri in (named.uri, request.uri):
            name = snapshot.by_domain.get(uri.host.lower()) if uri.host else None
            if name is not None:
                return snapshot.tenants[name]
        listener = snapshot.listeners.get(self.listener_name(flow))
        if listener is None or listener.tenant is None:
            return None
        return snapshot.tenants.get(listener.tenant)

    def _credentials_for(self, request: SipRequest, realm: str) -> str | None:
        """The Authorization for our realm; a phone may send those of other hops too (RFC 3261 §22.2)."""
        values = request.headers.all("Authorization")
        if len(values) > 1:
            mine = [value for value in values if f'"{realm}"' in value]
            values = mine or values
        return values[0] if values else None

    def _challenge(self, request: SipRequest, flow: Flow, realm: str, now: float, *, stale: bool) -> SipResponse:
        self._guard.challenged(flow.host, now)
        response = response_to(request, 401, to_tag=self._tag())
        for value in self.challenger.challenge(realm, now, stale=stale, origin=self._guard.origin(flow.host)):
            response.headers.add("WWW-Authenticate", value)
        return response


def _known(username: str, realm: str, password: str | None, algorithm: Algorithm) -> str | None:
    # Made anew each time: it takes a microsecond, and kept it is as good as the password.
    return None if password is None else ha1(username, realm, password, algorithm)


def _without_domain(username: str, realm: str) -> str:
    """Some phones authenticate as `101@domain` (interop 14)."""
    user, at, domain = username.rpartition("@")
    return user if at and domain.lower() == realm else username
