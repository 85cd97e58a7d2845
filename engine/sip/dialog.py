"""A dialog: what two user agents share for the time of a call.

RFC 3261 §12 (creation, requests inside, target refresh), §12.2.1.1 (strict and loose routes), §13.2.2.4 (ACK of a 2xx).
Left out: subscriptions' dialogs of RFC 6665 made by NOTIFY. The dialog builds and checks messages; it sends nothing and
knows no flow: `next_hop` is what the RFC says, a phone behind NAT is reached over the flow it was last heard on.

Surprising: requests are matched by Call-ID and tags alone. Phones send ACK and BYE to `sip:number@server` instead of our
Contact, so the Request-URI means nothing here.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from engine.sip.errors import LocalProtocolError, RemoteProtocolError
from engine.sip.grammar import shown
from engine.sip.headers import Headers, NameAddr
from engine.sip.message import SipRequest, SipResponse
from engine.sip.uri import SipUri, parse_uri

MAX_FORWARDS: Final = "70"
_HIGHEST_CSEQ: Final = 2**31 - 1


class DialogId(NamedTuple):
    """RFC 3261 §12. `remote_tag` is "" for peers that have none (RFC 2543)."""

    call_id: str
    local_tag: str
    remote_tag: str


class Dialog:
    """One dialog, early or confirmed.

    `local`, `remote`: From and To of our requests; `remote_target`: the peer's Contact; `route_set`: header values in the
    order of our requests; `local_cseq`, `remote_cseq`: of the last request each way, None for none yet.
    """

    __slots__ = ("id", "is_confirmed", "local", "local_cseq", "remote", "remote_cseq", "remote_target", "route_set")

    def __init__(
        self,
        *,
        dialog_id: DialogId,
        local: NameAddr,
        remote: NameAddr,
        remote_target: str,
        route_set: tuple[str, ...],
        local_cseq: int | None,
        remote_cseq: int | None,
        is_confirmed: bool,
    ) -> None:
        self.id = dialog_id
        self.local = local
        self.remote = remote
        self.remote_target = remote_target
        self.route_set = route_set
        self.local_cseq = local_cseq
        self.remote_cseq = remote_cseq
        self.is_confirmed = is_confirmed

    @classmethod
    def as_uac(cls, request: SipRequest, response: SipResponse) -> Dialog:
        """The dialog that a response (101 to 299) to our request makes (§12.1.2).

        RemoteProtocolError if the response names no usable Contact, or a Record-Route that is no URI; a 2xx without any Contact
        is taken: the target is then the Request-URI (Deviation: old gateways leave it out, and the call is up).
        """
        local, remote = request.from_, response.to
        contact = _contact_of(response)
        return cls(
            dialog_id=DialogId(request.call_id, _own_tag(local), remote.tag or ""),
            local=local,
            remote=remote,
            remote_target=request.uri_text if contact is None else contact,
            route_set=tuple(reversed(_record_routes(response))),
            local_cseq=request.cseq.number,
            remote_cseq=None,
            is_confirmed=response.is_success,
        )

    @classmethod
    def as_uas(cls, request: SipRequest, response: SipResponse) -> Dialog:
        """The dialog that our response (101 to 299, with a To tag) to the peer's request makes (§12.1.1).

        RemoteProtocolError, ready to be answered, if `target_and_routes` finds nothing usable.
        """
        local, remote = response.to, request.from_
        contact, routes = target_and_routes(request)
        return cls(
            dialog_id=DialogId(request.call_id, _own_tag(local), remote.tag or ""),
            local=local,
            remote=remote,
            remote_target=contact,
            route_set=tuple(routes),
            local_cseq=None,
            remote_cseq=request.cseq.number,
            is_confirmed=response.is_success,
        )

    @property
    def call_id(self) -> str:
        return self.id.call_id

    @property
    def local_tag(self) -> str:
        return self.id.local_tag

    @property
    def remote_tag(self) -> str:
        return self.id.remote_tag

    # The peer's messages.

    def matches(self, request: SipRequest) -> bool:
        """Whether a request of the peer belongs here (§12.2.2)."""
        own = self.id
        return (
            (request.to.tag or "") == own.local_tag
            and (request.from_.tag or "") == own.remote_tag
            and request.call_id == own.call_id
        )

    def accept_request(self, request: SipRequest) -> bool:
        """Whether a request of the peer is in order; notes its CSeq. False: answer it 500 (§12.2.2).

        ACK and CANCEL repeat the CSeq of their INVITE and are always in order.
        """
        if request.method in ("ACK", "CANCEL"):
            return True
        number = request.cseq.number
        if self.remote_cseq is not None and number <= self.remote_cseq:
            return False
        self.remote_cseq = number
        return True

    def refresh_target(self, message: SipRequest | SipResponse) -> None:
        """Take the Contact of a re-INVITE or UPDATE, or of a 2xx to ours, as the remote target (§12.2.1.2, §12.2.2).

        A message without a Contact changes nothing. RemoteProtocolError if it is not one usable URI.
        """
        contact = _contact_of(message)
        if contact is not None:
            self.remote_target = contact

    def confirm(self, response: SipResponse) -> None:
        """A 2xx came in an early dialog of ours: target and route set are those of the 2xx (§13.2.2.4)."""
        self.refresh_target(response)
        self.route_set = tuple(reversed(_record_routes(response)))
        self.is_confirmed = True

    # Our requests.

    def request(self, method: str) -> SipRequest:
        """A request in the dialog with the next CSeq, without Via, Contact and body (§12.2.1.1).

        LocalProtocolError for ACK and CANCEL, which have no CSeq of their own.
        """
        if method in ("ACK", "CANCEL"):
            raise LocalProtocolError(
                f"{method} is not a request with a CSeq of its own; use ack() or the layer's cancel()"
            )
        number = 1 if self.local_cseq is None else self.local_cseq + 1
        if number > _HIGHEST_CSEQ:
            raise LocalProtocolError(f"the dialog {self.id} has used up its CSeq numbers")
        self.local_cseq = number
        return self._build(method, number)

    def ack(self, success: SipResponse, via: str) -> SipRequest:
        """The ACK of a 2xx to our INVITE, without body. `via`: a Via value with a branch of its own.

        For digest, an ACK also repeats the credentials of its INVITE (§22.1); the caller adds them.
        """
        request = self._build("ACK", success.cseq.number)
        request.headers.prepend("Via", via)
        return request

    def next_hop(self) -> SipUri:
        """Where §12.2.1.1 and §8.1.2 send our requests: the first route, else the remote target.

        RemoteProtocolError for a route that is no URI.
        """
        if self.route_set:
            return _route_uri(self.route_set[0])
        return parse_uri(self.remote_target)

    def _build(self, method: str, cseq: int) -> SipRequest:
        uri_text, routes = self.remote_target, self.route_set
        if routes and not _route_uri(routes[0]).lr:
            # A strict router: it wants itself in the Request-URI, and the target at the end of Route.
            uri_text = _without_forbidden_parts(_route_uri(routes[0]))
            routes = (*routes[1:], f"<{self.remote_target}>")
        headers = Headers(
            [
                ("Max-Forwards", MAX_FORWARDS),
                *[("Route", route) for route in routes],
                ("From", str(self.local)),
                ("To", str(self.remote)),
                ("Call-ID", self.id.call_id),
                ("CSeq", f"{cseq} {method}"),
            ]
        )
        return SipRequest(method, uri_text, headers)


def target_and_routes(request: SipRequest) -> tuple[str, list[str]]:
    """Contact and Record-Route of a request that is to make a dialog (§12.1.1).

    RemoteProtocolError, ready to be answered, if one is missing or no use: to be found out before anybody's phone rings.
    """
    contact = _contact_of(request)
    if contact is None:
        raise RemoteProtocolError(f"{request.method} makes a dialog and needs a Contact (§8.1.1.8)", request=request)
    return contact, _record_routes(request)


def _record_routes(message: SipRequest | SipResponse) -> list[str]:
    """The Record-Route values, each read once: later, when a BYE is to be sent, is too late to find that one is no URI."""
    routes = message.headers.values("Record-Route")
    for route in routes:
        try:
            _route_uri(route)
        except RemoteProtocolError as error:
            request = message if isinstance(message, SipRequest) else None
            raise RemoteProtocolError(f"Record-Route: {error}", request=request) from None
    return routes


def _own_tag(address: NameAddr) -> str:
    tag = address.tag
    if tag is None:
        raise LocalProtocolError(f"no dialog without a tag of ours in {shown(str(address))}")
    return tag


def _contact_of(message: SipRequest | SipResponse) -> str | None:
    """The one Contact's URI, None if there is none. RemoteProtocolError if it can't be a target."""
    contacts = message.contacts
    if not contacts:
        return None
    first = contacts[0]
    request = message if isinstance(message, SipRequest) else None
    if first.is_wildcard or not first.uri.is_sip:
        raise RemoteProtocolError(f"Contact {shown(str(first))} can't be the target of a dialog", request=request)
    return _without_headers(first)


def _without_headers(contact: NameAddr) -> str:
    """The Contact's URI as a Request-URI, where URI headers may not stand (§19.1.1)."""
    uri = contact.uri
    return contact.uri_text if not uri.headers else str(uri._replace(headers=()))


def _without_forbidden_parts(uri: SipUri) -> str:
    """A route as a Request-URI: without what §19.1.1 forbids there."""
    kept = tuple(pair for pair in uri.params if pair[0] != "method")
    return str(uri._replace(headers=(), params=kept))


def _route_uri(route: str) -> SipUri:
    text = route.strip()
    if "<" in text:
        text = text[text.index("<") + 1 :].partition(">")[0]
    return parse_uri(text.strip())
