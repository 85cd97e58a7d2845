"""RFC 4475: each of the 49 messages, and what our parser does with it.

A message is accepted (with facts), or refused with a status. What needs to know more than the grammar - which methods, schemes,
extensions and bodies we serve - is refused by the layers above; here it has to be readable, and `ABOVE` says what is due.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.sip.body import sdp_body
from engine.sip.errors import RemoteProtocolError
from engine.sip.headers import CSeq
from engine.sip.message import SipRequest, SipResponse
from engine.sip.parser import parse_message

FOLDER = Path(__file__).parents[2] / "vectors" / "rfc4475"

# Refused: status, RFC section, whether an answer is possible, what the reason names.
REFUSED: dict[str, tuple[int, str, bool, str]] = {
    "badinv01": (400, "3.1.2.1", False, "Via"),  # its Via is what is broken: nowhere to answer to
    "clerr": (400, "3.1.2.2", True, "Content-Length 9999"),
    "ncl": (400, "3.1.2.3", True, "Content-Length"),
    "scalar02": (400, "3.1.2.4", True, "CSeq"),
    "scalarlg": (400, "3.1.2.5", False, "CSeq"),  # a response
    "quotbal": (400, "3.1.2.6", True, "To"),
    "ltgtruri": (400, "3.1.2.7", True, "URI"),
    "lwsruri": (400, "3.1.2.8", True, "URI"),
    "escruri": (400, "3.1.2.11", True, "Request-URI"),
    "badvers": (505, "3.1.2.16", True, "SIP/7.0"),
    "mismatch01": (400, "3.1.2.17", True, "INVITE"),
    "mismatch02": (501, "3.1.2.18", True, "NEWMETHOD"),
    "bigcode": (400, "3.1.2.19", False, "4294967301"),  # a response
    "insuf": (400, "3.3.1", False, "From"),  # neither From, To nor Call-ID: nothing to put into an answer
    "multi01": (400, "3.3.8", True, "2 times"),
    "mcl01": (400, "3.3.9", True, "Content-Length"),
}

# Accepted here, refused above: what the RFC asks of whoever serves the request.
ABOVE: dict[str, tuple[int, str]] = {
    "intmeth": (405, "3.1.1.2: a method nobody knows"),
    "esc02": (405, "3.1.1.4: the method is RE%47IST%45R, not REGISTER"),
    "unkscm": (416, "3.3.2: scheme of the Request-URI"),
    "novelsc": (416, "3.3.3: scheme of the Request-URI"),
    "unksm2": (400, "3.3.4: To of a REGISTER is no SIP URI"),
    "bext01": (420, "3.3.5: Require"),
    "invut": (415, "3.3.6: body"),
    "regaut01": (401, "3.3.7: scheme of Authorization"),
    "zeromf": (483, "3.3.11: Max-Forwards 0, where it would be forwarded"),
    "regbadct": (400, "3.1.2.13: Contact, when read"),
    "sdp01": (406, "3.3.15: Accept without SDP"),
}

# The rest is valid, or was made so by being liberal.
LIBERAL: dict[str, str] = {
    "lwsstart": "3.1.2.9: extra blanks in the first line",
    "trws": "3.1.2.10: blanks at its end",
    "baddate": "3.1.2.12: nobody here reads Date",
    "badaspec": "3.1.2.14: blanks inside <>",
    "baddn": "3.1.2.15: display name without quotes",
}


def read(name: str) -> bytes:
    return (FOLDER / f"{name}.dat").read_bytes()


def request(name: str) -> SipRequest:
    message = parse_message(read(name))
    assert isinstance(message, SipRequest)
    return message


def response(name: str) -> SipResponse:
    message = parse_message(read(name))
    assert isinstance(message, SipResponse)
    return message


def check_wsinv() -> None:
    message = request("wsinv")
    assert message.uri_text == "sip:vivekg@chair-dnrc.example.com;unknownparam"
    assert (message.max_forwards, message.cseq) == (68, CSeq(9, "INVITE"))
    assert message.to.tag == "1918181833n"
    assert (message.from_.display_name, message.from_.tag) == ('J Rosenberg \\"', "98asjd8")
    assert (message.top_via.transport, message.top_via.host, message.top_via.branch) == (
        "UDP",
        "192.0.2.2",
        "390skdjuw",
    )
    assert len(message.headers.values("Via")) == 3
    assert message.headers.first("Subject") == ""
    assert message.headers.first("Newfangledheader") == "newfangled value continued newfangled value"
    assert message.headers.first("Unknownheaderwithunusualvalue") == ";;,,;;,;"
    assert message.routes[0].uri.lr
    (contact,) = message.contacts
    assert (contact.display_name, contact.param("q"), contact.param("newparam")) == (
        'Quoted string ""',
        "0.33",
        "newvalue",
    )
    assert contact.param("secondparam") == ""
    assert len(message.body) == 150


def check_intmeth() -> None:
    message = request("intmeth")
    assert message.method == "!interesting-Method0123456789_*+`.%indeed'~"
    assert message.cseq == CSeq(139122385, message.method)
    assert message.uri.user == "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"
    assert message.uri.password == "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"
    assert message.to.display_name == "BEL:\x07 NUL:\x00 DEL:\x7f"
    assert message.from_.display_name == "token1~` token2'+_ token3*%!.-"
    assert message.from_.tag == "_token~1'+`*%!-."
    assert message.from_.param("fromparam''~+*_!.-%") == "работающий"
    assert message.call_id == "intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{"
    assert message.top_via.branch == "z9hG4bK-.!%66*_+`'~"
    assert message.max_forwards == 255


def check_esc01() -> None:
    message = request("esc01")
    assert (message.uri.user_unescaped, message.uri.host) == ("sips:user@example.com", "example.net")
    assert message.to.uri.user_unescaped == "user"
    assert message.from_.uri.user_unescaped == "I have spaces"
    contact = message.contacts[0].uri
    assert (contact.user, contact.lr, contact.param("name")) == ("caller", True, "value%41")


def check_escnull() -> None:
    message = request("escnull")
    assert message.to.uri.user_unescaped == "null-\x00-null"
    assert [contact.uri.user_unescaped for contact in message.contacts] == ["\x00", "\x00\x00"]


def check_esc02() -> None:
    message = request("esc02")
    assert (message.method, message.cseq.method) == ("RE%47IST%45R", "RE%47IST%45R")
    assert message.to.display_name == "%Z%45"
    assert message.top_via.branch == "z9hG4bK209%fzsnel234"
    assert [contact.uri.user for contact in message.contacts] == ["alias1", "alias3"]


def check_lwsdisp() -> None:
    message = request("lwsdisp")
    assert (message.from_.display_name, message.from_.tag) == ("caller", "323")


def check_longreq() -> None:
    message = request("longreq")
    assert len(message.headers.values("Via")) == 34
    assert message.top_via.host == "sip33.example.com"
    assert message.to.uri.port == 6000
    assert message.from_.uri.user == "amazinglylongcallername" * 5
    assert len(message.call_id) > 100
    assert len(message.body) == 150


def check_dblreq() -> None:
    message = request("dblreq")
    assert (message.method, message.body) == ("REGISTER", b"")
    assert message.call_id == "dblreq.0ha0isndaksdj99sdfafnl3lk233412"


def check_semiuri() -> None:
    message = request("semiuri")
    assert message.uri.user_unescaped == "user;par=u@example.net"
    assert message.uri.params == ()
    assert message.headers.values("Accept")[-1] == "message/sipfrag"


def check_transports() -> None:
    transports = [value.split(" ")[0] for value in request("transports").headers.values("Via")]
    assert transports == [f"SIP/2.0/{name}" for name in ("UDP", "SCTP", "TLS", "UNKNOWN", "TCP")]


def check_mpart01() -> None:
    message = request("mpart01")
    assert (message.content_type, len(message.body)) == ("multipart/mixed", 553)
    assert sdp_body(message) is None


def check_unreason() -> None:
    message = response("unreason")
    assert message.status == 200
    assert message.reason == "= 2**3 * 5**2 но сто девяносто девять - простое"


def check_noreason() -> None:
    message = response("noreason")
    assert (message.status, message.reason) == (100, "")


def check_lwsstart() -> None:
    message = request("lwsstart")
    assert (message.method, message.uri_text) == ("INVITE", "sip:user@example.com")


def check_trws() -> None:
    assert request("trws").uri.user == "remote-target"


def check_baddate() -> None:
    assert request("baddate").headers.first("Date") == "Fri, 01 Jan 2010 16:00:00 EST"


def check_regbadct() -> None:
    message = request("regbadct")
    with pytest.raises(RemoteProtocolError) as refused:
        _ = message.contacts
    assert refused.value.status_hint == 400
    assert refused.value.request is message


def check_badaspec() -> None:
    message = request("badaspec")
    assert (message.to.display_name, message.to.uri_text) == ("Watson, Thomas", "sip:t.watson@example.org")


def check_baddn() -> None:
    message = request("baddn")
    assert (message.from_.display_name, message.from_.tag) == ("Bell, Alexander", "43")
    assert message.to.display_name == "Watson, Thomas"


def check_badbranch() -> None:
    # The cookie alone identifies nothing: the transaction layer matches it as RFC 2543 would.
    assert request("badbranch").top_via.branch == "z9hG4bK"


def check_unkscm() -> None:
    uri = request("unkscm").uri
    assert (uri.scheme, uri.opaque, uri.is_sip) == ("nobodyknowsthisscheme", "totallyopaquecontent", False)


def check_novelsc() -> None:
    assert request("novelsc").uri.scheme == "soap.beep"


def check_unksm2() -> None:
    message = request("unksm2")
    assert message.to.uri.scheme == "isbn"
    assert message.from_.uri.scheme == "http"
    assert message.contacts[0].uri.scheme == "name"


def check_bext01() -> None:
    message = request("bext01")
    assert message.headers.values("Require") == ["nothingSupportsThis", "nothingSupportsThisEither"]
    assert len(message.headers.values("Proxy-Require")) == 2


def check_invut() -> None:
    message = request("invut")
    assert message.content_type == "application/unknownformat"
    assert sdp_body(message) is None


def check_regaut01() -> None:
    assert request("regaut01").headers.first("Authorization") == "NoOneKnowsThisScheme opaque-data=here"


def check_bcast() -> None:
    message = response("bcast")
    assert [value.split(";")[0] for value in message.headers.values("Via")][1] == "SIP/2.0/UDP 255.255.255.255"


def check_zeromf() -> None:
    assert request("zeromf").max_forwards == 0


def check_cparam01() -> None:
    (contact,) = request("cparam01").contacts
    assert contact.params == (("unknownparam", None),)
    assert contact.uri.params == ()


def check_cparam02() -> None:
    (contact,) = request("cparam02").contacts
    assert contact.params == ()
    assert contact.uri.params == (("unknownparam", None),)


def check_regescrt() -> None:
    (contact,) = request("regescrt").contacts
    assert contact.uri.headers == (("Route", "%3Csip:sip.example.com%3E"),)


def check_sdp01() -> None:
    assert request("sdp01").headers.values("Accept") == ["text/nobodyKnowsThis"]


def check_inv2543() -> None:
    message = request("inv2543")
    assert (message.from_.tag, message.top_via.branch, message.max_forwards) == (None, None, None)
    assert message.record_routes[0].uri.param("maddr") == "ss1.example.com"
    assert sdp_body(message) == message.body
    assert len(message.body) == 105


ACCEPTED: dict[str, Callable[[], None]] = {
    name.removeprefix("check_"): check for name, check in sorted(globals().items()) if name.startswith("check_")
}


def test_each_of_the_49_messages_has_exactly_one_expectation() -> None:
    names = {path.stem for path in FOLDER.glob("*.dat")}

    assert len(names) == 49
    assert names == REFUSED.keys() | ACCEPTED.keys()
    assert not REFUSED.keys() & ACCEPTED.keys()
    assert ACCEPTED.keys() >= ABOVE.keys() | LIBERAL.keys()


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepted(name: str) -> None:
    ACCEPTED[name]()


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepted_messages_are_written_so_that_they_read_the_same(name: str) -> None:
    message = parse_message(read(name))

    assert parse_message(message.to_bytes()) == message


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    status, _, answerable, reason = REFUSED[name]

    with pytest.raises(RemoteProtocolError, match=reason) as refused:
        parse_message(read(name))

    assert refused.value.status_hint == status
    assert (refused.value.request is not None) is answerable
