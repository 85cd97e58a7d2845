"""SIP requests and responses: headers, body, typed views of the headers the stack reads, and their bytes.

RFC 3261 §7. The values of headers are text decoded as UTF-8 with `surrogateescape`: whatever bytes came in go out again;
don't show them without `ascii` or `errors="replace"`.

Surprising: a view is parsed when first read and remembered until `headers` is changed by its methods; never put another
object there, make a new message. On a parsed message the views the parser checked (`uri top_via from_ to call_id cseq
max_forwards`) never raise; the others raise RemoteProtocolError with the request, ready to be answered.
"""

from __future__ import annotations

from typing import Final

from engine.sip.errors import LocalProtocolError, RemoteProtocolError
from engine.sip.grammar import is_token, parse_number, shown, split_list
from engine.sip.headers import CSeq, Headers, NameAddr, Via, parse_cseq, parse_name_addr, parse_via
from engine.sip.status import reason_phrase
from engine.sip.uri import SipUri, parse_uri

HIGHEST_MAX_FORWARDS: Final = 255
HIGHEST_EXPIRES_S: Final = 2**32 - 1


class SipMessage:
    """What requests and responses share."""

    __slots__ = ("_contacts", "_cseq", "_edits", "_from", "_to", "_via", "body", "headers")

    headers: Headers
    body: bytes
    _edits: int
    _via: Via | None
    _from: NameAddr | None
    _to: NameAddr | None
    _cseq: CSeq | None
    _contacts: list[NameAddr] | None

    def __init__(self, headers: Headers | None, body: bytes) -> None:
        self.headers = Headers() if headers is None else headers
        self.body = body
        self._edits = self.headers.edits
        self._via = None
        self._from = None
        self._to = None
        self._cseq = None
        self._contacts = None

    @property
    def top_via(self) -> Via:
        """The topmost Via element."""
        if self._edits != self.headers.edits:
            self._forget()
        via = self._via
        if via is None:
            via = self._via = self._read_via()
        return via

    @property
    def from_(self) -> NameAddr:
        """From; its tag is None for RFC 2543 peers."""
        if self._edits != self.headers.edits:
            self._forget()
        address = self._from
        if address is None:
            address = self._from = self._read_address("From")
        return address

    @property
    def to(self) -> NameAddr:
        """To."""
        if self._edits != self.headers.edits:
            self._forget()
        address = self._to
        if address is None:
            address = self._to = self._read_address("To")
        return address

    @property
    def call_id(self) -> str:
        """Call-ID."""
        value = self.headers.first("Call-ID")
        if not value or " " in value or "\t" in value:
            raise self._refusal("Call-ID", value, "is missing, empty or has blanks")
        return value

    @property
    def cseq(self) -> CSeq:
        """CSeq."""
        if self._edits != self.headers.edits:
            self._forget()
        cseq = self._cseq
        if cseq is None:
            value: str | None = self.headers.first("CSeq")
            if value is None:
                raise self._refusal("CSeq", value, "is missing")
            try:
                cseq = self._cseq = parse_cseq(value)
            except RemoteProtocolError as error:
                raise self._blamed(error) from None
        return cseq

    @property
    def contacts(self) -> list[NameAddr]:
        """All Contact elements, their URIs checked; an element `is_wildcard` for `*`. Don't change the list."""
        if self._edits != self.headers.edits:
            self._forget()
        contacts = self._contacts
        if contacts is None:
            contacts = self._contacts = self._read_addresses("Contact", wildcard=True)
        return contacts

    @property
    def routes(self) -> list[NameAddr]:
        """All Route elements."""
        return self._read_addresses("Route", wildcard=False)

    @property
    def record_routes(self) -> list[NameAddr]:
        """All Record-Route elements."""
        return self._read_addresses("Record-Route", wildcard=False)

    @property
    def max_forwards(self) -> int | None:
        """Max-Forwards, 0 to 255; None if there is none."""
        value = self.headers.first("Max-Forwards")
        return None if value is None else self._read_number("Max-Forwards", value, HIGHEST_MAX_FORWARDS)

    @property
    def expires(self) -> int | None:
        """Expires in seconds, cut to 2**32-1 (RFC 4475 §3.1.2.4); None if there is none."""
        value = self.headers.first("Expires")
        if value is None:
            return None
        return min(self._read_number("Expires", value, None), HIGHEST_EXPIRES_S)

    @property
    def content_type(self) -> str | None:
        """The media type in lower case, without parameters; None if there is none."""
        value = self.headers.first("Content-Type")
        return None if value is None else value.partition(";")[0].strip(" \t").lower()

    def read_mandatory(self, first: dict[str, str]) -> None:
        """Reads the views that every message must have, from the first value of each header; for the parser.

        RemoteProtocolError, without the request, for the first that is missing or malformed.
        """
        name = ""
        try:
            name = "Via"
            via = first[name]
            self._via = parse_via(split_list(via)[0] if "," in via else via)
            name = "From"
            self._from = parse_name_addr(first[name])
            name = "To"
            self._to = parse_name_addr(first[name])
            name = "CSeq"
            self._cseq = parse_cseq(first[name])
            name = "Call-ID"
            call_id = first[name]
        except KeyError:
            raise RemoteProtocolError(f"header {name} is missing") from None
        except RemoteProtocolError as error:
            raise RemoteProtocolError(f"{name}: {error}", status_hint=error.status_hint) from None
        if not call_id or " " in call_id or "\t" in call_id:
            raise RemoteProtocolError(f"Call-ID {shown(call_id)} is empty or has blanks")
        hops = first.get("Max-Forwards")
        if hops is not None and hops != "70":
            parse_number(hops, "Max-Forwards", HIGHEST_MAX_FORWARDS)

    def start_line(self) -> str:
        """The first line, without its end."""
        raise NotImplementedError

    def to_bytes(self) -> bytes:
        """The message as on the wire, with the Content-Length of its body.

        LocalProtocolError if a part holds a line break, a surrogate that stands for no byte, or a blank where none may be.
        """
        items = self.headers.items
        lines = [self.start_line()]
        lines += [f"{name}: {value}" for name, value in items if name != "Content-Length"]
        flat = "".join(lines)
        # Whoever got a line break into a value could add headers of his own.
        if "\n" in flat or "\r" in flat:
            raise LocalProtocolError(f"a header or the first line has a line break: {shown(flat)}")
        lines.append(f"Content-Length: {len(self.body)}\r\n\r\n")
        text = "\r\n".join(lines)
        try:
            return text.encode("utf-8", "surrogateescape") + self.body
        except UnicodeEncodeError as error:
            raise LocalProtocolError(f"a header can't be encoded: {error}") from None

    def _forget(self) -> None:
        self._via = None
        self._from = None
        self._to = None
        self._cseq = None
        self._contacts = None
        self._edits = self.headers.edits

    def _read_via(self) -> Via:
        value: str | None = self.headers.first("Via")
        if value is None:
            raise self._refusal("Via", value, "is missing")
        try:
            return parse_via(split_list(value)[0] if "," in value else value)
        except RemoteProtocolError as error:
            raise self._blamed(error) from None

    def _read_address(self, name: str) -> NameAddr:
        value: str | None = self.headers.first(name)
        if value is None:
            raise self._refusal(name, value, "is missing")
        try:
            return parse_name_addr(value)
        except RemoteProtocolError as error:
            raise self._blamed(error, name) from None

    def _read_addresses(self, name: str, *, wildcard: bool) -> list[NameAddr]:
        try:
            return [
                NameAddr("", "*") if wildcard and element == "*" else parse_name_addr(element)
                for element in self.headers.values(name)
            ]
        except RemoteProtocolError as error:
            raise self._blamed(error, name) from None

    def _read_number(self, name: str, value: str, highest: int | None) -> int:
        try:
            if highest is None:
                digits = value.strip(" \t")
                if digits.isascii() and digits.isdigit() and len(digits.lstrip("0")) > 10:
                    return HIGHEST_EXPIRES_S
                return parse_number(digits, name, 10**10)
            return parse_number(value, name, highest)
        except RemoteProtocolError as error:
            raise self._blamed(error) from None

    def _refusal(self, name: str, value: str | None, what: str) -> RemoteProtocolError:
        seen = "" if value is None else f" {shown(value)}"
        return self._blamed(RemoteProtocolError(f"{name}{seen} {what}"))

    def _blamed(self, error: RemoteProtocolError, name: str = "") -> RemoteProtocolError:
        """The error with the request to answer, where that is one."""
        if name:
            error.args = (f"{name}: {error}",)
        error.request = self if isinstance(self, SipRequest) and self.method != "ACK" else None
        return error


class SipRequest(SipMessage):
    """RFC 3261 §7.1. Methods are case-sensitive."""

    __slots__ = ("_uri", "method", "uri_text")

    method: str
    uri_text: str
    _uri: SipUri | None

    def __init__(self, method: str, uri_text: str, headers: Headers | None = None, body: bytes = b"") -> None:
        super().__init__(headers, body)
        self.method = method
        self.uri_text = uri_text
        self._uri = None

    @property
    def uri(self) -> SipUri:
        """The Request-URI. `uri_text` is set by making a new request, or `copy`."""
        uri = self._uri
        if uri is None:
            try:
                uri = self._uri = parse_request_uri(self.uri_text)
            except RemoteProtocolError as error:
                raise self._blamed(error) from None
        return uri

    def start_line(self) -> str:
        if " " in self.uri_text or "\t" in self.uri_text or not self.uri_text or not is_token(self.method):
            raise LocalProtocolError(f"{shown(self.method)} {shown(self.uri_text)} is no method and Request-URI")
        return f"{self.method} {self.uri_text} SIP/2.0"

    def stamp_source(self, host: str, port: int) -> None:
        """Notes in the topmost Via where the request came from (RFC 3261 §18.2.1, RFC 3581 §4); do it before answering."""
        via = self.top_via
        has_rport = via.has_rport
        if not has_rport and via.host == host:
            return
        stamped = _stamped(via, host, str(port) if has_rport else None, port)
        line = self.headers.first("Via") or ""
        self.headers.replace_first(
            "Via", ", ".join([str(stamped), *split_list(line)[1:]]) if "," in line else str(stamped)
        )
        self._edits = self.headers.edits
        self._via = stamped

    def copy(self) -> SipRequest:
        """An independent copy."""
        return SipRequest(self.method, self.uri_text, self.headers.copy(), self.body)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, SipRequest)
            and self.method == other.method
            and self.uri_text == other.uri_text
            and self.headers == other.headers
            and self.body == other.body
        )

    __hash__ = None  # type: ignore[assignment]  # mutable

    def __repr__(self) -> str:
        return f"<SipRequest {self.method!a} {self.uri_text!a}, Call-ID {self.headers.first('Call-ID')!a}>"


class SipResponse(SipMessage):
    """RFC 3261 §7.2; `status` 100 to 699."""

    __slots__ = ("reason", "status")

    status: int
    reason: str

    def __init__(
        self, status: int, reason: str | None = None, headers: Headers | None = None, body: bytes = b""
    ) -> None:
        super().__init__(headers, body)
        if not 100 <= status <= 699:
            raise LocalProtocolError(f"status {status} is not in 100..699")
        self.status = status
        self.reason = reason_phrase(status) if reason is None else reason

    @property
    def is_provisional(self) -> bool:
        return self.status < 200

    @property
    def is_final(self) -> bool:
        return self.status >= 200

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    def start_line(self) -> str:
        return f"SIP/2.0 {self.status} {self.reason}"

    def copy(self) -> SipResponse:
        """An independent copy."""
        return SipResponse(self.status, self.reason, self.headers.copy(), self.body)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, SipResponse)
            and self.status == other.status
            and self.reason == other.reason
            and self.headers == other.headers
            and self.body == other.body
        )

    __hash__ = None  # type: ignore[assignment]  # mutable

    def __repr__(self) -> str:
        return f"<SipResponse {self.status} {self.reason!a}, Call-ID {self.headers.first('Call-ID')!a}>"


def _stamped(via: Via, host: str, port: str | None, source_port: int) -> Via:
    """The Via with `received` set, and `rport` if there is a port: in one walk, for every request needs it.

    Where the Via tells the source, it is that very text and number: transactions keep them, each for half a minute.
    """
    params: list[tuple[str, str | None]] = []
    received = False
    for pair in via.params:
        name = pair[0]
        if name == "rport" and port is not None:
            params.append(("rport", port))
            port = None
        elif name == "received" and not received:
            params.append(("received", host))
            received = True
        else:
            params.append(pair)
    if not received:
        params.append(("received", host))
    return Via(
        via.transport,
        host if via.host == host else via.host,
        source_port if via.port == source_port else via.port,
        tuple(params),
    )


def parse_request_uri(text: str) -> SipUri:
    """A Request-URI: a URI without headers (RFC 3261 §19.1.1, table 1)."""
    uri = parse_uri(text)
    if uri.headers:
        raise RemoteProtocolError(f"Request-URI {shown(text)} has URI headers")
    return uri
