"""Calls that trunks bring: which trunk, whose call, who calls whom.

A request from an address of a trunk is that trunk's without digest: the address is matched, not believed, and gives no more than the
trunk's inbound rules give. A phone behind the same address authenticates as anywhere: it is known by its credentials, or by a From that
names an extension of a tenant's domain.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from engine.config.snapshot import Snapshot
from engine.routing.inbound import called_of
from engine.routing.owner import tenant_of_did
from engine.routing.query import RouteQuery, query_from_trunk
from engine.sip.errors import RemoteProtocolError
from engine.sip.flow import Flow
from engine.sip.message import SipRequest, SipResponse
from engine.sip.response import response_to
from engine.trunk.incoming import incoming_call
from engine.trunk.trunk import Trunk
from engine.trunk.trunks import Trunks

_WHENEVER: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Which rule is for a number does not depend on the time."""


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
        if not found or self._is_phone(request, flow, snapshot):
            return None
        trunk = found[0] if len(found) == 1 else self._told_apart(found, request, flow, snapshot)
        around = self._trunks.around(flow.host)
        if around and (trunk is None or not _is_for(trunk, request, snapshot)):
            # Who names an address within another tenant's network does not get that tenant's calls.
            owners = [other for other in around if other.is_enabled and _is_for(other, request, snapshot)]
            trunk = owners[0] if owners else trunk
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

    def _told_apart(
        self, found: tuple[Trunk, ...], request: SipRequest, flow: Flow, snapshot: Snapshot
    ) -> Trunk | None:
        """Which of several trunks with the same address calls; one that is disabled does not while another is there."""
        usable = [trunk for trunk in found if trunk.is_enabled] or list(found)
        named = _named(usable, request, snapshot)
        if named is not None:
            return named
        left = _by_place(usable, flow)
        if len(left) == 1 and _is_for(left[0], request, snapshot):
            return left[0]
        # Tenants that a carrier serves from the same address, each by a trunk of its own: who names the address of another tenant's
        # carrier does not get that tenant's calls, nor keep them from it.
        owners = [trunk for trunk in left if _is_for(trunk, request, snapshot)]
        owners = owners or [trunk for trunk in usable if _is_for(trunk, request, snapshot)]
        if not owners:
            owners = left
        return owners[0] if len(owners) == 1 else None

    def _is_phone(self, request: SipRequest, flow: Flow, snapshot: Snapshot) -> bool:
        """Whether it brings credentials, or names itself an extension of ours and so needs some."""
        if "Authorization" in request.headers:
            return True
        sender = request.from_.uri
        if not sender.host:
            return False
        name = snapshot.by_domain.get(sender.host.lower()) or self._default_tenant(sender.host, flow, snapshot)
        tenant = None if name is None else snapshot.tenants.get(name)
        if tenant is None:
            return False
        user = sender.user_unescaped
        return user in tenant.extensions or user in tenant.by_auth_user

    def _default_tenant(self, host: str, flow: Flow, snapshot: Snapshot) -> str | None:
        """That of the listener, where `host` is the listener's address: so phones call themselves that know no domain."""
        for door in self._trunks.doors:
            if door.label == flow.listener and host in (door.bound[0], door.advertised[0]):
                listener = snapshot.listeners.get(door.name)
                return None if listener is None else listener.tenant
        return None

    def _note(self, what: str) -> None:
        self._counters[what] += 1


def _named(found: list[Trunk], request: SipRequest, snapshot: Snapshot) -> Trunk | None:
    """The one that the request names: by the contact that it was given, else by the domain that is called."""
    uri = request.uri
    user, host = uri.user_unescaped, uri.host.lower()
    by_contact = [trunk for trunk in found if trunk.contact_user and trunk.contact_user == user]
    by_domain = [trunk for trunk in found if _domain_of(trunk, snapshot) == host]
    return next((left[0] for left in (by_contact, by_domain) if len(left) == 1), None)


def _by_place(found: list[Trunk], flow: Flow) -> list[Trunk]:
    """Those that it may be, where it names none: by the port that it comes from."""
    # Those that register are called at their contact, so who calls another address is the one that does not.
    by_address = [trunk for trunk in found if not trunk.contact_user]
    by_port = [
        trunk for trunk in by_address if any(e.host == flow.host and e.port == flow.port for e in trunk.endpoints)
    ]
    return next((left for left in (by_address, by_port) if len(left) == 1), by_address)


def _is_for(trunk: Trunk, request: SipRequest, snapshot: Snapshot) -> bool:
    """Whether an inbound rule of its tenant is for the number that is called on it."""
    config = trunk.config
    own = snapshot.tenants.get(config.tenant)
    try:
        call = incoming_call(config, trunk.contact_user, request, "" if own is None else own.config.domain, _unnoted)
    except RemoteProtocolError:
        return False
    name = config.tenant or tenant_of_did(snapshot, config, call.called)
    tenant = None if name is None else snapshot.tenants.get(name)
    if tenant is None:
        return False
    query = query_from_trunk(
        tenant,
        config,
        called=call.called,
        caller=call.caller,
        display=call.display,
        listener="",
        source="",
        at=_WHENEVER,
    )
    return tenant.inbound.find(called_of(query), config.name) is not None


def _unnoted(_: str) -> None:
    """What can't be done to the header fields is noted once the trunk is known."""


def _domain_of(trunk: Trunk, snapshot: Snapshot) -> str:
    tenant = snapshot.tenants.get(trunk.config.tenant)
    return "" if tenant is None else tenant.config.domain
