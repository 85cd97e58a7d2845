"""Calls that trunks bring: which trunk, whose call, who calls whom.

A request from an address of a trunk is that trunk's without digest: the address is matched, not believed, and gives no more than the
trunk's inbound rules give. A phone behind the same address authenticates as anywhere: it is known by its credentials, or by a From that
names an extension of a tenant's domain.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime

from engine.config.snapshot import Snapshot
from engine.routing.owner import tenant_of_did
from engine.routing.query import RouteQuery, query_from_trunk
from engine.sip.flow import Flow
from engine.sip.message import SipRequest, SipResponse
from engine.sip.response import response_to
from engine.trunk.incoming import incoming_call
from engine.trunk.trunk import Trunk
from engine.trunk.trunks import Trunks


class Inside:
    """`tag`: makes To tags for refusals."""

    __slots__ = ("_counters", "_tag", "_trunks")

    def __init__(self, trunks: Trunks, counters: Counter[str], tag: Callable[[], str]) -> None:
        self._trunks = trunks
        self._counters = counters
        self._tag = tag

    def trunk_of(self, request: SipRequest, flow: Flow, snapshot: Snapshot) -> Trunk | SipResponse | None:
        """The trunk that sends an INVITE outside a dialog, or its refusal; None if it is no trunk's, so that digest decides."""
        found = self._trunks.at(flow.host)
        if not found or _is_phone(request, snapshot):
            return None
        trunk = found[0] if len(found) == 1 else _told_apart(found, request, flow, snapshot)
        if trunk is None:
            self._counters["refused: several trunks have the address, and nothing tells which one calls"] += 1
            return response_to(request, 403, "Ambiguous Trunk", to_tag=self._tag())
        if not trunk.is_enabled:
            self._counters["refused: trunk is disabled"] += 1
            return response_to(request, 403, "Disabled", to_tag=self._tag())
        return trunk

    def query_of(
        self, trunk: Trunk, request: SipRequest, flow: Flow, listener: str, snapshot: Snapshot, at: datetime
    ) -> RouteQuery | None:
        """The question for routing; None if no tenant owns the number. RemoteProtocolError for an identity that can't be read."""
        config = trunk.config
        own = snapshot.tenants.get(config.tenant)
        call = incoming_call(config, trunk.contact_user, request, "" if own is None else own.config.domain, self._note)
        name = config.tenant or tenant_of_did(snapshot, config, call.called)
        tenant = None if name is None else snapshot.tenants.get(name)
        if tenant is None:
            return None
        return query_from_trunk(
            tenant,
            config,
            called=call.called,
            caller=call.caller,
            display=call.display,
            listener=listener,
            source=flow.host,
            at=at,
        )

    def _note(self, what: str) -> None:
        self._counters[what] += 1


def _is_phone(request: SipRequest, snapshot: Snapshot) -> bool:
    """Whether it brings credentials, or names itself an extension of ours and so needs some."""
    if "Authorization" in request.headers:
        return True
    sender = request.from_.uri
    name = snapshot.by_domain.get(sender.host.lower()) if sender.host else None
    if name is None:
        return False
    tenant = snapshot.tenants[name]
    user = sender.user_unescaped
    return user in tenant.extensions or user in tenant.by_auth_user


def _told_apart(found: tuple[Trunk, ...], request: SipRequest, flow: Flow, snapshot: Snapshot) -> Trunk | None:
    """Which of several trunks with the same address calls: by the contact it was given, then the domain it calls, then its port."""
    uri = request.uri
    user, host = uri.user_unescaped, uri.host.lower()
    by_contact = [trunk for trunk in found if trunk.contact_user and trunk.contact_user == user]
    if len(by_contact) == 1:
        return by_contact[0]
    by_domain = [trunk for trunk in found if _domain_of(trunk, snapshot) == host]
    if len(by_domain) == 1:
        return by_domain[0]
    # Those that register are called at their contact, so who calls another address is the one that does not.
    by_address = [trunk for trunk in found if not trunk.contact_user]
    if len(by_address) == 1:
        return by_address[0]
    by_port = [
        trunk for trunk in by_address if any(e.host == flow.host and e.port == flow.port for e in trunk.endpoints)
    ]
    return by_port[0] if len(by_port) == 1 else None


def _domain_of(trunk: Trunk, snapshot: Snapshot) -> str:
    tenant = snapshot.tenants.get(trunk.config.tenant)
    return "" if tenant is None else tenant.config.domain
