"""SIP, SIPS and tel URIs: parse, write, compare.

RFC 3261 §19.1 (grammar §25.1), RFC 3966 for `tel`. URIs of other schemes are kept as scheme and opaque text: whether
a scheme is served (416) is not the parser's business. Left out: §19.1.5, forming requests from a URI's headers.

Surprising: parts are kept in their escaped form, made legal and canonical when parsed (`%6Cr` becomes `lr`, a raw `#`
from a phone's keypad becomes `%23`), so writing is always strict. Look users up by `user_unescaped`. The host of an
IPv6 reference stands without its brackets.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address
from typing import Final, NamedTuple
from urllib.parse import unquote

from engine.sip.errors import LocalProtocolError, RemoteProtocolError
from engine.sip.grammar import Params, find_param, format_params, shown
from engine.sip.head import split_uri

_SIP: Final = re.compile(
    r"(sips?):"
    r'(?:([^@:\x00-\x20\x7f<>"]+)(?::([^@:\x00-\x20\x7f<>"]*))?@)?'
    r"([A-Za-z0-9_.\-]+|\[[0-9A-Fa-f:.]+\])"
    r"(?::([0-9]{1,5}))?"
    r"((?:;[^@;?\x00-\x20\x7f<>\"]+)*)"
    r"(?:\?([^@?\x00-\x20\x7f<>\"]+))?",
    re.IGNORECASE | re.ASCII,
)
_OTHER: Final = re.compile(r'([A-Za-z][A-Za-z0-9+.\-]*):([^\x00-\x20\x7f<>"]+)')

# What the grammar lets stand unescaped in each part (RFC 3261 §25.1), and `%` of a good escape.
_UNRESERVED: Final = r"A-Za-z0-9\-_.!~*'()"
_BAD_ESCAPE: Final = r"|%(?![0-9A-Fa-f]{2})"
_ILLEGAL_USER: Final = re.compile(rf"[^{_UNRESERVED}&=+$,;?/%]{_BAD_ESCAPE}")
_ILLEGAL_PASSWORD: Final = re.compile(rf"[^{_UNRESERVED}&=+$,%]{_BAD_ESCAPE}")
_ILLEGAL_PARAM: Final = re.compile(rf"[^{_UNRESERVED}\[\]/:&+$%]{_BAD_ESCAPE}")
_ILLEGAL_HEADER: Final = re.compile(rf"[^{_UNRESERVED}\[\]/?:+$%]{_BAD_ESCAPE}")
_ESCAPE: Final = re.compile(r"%[0-9A-Fa-f]{2}")
_ESCAPED_UNRESERVED: Final = re.compile(rf"[{_UNRESERVED}]")
_HOST: Final = re.compile(r"[A-Za-z0-9_.\-]+")

# What is said within one call. Room for what ten thousand phones say of themselves would take more than all else kept of them.
_CACHE_SIZE: Final = 512
_CACHED_LENGTH: Final = 256
_TEL_SEPARATORS: Final = str.maketrans("", "", "-.() ")
# §19.1.4: present in only one of two URIs, these make them differ. `transport` is not in the rule's list, but is in
# its table of examples: `sip:bob@biloxi.com` and `sip:bob@biloxi.com;transport=udp` reach different places.
_NEVER_IGNORED: Final = ("user", "ttl", "method", "maddr", "transport")


class SipUri(NamedTuple):
    """A URI of any scheme, immutable.

    `scheme` in lower case. sip, sips: all fields but `opaque`. tel: the number in `user`, and `params`. Others: the
    text after the colon in `opaque`. `user`, `password`, `params` and `headers` are escaped as on the wire;
    parameter names are in lower case. A tuple, because one is made for most headers of most messages.
    """

    scheme: str
    user: str | None
    password: str | None
    host: str
    port: int | None
    params: Params = ()
    headers: tuple[tuple[str, str], ...] = ()
    opaque: str = ""

    @property
    def is_sip(self) -> bool:
        """Whether this is a `sip` or `sips` URI, so that `host` is meant."""
        return self.scheme in ("sip", "sips")

    @property
    def user_unescaped(self) -> str:
        """The user with escapes decoded, "" if there is none: what to look up. Bad UTF-8 shows as U+FFFD."""
        user = self.user
        if user is None:
            return ""
        return unquote(user, errors="replace") if "%" in user else user

    @property
    def lr(self) -> bool:
        """Whether the element named is a loose router (RFC 3261 §16.12)."""
        return find_param(self.params, "lr") is not None

    @property
    def transport(self) -> str | None:
        """The `transport` parameter in lower case; None if there is none."""
        value = find_param(self.params, "transport")
        return value.lower() if value else None

    def param(self, name: str) -> str | None:
        """The unescaped value of a parameter (name in lower case); None if absent, "" if it has no value."""
        value = find_param(self.params, name)
        return unquote(value, errors="replace") if value is not None and "%" in value else value

    def __str__(self) -> str:
        scheme = self.scheme
        if scheme not in ("sip", "sips"):
            if scheme == "tel":
                return f"tel:{self.user}{format_params(self.params)}"
            return f"{scheme}:{self.opaque}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        text = f"{scheme}:{host}" if self.user is None else f"{scheme}:{_user_info(self)}@{host}"
        if self.port is not None:
            text = f"{text}:{self.port}"
        if self.params:
            text += format_params(self.params)
        if self.headers:
            text += "?" + "&".join([f"{name}={value}" for name, value in self.headers])
        return text


def _user_info(uri: SipUri) -> str:
    return f"{uri.user}" if uri.password is None else f"{uri.user}:{uri.password}"


def parse_uri(text: str) -> SipUri:
    """The URI of a text, without `<>`; RemoteProtocolError(400) if it is none.

    Liberal: characters that ought to be escaped in user, parameters and headers, a bad escape, underscores in a host.
    """
    if len(text) <= _CACHED_LENGTH:
        return _remembered(text)
    return _parse(text)


def make_uri(
    user: str | None,
    host: str,
    port: int | None = None,
    params: Params = (),
    scheme: str = "sip",
) -> SipUri:
    """A URI of ours from plain (unescaped) parts; escapes what has to be. LocalProtocolError if it can't be written."""
    if scheme not in ("sip", "sips"):
        raise LocalProtocolError(f"make_uri writes sip and sips, not {shown(scheme)}")
    if ":" in host:
        _check_ipv6(host, LocalProtocolError)
    elif _HOST.fullmatch(host) is None:
        raise LocalProtocolError(f"{shown(host)} is not a host name or address")
    if port is not None and not 0 < port < 65536:
        raise LocalProtocolError(f"port {port} of {shown(host)} is not in 1..65535")
    escaped = None if user is None else _escape_all(_ILLEGAL_USER, user.replace("%", "%25"))
    if escaped == "":
        raise LocalProtocolError(f"the user of a URI at {shown(host)} is empty; use None for no user")
    pairs = tuple(
        (
            _escape_all(_ILLEGAL_PARAM, name.lower()),
            None if value is None else _escape_all(_ILLEGAL_PARAM, value.replace("%", "%25")),
        )
        for name, value in params
    )
    return SipUri(scheme, escaped, None, host, port, pairs)


def equivalent(a: SipUri, b: SipUri) -> bool:
    """Whether two URIs mean the same (RFC 3261 §19.1.4; for tel RFC 3966 §4)."""
    if a.scheme != b.scheme:
        return False
    if a.scheme == "tel":
        return _tel_number(a) == _tel_number(b) and _params_by_name(a.params) == _params_by_name(b.params)
    if not a.is_sip:
        return a.opaque == b.opaque
    return (
        a.user == b.user
        and a.password == b.password
        and _same_host(a.host, b.host)
        and a.port == b.port
        and _same_params(a.params, b.params)
        and _headers_by_name(a) == _headers_by_name(b)
    )


def _parse(text: str) -> SipUri:
    if split_uri is not None:
        plain = split_uri(text, SipUri)
        if plain is not None:
            return plain
    return _read(text)


def _read(text: str) -> SipUri:
    found = _SIP.fullmatch(text)
    if found is None:
        return _parse_other(text)
    scheme, user, password, host, port_text, params, headers = found.groups()
    port: int | None = None
    if port_text is not None:
        port = int(port_text)
        if not 0 < port < 65536:
            raise RemoteProtocolError(f"the port of URI {shown(text)} is not in 1..65535")
    if host[0] == "[":
        host = host[1:-1]
        _check_ipv6(host, RemoteProtocolError)
    return SipUri(
        scheme.lower(),
        None if user is None else _canonical(_ILLEGAL_USER, user),
        None if password is None else _canonical(_ILLEGAL_PASSWORD, password),
        host,
        port,
        _parse_params(params) if params else (),
        _parse_headers(headers) if headers else (),
    )


_remembered = lru_cache(maxsize=_CACHE_SIZE)(_parse)


def _parse_other(text: str) -> SipUri:
    found = _OTHER.fullmatch(text)
    if found is None:
        raise RemoteProtocolError(f"{shown(text)} is not a URI")
    scheme = found.group(1).lower()
    rest = found.group(2)
    if scheme in ("sip", "sips"):
        raise RemoteProtocolError(f"{shown(text)} is not a SIP URI")
    if scheme == "tel":
        number, semicolon, params = rest.partition(";")
        if not number:
            raise RemoteProtocolError(f"tel URI {shown(text)} has no number")
        return SipUri("tel", number, None, "", None, _parse_params(semicolon + params))
    return SipUri(scheme, None, None, "", None, opaque=rest)


def _parse_params(text: str) -> Params:
    pairs: list[tuple[str, str | None]] = []
    for piece in text.split(";")[1:]:
        name, equals, value = piece.partition("=")
        if not name:
            raise RemoteProtocolError(f"URI parameters {shown(text)} have one without a name")
        pairs.append((_canonical(_ILLEGAL_PARAM, name).lower(), _canonical(_ILLEGAL_PARAM, value) if equals else None))
    return tuple(pairs)


def _parse_headers(text: str) -> tuple[tuple[str, str], ...]:
    pairs: list[tuple[str, str]] = []
    for piece in text.split("&"):
        name, equals, value = piece.partition("=")
        if not name or not equals:
            raise RemoteProtocolError(f"URI headers {shown(text)} have one without name and value")
        pairs.append((_canonical(_ILLEGAL_HEADER, name), _canonical(_ILLEGAL_HEADER, value)))
    return tuple(pairs)


def _check_ipv6(host: str, error: type[RemoteProtocolError] | type[LocalProtocolError]) -> None:
    try:
        IPv6Address(host)
    except AddressValueError:
        raise error(f"{shown(host)} is not an IPv6 address") from None


def _canonical(illegal: re.Pattern[str], text: str) -> str:
    """The part escaped as the grammar wants it, and no more than that: one spelling for one meaning."""
    if illegal.search(text) is not None:
        text = _escape_all(illegal, text)
    return _ESCAPE.sub(_canonical_escape, text) if "%" in text else text


def _canonical_escape(found: re.Match[str]) -> str:
    character = chr(int(found.group()[1:], 16))
    return character if _ESCAPED_UNRESERVED.fullmatch(character) else found.group().upper()


def _escape_all(illegal: re.Pattern[str], text: str) -> str:
    return illegal.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    return "".join([f"%{byte:02X}" for byte in found.group().encode("utf-8", "surrogateescape")])


def _tel_number(uri: SipUri) -> str:
    return (uri.user or "").translate(_TEL_SEPARATORS).lower()


def _same_host(a: str, b: str) -> bool:
    if ":" in a and ":" in b:
        return IPv6Address(a) == IPv6Address(b)
    return a.lower() == b.lower()


def _params_by_name(params: Params) -> dict[str, str]:
    return {name: (value or "").lower() for name, value in params}


def _same_params(a: Params, b: Params) -> bool:
    mine, others = _params_by_name(a), _params_by_name(b)
    if any(mine[name] != others[name] for name in mine.keys() & others.keys()):
        return False
    return not any((name in mine) != (name in others) for name in _NEVER_IGNORED)


def _headers_by_name(uri: SipUri) -> list[tuple[str, str]]:
    return sorted((name.lower(), value) for name, value in uri.headers)
