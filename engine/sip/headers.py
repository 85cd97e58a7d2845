"""Header fields: their names, their order, and the typed values of those the stack reads itself.

RFC 3261 §7.3, §20; compact names §7.3.3 and the IANA registry. Authentication and session-timer headers have their
own modules.

Surprising: Content-Length is never stored. It follows from the body: the parser takes it off, writing adds it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

from engine.sip.errors import RemoteProtocolError
from engine.sip.grammar import (
    TOKEN_CHARS,
    Params,
    find_param,
    format_params,
    is_token,
    parse_number,
    parse_params,
    quote,
    shown,
    split_list,
    unquote,
)
from engine.sip.head import split_address, split_via
from engine.sip.uri import SipUri, parse_uri

_COMPACT: Final = {
    "a": "Accept-Contact",
    "b": "Referred-By",
    "c": "Content-Type",
    "d": "Request-Disposition",
    "e": "Content-Encoding",
    "f": "From",
    "i": "Call-ID",
    "j": "Reject-Contact",
    "k": "Supported",
    "l": "Content-Length",
    "m": "Contact",
    "n": "Identity-Info",
    "o": "Event",
    "r": "Refer-To",
    "s": "Subject",
    "t": "To",
    "u": "Allow-Events",
    "v": "Via",
    "x": "Session-Expires",
    "y": "Identity",
}
_KNOWN_TEXT: Final = (
    "Accept Accept-Encoding Accept-Language Alert-Info Allow Authentication-Info Authorization Call-ID Call-Info "
    "Contact Content-Disposition Content-Language Content-Length Content-Type CSeq Date Diversion Error-Info Event "
    "Expires From Geolocation History-Info In-Reply-To Info-Package Join Max-Forwards MIME-Version Min-Expires Min-SE "
    "Organization P-Access-Network-Info P-Asserted-Identity P-Early-Media P-Preferred-Identity Path Priority Privacy "
    "Proxy-Authenticate Proxy-Authorization Proxy-Require RAck Reason Record-Route Recv-Info Refer-Sub Refer-To "
    "Referred-By Remote-Party-ID Replaces Reply-To Require Retry-After Route RSeq Server Service-Route Session-Expires "
    "SIP-ETag SIP-If-Match Subject Subscription-State Supported Timestamp To Unsupported User-Agent Via Warning "
    "WWW-Authenticate"
)
_KNOWN: Final = _KNOWN_TEXT.split()

_KNOWN_BY_LOWER: Final = {name.lower(): name for name in [*_KNOWN, *_COMPACT.values()]} | _COMPACT
# Peers choose the unknown names, so what is remembered is bounded in number and length.
_REMEMBERED_NAMES: Final = 1024
_REMEMBERED_LENGTH: Final = 48

NAMES: Final[dict[str, str]] = {}
"""Spellings met so far to their canonical name; read it directly on the hot path, fill it by `canonical_name` only."""
for _name in _KNOWN:
    NAMES[_name] = NAMES[_name.lower()] = NAMES[_name.upper()] = _name
for _letter, _name in _COMPACT.items():
    NAMES[_letter] = NAMES[_letter.upper()] = NAMES[_name] = NAMES[_name.lower()] = _name


def canonical_name(raw: str) -> str:
    """The one spelling of a header name: compact forms expanded, unknown names in Title-Case.

    RemoteProtocolError if it is not a token.
    """
    known = NAMES.get(raw)
    if known is not None:
        return known
    if not is_token(raw):
        raise RemoteProtocolError(f"{shown(raw)} is not a header name")
    lower = raw.lower()
    name = _KNOWN_BY_LOWER.get(lower) or "-".join([part.capitalize() for part in lower.split("-")])
    if len(NAMES) < _REMEMBERED_NAMES and len(raw) <= _REMEMBERED_LENGTH:
        NAMES[raw] = name
    return name


class Headers:
    """Header fields in order, as pairs of canonical name and value.

    All methods take canonical names ("Call-ID", not "call-id" nor "i"); `canonical_name` makes one. Read `items`
    freely, change it by the methods only: a message forgets its typed views when `edits` moves. A list given to the
    constructor becomes `items` itself.
    """

    __slots__ = ("edits", "items")

    items: list[tuple[str, str]]
    edits: int

    def __init__(self, items: Iterable[tuple[str, str]] = ()) -> None:
        self.items = items if isinstance(items, list) else list(items)
        self.edits = 0

    def first(self, name: str) -> str | None:
        """The first line of that name; None if there is none."""
        for key, value in self.items:
            if key == name:
                return value
        return None

    def all(self, name: str) -> list[str]:
        """The value of each line of that name."""
        return [value for key, value in self.items if key == name]

    def values(self, name: str) -> list[str]:
        """The elements of all lines of that name, comma lists split; empty elements left out (RFC 3261 §7.3.1)."""
        elements: list[str] = []
        for key, value in self.items:
            if key == name:
                elements += [element for element in split_list(value) if element]
        return elements

    def add(self, name: str, value: str) -> None:
        """Appends a line."""
        self.items.append((name, value))
        self.edits += 1

    def prepend(self, name: str, value: str) -> None:
        """Puts a line before all others, as Via and Record-Route are added."""
        self.items.insert(0, (name, value))
        self.edits += 1

    def replace(self, name: str, value: str) -> None:
        """One line in place of all of that name: where the first of them stood, else at the end."""
        self.edits += 1
        for index, (key, _) in enumerate(self.items):
            if key == name:
                self.items[index] = (name, value)
                self.items[index + 1 :] = [item for item in self.items[index + 1 :] if item[0] != name]
                return
        self.items.append((name, value))

    def replace_first(self, name: str, value: str) -> None:
        """Changes the first line of that name only (the topmost Via); appends one if there is none."""
        self.edits += 1
        for index, (key, _) in enumerate(self.items):
            if key == name:
                self.items[index] = (name, value)
                return
        self.items.append((name, value))

    def remove(self, name: str) -> None:
        """Takes all lines of that name off; none is fine."""
        self.items = [item for item in self.items if item[0] != name]
        self.edits += 1

    def copy(self) -> Headers:
        """An independent copy."""
        return Headers(self.items.copy())

    def __contains__(self, name: str) -> bool:
        return self.first(name) is not None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self.items == other.items

    __hash__ = None  # type: ignore[assignment]  # mutable

    def __repr__(self) -> str:
        return f"Headers({self.items!r})"


class CSeq(NamedTuple):
    """RFC 3261 §20.16."""

    number: int
    method: str

    def __str__(self) -> str:
        return f"{self.number} {self.method}"


class Via(NamedTuple):
    """One Via element (RFC 3261 §20.42): `transport` in upper case, an IPv6 `host` without brackets."""

    transport: str
    host: str
    port: int | None
    params: Params

    @property
    def branch(self) -> str | None:
        """The branch; None if there is none (RFC 2543 peers)."""
        for name, value in self.params:
            if name == "branch":
                return value or None
        return None

    @property
    def has_rport(self) -> bool:
        """Whether the sender asks for, or got, symmetric responses (RFC 3581 §3)."""
        return find_param(self.params, "rport") is not None

    @property
    def rport(self) -> int | None:
        """The port filled in by the receiver; None if absent, empty or not a port."""
        value = find_param(self.params, "rport")
        if not value or len(value) > 5 or not (value.isascii() and value.isdigit()):
            return None
        return int(value) if int(value) < 65536 else None

    @property
    def received(self) -> str | None:
        """The address filled in by the receiver, without brackets."""
        value = find_param(self.params, "received")
        return value.strip("[]") if value else None

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port is None else f":{self.port}"
        return f"SIP/2.0/{self.transport} {host}{port}{format_params(self.params)}"


class NameAddr(NamedTuple):
    """A `name-addr` or `addr-spec` with header parameters: From, To, Contact, Route... (RFC 3261 §20.10).

    `uri_text` is as received; "*" for the wildcard Contact.
    """

    display_name: str
    uri_text: str
    params: Params = ()

    @property
    def uri(self) -> SipUri:
        """The URI; checked when the header was parsed. RemoteProtocolError for the wildcard, which has none."""
        return parse_uri(self.uri_text)

    @property
    def tag(self) -> str | None:
        """The tag; None if there is none."""
        for name, value in self.params:
            if name == "tag":
                return value or None
        return None

    @property
    def is_wildcard(self) -> bool:
        """Whether this is `Contact: *` (RFC 3261 §10.2.2)."""
        return self.uri_text == "*"

    def param(self, name: str) -> str | None:
        """The unquoted value of a header parameter (name in lower case); None if absent, "" if it has no value."""
        return find_param(self.params, name)

    def __str__(self) -> str:
        if self.is_wildcard:
            return "*"
        name = f"{quote(self.display_name)} " if self.display_name else ""
        return f"{name}<{self.uri_text}>{format_params(self.params)}"


_CACHED_CSEQ_LENGTH: Final = 24
_HOST_PORT: Final = r"(?:([A-Za-z0-9_.\-]+)|\[([0-9A-Fa-f:.]+)\])(?:[ \t]*:[ \t]*([0-9]{1,5}))?"
_VIA: Final = re.compile(
    rf"[{TOKEN_CHARS}]+[ \t]*/[ \t]*[{TOKEN_CHARS}]+[ \t]*/[ \t]*([{TOKEN_CHARS}]+)[ \t]+{_HOST_PORT}[ \t]*(;.*)?",
    re.DOTALL,
)
_QUOTED_NAME: Final = re.compile(r'("(?:[^"\\]++|\\.)*+")[ \t]*(?=<)', re.DOTALL)
_BRACKETED: Final = re.compile(r"<([^<>]*)>[ \t]*(;.*)?", re.DOTALL)
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")


def parse_via(text: str) -> Via:
    """One Via element. Any SIP version passes: what counts is the version of the message."""
    if split_via is not None:
        plain = split_via(text, Via)
        if plain is not None:
            return plain
    return _read_via(text)


def _read_via(text: str) -> Via:
    found = _VIA.fullmatch(text)
    if found is None:
        raise RemoteProtocolError(f"Via {shown(text)} is malformed")
    transport, name, ipv6, port, params = found.groups()
    return Via(transport.upper(), name or ipv6, _via_port(port, text), parse_params(params or ""))


def _via_port(text: str | None, via: str) -> int | None:
    if text is None:
        return None
    port = int(text)
    if not 0 < port < 65536:
        raise RemoteProtocolError(f"the port of Via {shown(via)} is not in 1..65535")
    return port


def parse_name_addr(text: str) -> NameAddr:
    """One name-addr or addr-spec with its parameters; its URI is checked.

    Liberal: a display name of any characters without quotes (RFC 4475 §3.1.2.15), blanks inside `<>` (§3.1.2.14).
    """
    if split_address is not None:
        plain = split_address(text, NameAddr)
        if plain is not None:
            return plain
    return _read_name_addr(text)


def _read_name_addr(text: str) -> NameAddr:
    name = ""
    rest = text
    if text.startswith('"'):
        quoted = _QUOTED_NAME.match(text)
        if quoted is None:
            raise RemoteProtocolError(f"address {shown(text)} has no closing quote, or no <URI> after its name")
        name, rest = unquote(quoted.group(1)), text[quoted.end() :]
    elif _SCHEME.match(text) is not None:
        return _parse_addr_spec(text)
    elif "<" in text:
        at = text.index("<")
        name, rest = text[:at].strip(" \t"), text[at:]
    found = _BRACKETED.fullmatch(rest)
    if found is None:
        raise RemoteProtocolError(f"address {shown(text)} is neither name <URI> nor a URI")
    uri_text = found.group(1).strip(" \t")
    parse_uri(uri_text)
    return NameAddr(name, uri_text, parse_params(found.group(2) or ""))


def _parse_addr_spec(text: str) -> NameAddr:
    uri_text, semicolon, params = text.partition(";")
    uri_text = uri_text.rstrip(" \t")
    if "?" in uri_text:
        # RFC 3261 §20.10: with "?", "," or ";" the URI has to stand in <>; what follows could be meant either way.
        raise RemoteProtocolError(f"address {shown(text)} has URI headers outside of <>")
    parse_uri(uri_text)
    return NameAddr("", uri_text, parse_params(semicolon + params))


def parse_cseq(text: str) -> CSeq:
    """RFC 3261 §20.16, §8.1.1.5: below 2**31, and a method."""
    return _remembered_cseq(text) if len(text) <= _CACHED_CSEQ_LENGTH else _parse_cseq(text)


def _parse_cseq(text: str) -> CSeq:
    number, _, method = text.partition(" ")
    if len(number) > 10 or not (number.isascii() and number.isdigit()) or not method.isalpha():
        parts = text.split(None, 1)
        if len(parts) != 2 or not is_token(parts[1]):
            raise RemoteProtocolError(f"CSeq {shown(text)} is not a number and a method")
        return CSeq(parse_number(parts[0], "CSeq", 2**31 - 1), parts[1])
    value = int(number)
    if value >= 2**31 or not method.isascii():
        raise RemoteProtocolError(f"CSeq {shown(text)} is above {2**31 - 1}, or its method is not a token")
    return CSeq(value, method)


_remembered_cseq = lru_cache(maxsize=4096)(_parse_cseq)
