"""Where messages go whose connection is gone, and who can be called at his contact."""

import pytest

from engine.sip.flow import ANY_CONNECTION, NO_CONNECTION, Flow
from engine.sip.message import SipRequest
from engine.sip.reroute import is_dialable, request_way, response_way
from engine.sip.uri import parse_uri
from tests.support.sip_message import request, response

CAME = Flow("lan", "tcp", "192.0.2.7", 49152, 3)
OPENED = Flow("lan", "tcp", "192.0.2.7", 5060)

REQUESTS = [
    ("sip:101@192.0.2.7:5061;transport=tcp", CAME, CAME._replace(port=5061, connection=ANY_CONNECTION)),
    ("sip:101@192.0.2.7;transport=TCP", CAME, OPENED),
    ("sip:101@192.0.2.7:5061;transport=tcp", CAME._replace(connection=NO_CONNECTION), OPENED._replace(port=5061)),
    ("sip:101@192.0.2.7:49152;transport=tcp", CAME, None),  # where the connection came from; nobody listens there
    ("sip:101@192.168.1.7:5060;transport=tcp", CAME, None),  # behind NAT
    ("sip:101@phone.example;transport=tcp", CAME, None),
    ("sip:101@192.0.2.7:5062", CAME, Flow("lan", "udp", "192.0.2.7", 5062)),  # came by TCP for the size of its request
    ("sip:101@192.0.2.7:5062;transport=udp", CAME, Flow("lan", "udp", "192.0.2.7", 5062)),
    ("tel:+4930123", CAME, None),
    ("sip:101@192.0.2.7:5061;transport=tcp", OPENED, None),  # that was the address already
]


@pytest.mark.parametrize(("uri", "flow", "way"), REQUESTS)
def test_a_request(uri: str, flow: Flow, way: Flow | None) -> None:
    assert request_way(SipRequest("BYE", uri), flow) == way


def test_a_request_with_a_route_goes_there() -> None:
    bye = SipRequest("BYE", "sip:101@10.0.0.1;transport=tcp")
    bye.headers.add("Route", "<sip:192.0.2.7:5090;transport=tcp;lr>, <sip:10.9.9.9;lr>")
    assert request_way(bye, CAME) == OPENED._replace(port=5090)
    bye.headers.replace("Route", "rubbish")
    assert request_way(bye, CAME) is None


def test_a_response_goes_to_its_source_at_the_port_of_the_via() -> None:
    busy = response(request(), 486)
    assert response_way(busy, CAME) == CAME._replace(port=5062, connection=ANY_CONNECTION)
    assert response_way(busy, OPENED) is None
    busy.headers.replace("Via", "SIP/2.0/TCP 192.0.2.7;branch=z9hG4bK1")
    assert response_way(busy, CAME) == OPENED


@pytest.mark.parametrize(
    ("contact", "expected"),
    [
        ("sip:101@192.0.2.7:5061;transport=tcp", True),
        ("sip:101@192.0.2.7", True),
        ("sip:101@192.0.2.7:49152;transport=tcp", False),
        ("sip:101@10.0.0.7:5061;transport=tcp", False),
        ("sip:101@phone.example;transport=tcp", False),
    ],
)
def test_who_can_be_called_at_his_contact(contact: str, expected: bool) -> None:
    assert is_dialable(parse_uri(contact), CAME) is expected
