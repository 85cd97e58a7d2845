"""An address in a header field, as parts that rules may set: display name, user, host.

RFC 3261 §20.10, RFC 3966 (tel). Plain text inside, escaped when it is written: whatever stands in a part can't become another part, let
alone another header field.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

from dialing.number import SOS
from engine.sip.grammar import Params
from engine.sip.headers import NameAddr
from engine.sip.uri import SipUri, make_uri

LONGEST_DISPLAY_CHARACTERS: Final = 128
_ADDRESSES_KEPT: Final = 8_192


class AddressField(NamedTuple):
    """`user` "" = none; `params`: of the field, not of the URI; `uri_params`: of the URI."""

    user: str
    host: str
    display: str = ""
    port: int | None = None
    params: Params = ()
    uri_params: Params = ()

    def uri_text(self) -> str:
        """As a Request-URI has it. LocalProtocolError if host or port are none."""
        return _uri_text(self.user, self.host, self.port, self.uri_params)

    def value(self) -> str:
        """The header value."""
        return _value(self.display, self.user, self.host, self.port, self.params, self.uri_params)

    @classmethod
    def of(cls, address: NameAddr) -> AddressField:
        """As it was received; a tel URI's number becomes the user."""
        uri = address.uri
        port = uri.port if uri.is_sip else None
        return cls(number_of(uri), uri.host, address.display_name, port, address.params)


# The same people call and the same Contact is shown again and again, and writing an address costs ten times a look-up.
@lru_cache(maxsize=_ADDRESSES_KEPT)
def _uri_text(user: str, host: str, port: int | None, params: Params) -> str:
    return str(make_uri(user or None, host, port, params))


@lru_cache(maxsize=_ADDRESSES_KEPT)
def _value(display: str, user: str, host: str, port: int | None, params: Params, uri_params: Params) -> str:
    return str(NameAddr(printable(display), _uri_text(user, host, port, uri_params), params))


def number_of(uri: SipUri) -> str:
    """The user part, unescaped, without the parameters that some put into it (`+4420...;npdi`); of a tel URI its number, of a service's
    URN (RFC 5031) all of it.
    """
    if uri.scheme == "urn":
        return f"urn:{uri.opaque}"
    return uri.user_unescaped.partition(";")[0]


def place_of(uri: SipUri) -> str | None:
    """Where the number means something: the host, or a tel URI's phone-context; None = everywhere (RFC 3966 §5.1.5)."""
    if uri.is_sip:
        return uri.host
    if uri.scheme == "tel" and not (uri.user or "").startswith("+"):
        return uri.param("phone-context") or None
    return None


def is_callable(uri: SipUri) -> bool:
    """Whether it is an address of a kind that calls are made to."""
    return uri.is_sip or uri.scheme == "tel" or SOS.fullmatch(number_of(uri)) is not None


def printable(display: str) -> str:
    """A display name without what can't be shown: control characters, halves of characters."""
    return "".join(c for c in display if c.isprintable())[:LONGEST_DISPLAY_CHARACTERS]
