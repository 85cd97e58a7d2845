"""Dialogs: what makes them, which requests belong, and how ours look (RFC 3261 §12)."""

import pytest

from engine.sip.dialog import Dialog, DialogId
from engine.sip.errors import LocalProtocolError, RemoteProtocolError
from engine.sip.headers import Headers
from engine.sip.message import SipRequest, SipResponse
from engine.sip.response import response_to
from tests.support.sip_message import request, response

OURS = "<sip:102@127.0.0.1:5060>"


def invite(*extra: tuple[str, str], contact: str | None = "<sip:101@127.0.0.1:5062>") -> SipRequest:
    asked = request()
    asked.headers.remove("Contact")
    if contact is not None:
        asked.headers.add("Contact", contact)
    for name, value in extra:
        asked.headers.add(name, value)
    return asked


def answer(
    asked: SipRequest, status: int = 200, *extra: tuple[str, str], contact: str | None = "<sip:102@127.0.0.1:5070>"
) -> SipResponse:
    answered = response(asked, status)
    if contact is not None:
        answered.headers.add("Contact", contact)
    for name, value in extra:
        answered.headers.add(name, value)
    return answered


def uac(*extra: tuple[str, str], status: int = 200) -> Dialog:
    return Dialog.as_uac(invite(), answer(invite(), status, *extra))


def uas(*extra: tuple[str, str]) -> Dialog:
    asked = invite(*extra)
    return Dialog.as_uas(asked, response_to(asked, 200, to_tag="to-b"))


def peer_request(method: str = "BYE", cseq: int = 2, uri: str = "sip:102@127.0.0.1", **tags: str) -> SipRequest:
    headers = Headers(
        [
            ("From", f"<sip:101@example.org>;tag={tags.get('from_tag', 'from-a')}"),
            ("To", f"<sip:102@example.org>;tag={tags.get('to_tag', 'to-b')}"),
            ("Call-ID", tags.get("call_id", "call-a")),
            ("CSeq", f"{cseq} {method}"),
        ]
    )
    return SipRequest(method, uri, headers)


# Creation.


def test_as_uac() -> None:
    dialog = uac(("Record-Route", "<sip:p1;lr>, <sip:p2;lr>"), ("Record-Route", "<sip:p3;lr>"))
    assert dialog.id == DialogId("call-a", "from-a", "to-b")
    assert dialog.remote_target == "sip:102@127.0.0.1:5070"
    assert dialog.route_set == ("<sip:p3;lr>", "<sip:p2;lr>", "<sip:p1;lr>")
    assert (dialog.local_cseq, dialog.remote_cseq, dialog.is_confirmed) == (1, None, True)


def test_as_uas() -> None:
    dialog = uas(("Record-Route", "<sip:p1;lr>, <sip:p2;lr>"), ("Record-Route", "<sip:p3;lr>"))
    assert dialog.id == DialogId("call-a", "to-b", "from-a")
    assert dialog.remote_target == "sip:101@127.0.0.1:5062"
    assert dialog.route_set == ("<sip:p1;lr>", "<sip:p2;lr>", "<sip:p3;lr>")
    assert (dialog.local_cseq, dialog.remote_cseq, dialog.is_confirmed) == (None, 1, True)


def test_a_provisional_response_makes_an_early_dialog_that_a_success_confirms() -> None:
    dialog = uac(status=183)
    was_confirmed = dialog.is_confirmed
    dialog.confirm(answer(invite(), 200, ("Record-Route", "<sip:new;lr>"), contact="<sip:moved@127.0.0.1>"))
    assert (was_confirmed, dialog.is_confirmed) == (False, True)
    assert (dialog.remote_target, dialog.route_set) == ("sip:moved@127.0.0.1", ("<sip:new;lr>",))


def test_a_peer_without_tag_is_an_empty_remote_tag() -> None:
    asked = request()
    asked.headers.replace("From", "<sip:101@example.org>")
    assert Dialog.as_uas(asked, response_to(asked, 200, to_tag="x")).remote_tag == ""


def test_an_invite_without_contact_is_refused_ready_to_be_answered() -> None:
    asked = invite(contact=None)
    with pytest.raises(RemoteProtocolError, match="needs a Contact") as raised:
        Dialog.as_uas(asked, response_to(asked, 200, to_tag="x"))
    assert raised.value.request is asked


def test_a_success_without_contact_keeps_the_request_uri_as_target() -> None:
    asked = invite()
    assert Dialog.as_uac(asked, answer(asked, contact=None)).remote_target == asked.uri_text


@pytest.mark.parametrize("contact", ["*", "<tel:102>", "<mailto:a@b>", "<broken>"])
def test_a_contact_that_can_be_no_target_is_refused(contact: str) -> None:
    with pytest.raises(RemoteProtocolError):
        Dialog.as_uac(invite(), answer(invite(), contact=contact))


def test_headers_of_a_contact_do_not_become_part_of_a_request_uri() -> None:
    asked = invite(contact="<sip:101@127.0.0.1?Replaces=x>")
    assert Dialog.as_uas(asked, response_to(asked, 200, to_tag="x")).remote_target == "sip:101@127.0.0.1"


def test_a_dialog_without_our_tag_is_our_bug() -> None:
    asked = invite()
    with pytest.raises(LocalProtocolError, match="without a tag"):
        Dialog.as_uas(asked, response_to(asked, 200))


# The peer's requests.


MATCHES = [
    pytest.param({}, True, id="Call-ID and both tags"),
    pytest.param({"uri": "sip:102@server"}, True, id="whatever the Request-URI"),
    pytest.param({"call_id": "other"}, False, id="another Call-ID"),
    pytest.param({"from_tag": "other"}, False, id="another tag of the peer"),
    pytest.param({"to_tag": "other"}, False, id="another tag of ours"),
    pytest.param({"from_tag": "FROM-A"}, False, id="tags have case"),
]


@pytest.mark.parametrize(("change", "matches"), MATCHES)
def test_matching(change: dict[str, str], matches: bool) -> None:
    assert uas().matches(peer_request(**change)) is matches  # type: ignore[arg-type]  # a table of keywords


def test_requests_out_of_order_are_not_accepted() -> None:
    dialog = uas()
    assert not dialog.accept_request(peer_request(cseq=1))
    assert dialog.accept_request(peer_request(cseq=5))
    assert not dialog.accept_request(peer_request(cseq=5))
    assert not dialog.accept_request(peer_request(cseq=4))
    assert dialog.accept_request(peer_request(cseq=2**31 - 1))
    assert dialog.remote_cseq == 2**31 - 1


def test_the_first_request_of_a_callee_may_have_any_cseq() -> None:
    dialog = uac()
    assert dialog.accept_request(peer_request(cseq=0))
    assert dialog.remote_cseq == 0


@pytest.mark.parametrize("method", ["ACK", "CANCEL"])
def test_ack_and_cancel_repeat_the_cseq_of_their_invite(method: str) -> None:
    dialog = uas()
    assert dialog.accept_request(peer_request(method, cseq=1))
    assert dialog.remote_cseq == 1


def test_a_reinvite_and_its_success_refresh_the_target() -> None:
    dialog = uas()
    change = peer_request("INVITE")
    change.headers.add("Contact", "<sip:101@127.0.0.9:5062>")
    dialog.refresh_target(change)
    assert dialog.remote_target == "sip:101@127.0.0.9:5062"
    dialog.refresh_target(answer(invite(), contact="<sip:101@127.0.0.8>"))
    assert dialog.remote_target == "sip:101@127.0.0.8"
    dialog.refresh_target(peer_request("INVITE"))
    assert dialog.remote_target == "sip:101@127.0.0.8"


def test_a_refresh_with_a_bad_contact_changes_nothing() -> None:
    dialog = uas()
    change = peer_request("INVITE")
    change.headers.add("Contact", "*")
    with pytest.raises(RemoteProtocolError) as raised:
        dialog.refresh_target(change)
    assert raised.value.request is change
    assert dialog.remote_target == "sip:101@127.0.0.1:5062"


# Our requests.


def test_a_request_of_the_caller() -> None:
    assert uac().request("BYE").to_bytes().decode() == (
        "BYE sip:102@127.0.0.1:5070 SIP/2.0\r\n"
        "Max-Forwards: 70\r\n"
        "From: <sip:101@example.org>;tag=from-a\r\n"
        "To: <sip:102@example.org>;tag=to-b\r\n"
        "Call-ID: call-a\r\n"
        "CSeq: 2 BYE\r\n"
        "Content-Length: 0\r\n\r\n"
    )


def test_a_request_of_the_callee_turns_from_and_to_and_counts_by_itself() -> None:
    dialog = uas()
    first, second = dialog.request("INFO"), dialog.request("BYE")
    assert first.headers.first("From") == "<sip:102@example.org>;tag=to-b"
    assert first.headers.first("To") == "<sip:101@example.org>;tag=from-a"
    assert [first.headers.first("CSeq"), second.headers.first("CSeq")] == ["1 INFO", "2 BYE"]


def test_a_loose_route() -> None:
    bye = uac(("Record-Route", "<sip:p2;lr>"), ("Record-Route", "<sip:p1;lr>")).request("BYE")
    assert bye.uri_text == "sip:102@127.0.0.1:5070"
    assert bye.headers.all("Route") == ["<sip:p1;lr>", "<sip:p2;lr>"]


def test_a_strict_route() -> None:
    dialog = uac(("Record-Route", "<sip:p2;lr>"), ("Record-Route", "<sip:p1;transport=udp;method=BYE?a=b>;x=y"))
    bye = dialog.request("BYE")
    assert bye.uri_text == "sip:p1;transport=udp"
    assert bye.headers.all("Route") == ["<sip:p2;lr>", "<sip:102@127.0.0.1:5070>"]
    assert str(dialog.next_hop()) == "sip:p1;transport=udp;method=BYE?a=b"


def test_next_hop() -> None:
    assert str(uac().next_hop()) == "sip:102@127.0.0.1:5070"
    assert str(uac(("Record-Route", "<sip:p1;lr>")).next_hop()) == "sip:p1;lr"


def test_the_ack_of_a_success_repeats_its_cseq_and_has_the_given_via() -> None:
    dialog = uac()
    success = answer(invite())
    dialog.request("INFO")
    ack = dialog.ack(success, "SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK-ack")
    assert ack.headers.items[0] == ("Via", "SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK-ack")
    assert (ack.uri_text, ack.headers.first("CSeq")) == ("sip:102@127.0.0.1:5070", "1 ACK")
    assert dialog.local_cseq == 2


@pytest.mark.parametrize("method", ["ACK", "CANCEL"])
def test_ack_and_cancel_are_not_numbered(method: str) -> None:
    with pytest.raises(LocalProtocolError, match=method):
        uac().request(method)


def test_the_numbers_of_a_dialog_end() -> None:
    dialog = uac()
    dialog.local_cseq = 2**31 - 1
    with pytest.raises(LocalProtocolError, match="used up"):
        dialog.request("BYE")


def test_both_ends_agree() -> None:
    asked = invite(("Record-Route", "<sip:p1;lr>"))
    answered = response_to(asked, 200, to_tag="to-b")
    answered.headers.add("Contact", OURS)
    caller, callee = Dialog.as_uac(asked, answered), Dialog.as_uas(asked, answered)
    assert callee.matches(caller.request("BYE"))
    assert caller.matches(callee.request("BYE"))
    assert caller.accept_request(callee.request("INFO"))
    assert caller.route_set == callee.route_set
