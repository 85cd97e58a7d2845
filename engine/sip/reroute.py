"""Where a message goes whose connection is gone.

RFC 3261 §18.2.2 for responses: to where the request came from, at the port of its Via. For requests to a phone that
connected to us: to the address that it named (RFC 3261 §8.1.2, §12.2.1.1), where that is its own; behind NAT nobody
but the phone can open the way again. Pure.
"""

from __future__ import annotations

from typing import Final

from engine.sip.errors import RemoteProtocolError
from engine.sip.flow import ANY_CONNECTION, Flow
from engine.sip.headers import Via, parse_name_addr
from engine.sip.message import SipRequest, SipResponse
from engine.sip.uri import SipUri, parse_uri

DEFAULT_PORT: Final = 5060


def response_way(response: SipResponse, flow: Flow) -> Flow | None:
    """Where a response goes that its request's connection can't carry. None if that was tried already."""
    if flow.connection == ANY_CONNECTION:
        return None
    via: Via = response.top_via
    return flow._replace(port=via.port or DEFAULT_PORT, connection=ANY_CONNECTION)


def request_way(request: SipRequest, flow: Flow) -> Flow | None:
    """Where a request goes that the connection of the one it is for can't carry; None: nowhere.

    Without `transport=tcp` the address takes datagrams (RFC 3263 §4.1): of a phone that came by TCP for the size of its request only.
    The caller finds the listener for that.
    """
    if flow.connection == ANY_CONNECTION:
        return None
    uri = next_hop(request)
    if uri is None or not uri.is_sip or not names(uri, flow.host):
        return None
    port = uri.port or DEFAULT_PORT
    if uri.transport not in (None, "udp"):
        # The port that the connection came from: no phone listens there.
        return None if port == flow.port else flow._replace(port=port, connection=ANY_CONNECTION)
    return flow._replace(transport="udp", port=port, connection=ANY_CONNECTION)


def is_dialable(contact: SipUri, flow: Flow) -> bool:
    """Whether a phone that came over `flow` can be reached at its contact when the connection is gone."""
    return names(contact, flow.host) and (contact.port or DEFAULT_PORT) != flow.port


def names(uri: SipUri, host: str) -> bool:
    """Whether a URI has that very address."""
    return uri.host.lower() == host.lower()


def next_hop(request: SipRequest) -> SipUri | None:
    """RFC 3261 §8.1.2: the first route, else the Request-URI. None if it can't be read."""
    try:
        routes = request.headers.values("Route")
        if routes:
            address = parse_name_addr(routes[0])
            return parse_uri(address.uri_text)
        return request.uri
    except RemoteProtocolError:
        return None
