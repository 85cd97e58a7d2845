"""What a REGISTER asks, and what it is held against before anything is changed: order, form, and who has come back (RFC 3261 §10.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from engine.registrar.binding import Binding
from engine.registrar.outcome import OutOfOrder
from engine.sip.errors import RemoteProtocolError
from engine.sip.flow import Flow
from engine.sip.grammar import shown
from engine.sip.headers import NameAddr
from engine.sip.uri import SipUri, parse_uri

_MAX_CONTACT_CHARS: Final = 1024


class Limits(NamedTuple):
    """Seconds, from SystemConfig; `max_contacts` from the extension."""

    min_expires_s: int = 60
    max_expires_s: int = 3600
    default_expires_s: int = 600
    max_contacts: int = 10


class Registration(NamedTuple):
    """What a REGISTER asks, its sender authenticated. `expires_s`: its Expires header, None if it has none."""

    tenant: str
    number: str
    flow: Flow
    call_id: str
    cseq: int
    contacts: Sequence[NameAddr]
    expires_s: int | None = None
    user_agent: str = ""


def is_late(asked: Registration, binding: Binding) -> bool:
    return asked.call_id == binding.call_id and asked.cseq <= binding.cseq


def out_of_order(asked: Registration, binding: Binding) -> OutOfOrder:
    return OutOfOrder(
        f"CSeq {asked.cseq} is not above {binding.cseq}, the last one seen of Call-ID {shown(asked.call_id)} "
        f"for contact {shown(binding.contact)}"
    )


def checked_uri(contact: str) -> SipUri:
    if len(contact) > _MAX_CONTACT_CHARS:
        raise RemoteProtocolError(f"contact {shown(contact)} is longer than {_MAX_CONTACT_CHARS} characters")
    uri = parse_uri(contact)
    if not uri.is_sip:
        raise RemoteProtocolError(f"contact {shown(contact)} is not a SIP URI, and we can call no other")
    if not contact.isascii():
        raise RemoteProtocolError(f"contact {shown(contact)} has characters that have to be escaped")
    return uri


def has_restarted(old: Binding, new: Binding) -> bool:
    """Whether `old` is what the phone of `new` left when it restarted.

    The same flow alone is no sign: behind an edge proxy all phones share one, and one socket may well register two contacts. It
    takes the same software at the same Contact host and port too, under another Call-ID (a running phone keeps its Call-ID,
    RFC 3261 §10.2), and no instance that says otherwise.
    """
    if old.flow != new.flow or old.call_id == new.call_id or not old.user_agent or old.user_agent != new.user_agent:
        return False
    if old.instance and new.instance:
        return False
    was, now_is = parse_uri(old.contact), parse_uri(new.contact)
    return was.host.lower() == now_is.host.lower() and was.port == now_is.port
