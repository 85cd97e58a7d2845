"""What an INVITE to a trunk says: addresses, identity, privacy, diversion.

RFC 3325 (P-Asserted-Identity; Privacy: id), RFC 3323 §4.1.1.3 (the anonymous From), RFC 5806 (Diversion), RFC 3261 §8.1.2 (the outbound
proxy as a route). A number is never pasted: it becomes the user part of a URI, escaped.

Surprising: a caller who shows no number is still asserted to the carrier where there is a number to assert, with `Privacy: id`: the
carrier has to know whom it bills, and must not tell whom we call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from engine.config.trunk import TrunkConfig
from engine.sip.uri import make_uri
from engine.trunk.address_field import AddressField
from engine.trunk.header_rules import Fields, Sources, apply_rules

_ANONYMOUS_HOST: Final = "anonymous.invalid"


class Diverted(NamedTuple):
    """Who sent the call on. `reason`: as RFC 5806 §4 names it; `times`: how often it was sent on."""

    number: str
    reason: str
    times: int


class OutsideCall(NamedTuple):
    """`number`: the digits as they are sent; `caller_id`: as it is shown, "" = the extension's own number; `asserted`: what the carrier is
    told of a caller who shows none, "" = nothing; `contact_user`, `contact_host`, `contact_port`: where we are reached."""

    number: str
    dialled: str
    caller: str
    caller_display: str
    caller_id: str
    is_anonymous: bool
    tenant_domain: str
    contact_user: str
    contact_host: str
    contact_port: int
    asserted: str = ""
    diverted: Diverted | None = None


class OutgoingHeaders(NamedTuple):
    """Values as they are written; `from_value` and `to_value` without tag. `more`: further header fields, in order."""

    request_uri: str
    from_value: str
    to_value: str
    contact: str
    more: tuple[tuple[str, str], ...]


def outgoing_headers(trunk: TrunkConfig, call: OutsideCall, note: Callable[[str], None]) -> OutgoingHeaders:
    """The header fields of the INVITE, after the trunk's rules. `note`: see `apply_rules`."""
    shown = call.caller_id or call.caller
    fields = Fields(
        {
            "Request-URI": AddressField(call.number, trunk.domain, port=uri_port(trunk)),
            "From": AddressField(shown, trunk.domain, call.caller_display),
            "To": AddressField(call.number, trunk.domain),
            "Contact": AddressField(
                call.contact_user,
                call.contact_host,
                port=call.contact_port,
                uri_params=(("transport", trunk.transport),) if trunk.transport != "udp" else (),
            ),
        }
    )
    if call.is_anonymous:
        fields.by_name["From"] = AddressField("anonymous", _ANONYMOUS_HOST, "Anonymous")
        if call.asserted:
            fields.by_name["P-Asserted-Identity"] = AddressField(call.asserted, trunk.domain)
    else:
        fields.by_name["P-Asserted-Identity"] = AddressField(shown, trunk.domain, call.caller_display)
    diverted = call.diverted
    if diverted is not None:
        params = (("reason", diverted.reason), ("counter", str(diverted.times)))
        fields.by_name["Diversion"] = AddressField(diverted.number, trunk.domain, params=params)
    if trunk.outgoing:
        apply_rules(trunk.outgoing, fields, _sources(trunk, call), note)
    return _written(trunk, fields, is_anonymous=call.is_anonymous)


def _sources(trunk: TrunkConfig, call: OutsideCall) -> Sources:
    return Sources(
        caller_id="" if call.is_anonymous else call.caller_id,
        caller_extension=call.caller,
        caller_display=call.caller_display,
        callee=call.number,
        dialled=call.dialled,
        trunk_user=trunk_user(trunk),
        trunk_host=trunk.domain,
        tenant_domain=call.tenant_domain,
    )


def trunk_user(trunk: TrunkConfig) -> str:
    """The user that the carrier knows us by; "" for one that knows us by our address."""
    if trunk.registration is not None:
        return trunk.registration.user
    return trunk.credentials.user if trunk.credentials is not None else ""


def uri_port(trunk: TrunkConfig) -> int | None:
    """The port of URIs at the trunk's domain: that of its server, where the domain is the server."""
    server = trunk.servers[0]
    return server.port if server.host == trunk.domain else None


def route_of(trunk: TrunkConfig) -> str | None:
    """The Route of requests outside a dialog: the outbound proxy; None if there is none."""
    proxy = trunk.outbound_proxy
    if proxy is None:
        return None
    params: tuple[tuple[str, str | None], ...] = (("transport", "tcp"),) if trunk.transport == "tcp" else ()
    return f"<{make_uri(None, proxy.host, proxy.port, (*params, ('lr', None)))}>"


def _written(trunk: TrunkConfig, fields: Fields, *, is_anonymous: bool) -> OutgoingHeaders:
    more: list[tuple[str, str]] = []
    route = route_of(trunk)
    if route is not None:
        more.append(("Route", route))
    for name in ("P-Asserted-Identity", "Remote-Party-ID", "Diversion"):
        field = fields.get(name)
        if field is not None:
            if name == "Remote-Party-ID" and not field.params:
                privacy = "full" if is_anonymous else "off"
                field = field._replace(params=(("party", "calling"), ("screen", "yes"), ("privacy", privacy)))
            more.append((name, field.value()))
    if is_anonymous:
        more.append(("Privacy", "id"))
    return OutgoingHeaders(
        fields["Request-URI"].uri_text(),
        fields["From"].value(),
        fields["To"].value(),
        fields["Contact"].value(),
        tuple(more),
    )
