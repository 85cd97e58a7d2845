"""What an INVITE of a trunk says: who calls, and which number.

RFC 3325 §5 (an asserted identity counts because the trunk is trusted), RFC 3323 §4.2 (Privacy), RFC 3261 §8.1.1.2 (To). The number
called stands in the Request-URI; where that is our registered contact, or the account's user, the carrier called the binding and the
number stands in To.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from engine.config.trunk import TrunkConfig
from engine.sip.errors import RemoteProtocolError
from engine.sip.headers import NameAddr, parse_name_addr
from engine.sip.message import SipRequest
from engine.trunk.address_field import AddressField, number_of, printable
from engine.trunk.header_rules import Fields, Sources, apply_rules
from engine.trunk.outgoing import trunk_user

_ADDRESS_FIELDS: Final = ("P-Asserted-Identity", "Remote-Party-ID", "Diversion")
_HIDING: Final = frozenset({"id", "user", "header", "session", "full"})
_NO_NUMBER: Final = frozenset({"", "anonymous", "restricted", "private", "unavailable", "unknown", "withheld"})


class IncomingCall(NamedTuple):
    """`called`, `caller`: numbers as the trunk sent them; `caller` "" = it shows none."""

    called: str
    caller: str
    display: str


def incoming_call(
    trunk: TrunkConfig, contact_user: str, request: SipRequest, tenant_domain: str, note: Callable[[str], None]
) -> IncomingCall:
    """After the trunk's rules. `contact_user`: of our binding there, "" = none. RemoteProtocolError for an unreadable identity."""
    fields = _fields(request)
    if trunk.incoming:
        sources = Sources(
            caller_id=_asserted(fields).user,
            caller_display=fields["From"].display,
            callee=fields["Request-URI"].user,
            dialled=fields["To"].user,
            trunk_user=trunk_user(trunk),
            trunk_host=trunk.domain,
            tenant_domain=tenant_domain,
        )
        apply_rules(trunk.incoming, fields, sources, note)
    called = fields["Request-URI"].user
    own = {contact_user, trunk.registration.user} if trunk.registration is not None else {contact_user}
    if not called or called in own:
        called = fields["To"].user or called
    if _is_hidden(request, fields):
        return IncomingCall(called, "", "")
    asserted = _asserted(fields)
    display = fields["From"].display or asserted.display
    return IncomingCall(called, asserted.user, printable(display))


def _fields(request: SipRequest) -> Fields:
    uri = request.uri
    fields = {
        "Request-URI": AddressField(number_of(uri), uri.host, port=uri.port),
        "From": AddressField.of(request.from_),
        "To": AddressField.of(request.to),
    }
    for name in _ADDRESS_FIELDS:
        # RFC 3325 §9.1: one, or a sip and a tel URI of the same; the first will do.
        first = next(iter(request.headers.values(name)), None)
        if first is not None:
            fields[name] = AddressField.of(_address(name, first, request))
    return Fields(fields)


def _address(name: str, value: str, request: SipRequest) -> NameAddr:
    try:
        return parse_name_addr(value)
    except RemoteProtocolError as error:
        raise RemoteProtocolError(f"{name}: {error}", request=request) from None


def _asserted(fields: Fields) -> AddressField:
    """Who calls, as the trunk vouches for it: P-Asserted-Identity, else Remote-Party-ID, else From."""
    return fields.get("P-Asserted-Identity") or fields.get("Remote-Party-ID") or fields["From"]


def _is_hidden(request: SipRequest, fields: Fields) -> bool:
    privacy = request.headers.first("Privacy")
    if privacy is not None and not _HIDING.isdisjoint(word.strip(" \t").lower() for word in privacy.split(";")):
        return True
    rpid = fields.get("Remote-Party-ID")
    if rpid is not None and any(key == "privacy" and (value or "off").lower() != "off" for key, value in rpid.params):
        return True
    sender = fields["From"]
    if sender.user.lower() == "anonymous" or sender.host.lower() == "anonymous.invalid":
        return True
    return _asserted(fields).user.lower() in _NO_NUMBER
