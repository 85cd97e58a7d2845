"""Messages for tests, as text with what matters filled in."""

from engine.sip.flow import Flow
from engine.sip.message import SipRequest, SipResponse
from engine.sip.parser import parse_message
from engine.sip.response import response_to

PHONE = Flow("lan", "udp", "127.0.0.1", 5062)


def request_bytes(
    method: str = "INVITE",
    *,
    branch: str | None = "z9hG4bK-a",
    via: str = "127.0.0.1:5062",
    rport: bool = True,
    from_tag: str | None = "from-a",
    to_tag: str | None = None,
    call_id: str = "call-a",
    cseq: int = 1,
    uri: str = "sip:102@example.org",
    extra: str = "",
    cseq_method: str | None = None,
) -> bytes:
    """A request of a phone. `extra`: whole header lines, each with its CRLF."""
    branch_param = "" if branch is None else f";branch={branch}"
    return (
        f"{method} {uri} SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP {via}{branch_param}{';rport' if rport else ''}\r\n"
        "Max-Forwards: 70\r\n"
        f"From: <sip:101@example.org>{'' if from_tag is None else f';tag={from_tag}'}\r\n"
        f"To: <sip:102@example.org>{'' if to_tag is None else f';tag={to_tag}'}\r\n"
        f"Call-ID: {call_id}\r\n"
        f"CSeq: {cseq} {cseq_method or method}\r\n"
        "Contact: <sip:101@127.0.0.1:5062>\r\n"
        f"{extra}Content-Length: 0\r\n\r\n"
    ).encode()


def request(method: str = "INVITE", *, branch: str = "z9hG4bK-a", to_tag: str | None = None) -> SipRequest:
    """The same, parsed."""
    message = parse_message(request_bytes(method, branch=branch, to_tag=to_tag))
    assert isinstance(message, SipRequest)
    return message


def response(asked: SipRequest, status: int, to_tag: str | None = "to-b") -> SipResponse:
    """A response as it comes from the network."""
    message = parse_message(response_to(asked, status, to_tag=to_tag).to_bytes())
    assert isinstance(message, SipResponse)
    return message


def first_line(data: bytes) -> str:
    """What a message is about."""
    return data.split(b"\r\n", 1)[0].decode()
