"""What a dialog with a trunk has beyond one with a phone: credentials for challenges, and where its requests go.

RFC 3261 §12.2.1.1 (the next hop of a request in a dialog), §22.2.
"""

from __future__ import annotations

from typing import Final

from engine.config.ref import ConfigRef
from engine.sip.dialog import Dialog
from engine.sip.digest_client import CHALLENGE_STATUSES, Authenticator
from engine.sip.errors import RemoteProtocolError
from engine.sip.flow import Flow
from engine.sip.message import SipRequest, SipResponse
from engine.sip.uri import SipUri
from engine.trunk.resolution import DEFAULT_PORT, is_address
from engine.trunk.trunk import Trunk

_CHALLENGES: Final = 4
"""So often one request is sent again with credentials."""


class Line:
    """One dialog's. `key`, `ref`: of the trunk."""

    __slots__ = ("_authenticator", "_challenges", "key", "ref", "trunk")

    def __init__(self, trunk: Trunk) -> None:
        self.trunk = trunk
        self.key = trunk.key
        self.ref: ConfigRef = trunk.config.ref
        self._authenticator: Authenticator | None = trunk.authenticator()
        self._challenges = 0

    def sign(self, request: SipRequest) -> None:
        """Before it is sent."""
        if self._authenticator is not None:
            self._authenticator.sign(request)

    def sign_ack(self, ack: SipRequest) -> None:
        if self._authenticator is not None:
            self._authenticator.sign_ack(ack)

    def answers(self, response: SipResponse) -> bool:
        """Whether the request is to be signed and sent again: it was challenged, and we have what is asked for."""
        if response.status not in CHALLENGE_STATUSES:
            self._challenges = 0
            return False
        self._challenges += 1
        authenticator = self._authenticator
        return authenticator is not None and self._challenges <= _CHALLENGES and authenticator.learn(response)

    def flow(self, dialog: Dialog, flow: Flow) -> Flow:
        """Where requests in the dialog go; `flow`: where the peer was last heard."""
        try:
            hop = dialog.next_hop()
        except RemoteProtocolError:
            return flow
        return flow_to(hop, flow, is_known=self.trunk.owns(hop.host))


def flow_to(hop: SipUri, flow: Flow, *, is_known: bool) -> Flow:
    """The flow for a request in a dialog whose next hop is `hop`.

    Deviation: another host than the one spoken with is gone to only if it is an address known to be the trunk's (`is_known`); else
    anybody could have us send to anybody, and gateways behind NAT name addresses that lead nowhere. A name is not asked of DNS: the peer
    is where it was heard.
    """
    if not hop.is_sip:
        return flow
    port = hop.port or DEFAULT_PORT
    if hop.host == flow.host:
        return flow if port == flow.port or flow.transport != "udp" else flow._replace(port=port)
    if not is_address(hop.host):
        return flow
    return flow._replace(host=hop.host, port=port) if is_known else flow
