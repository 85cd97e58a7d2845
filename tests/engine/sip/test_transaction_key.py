"""Keys are texts: no crafted part of one request makes the key of another."""

from __future__ import annotations

from itertools import combinations

import pytest

from engine.sip.message import SipRequest
from engine.sip.parser import parse_message
from engine.sip.transaction_key import merge_key, method_of, server_key

REQUEST = (
    "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {sent_by}{branch}\r\nFrom: <sip:a@h>{tag}\r\nTo: <sip:b@h>\r\n"
    "Call-ID: {call_id}\r\nCSeq: {cseq} {method}\r\nContent-Length: 0\r\n\r\n"
)
PLAIN = {
    "method": "INVITE",
    "uri": "sip:b@h",
    "sent_by": "h:5060",
    "branch": ";branch=z9hG4bKx",
    "tag": ";tag=t",
    "call_id": "c",
    "cseq": "1",
}
OTHERS: tuple[dict[str, str], ...] = (
    {},
    {"method": "OPTIONS"},
    {"sent_by": "h"},
    {"sent_by": "h:506"},
    {"sent_by": "h.0:5060"},
    {"sent_by": "[::1]:5060"},
    {"branch": ";branch=z9hG4bKx0"},
    {"branch": ';branch="z9hG4bKx"'},
    {"branch": ';branch="z9hG4bKx 1 t sip:b@h  UDP"'},
    {"branch": ""},
    {"branch": "", "call_id": "z9hG4bKx"},
    {"branch": "", "cseq": "11"},
    {"branch": "", "tag": ""},
    {"branch": "", "tag": ';tag="t sip:b@h "'},
    {"branch": "", "tag": ';tag="t"', "uri": "sip:b@h2"},
    {"branch": ";branch=1"},
    {"branch": ';branch="1 UDP"'},
    {"branch": ";branch=1", "call_id": "c1"},
)


def request(changes: dict[str, str]) -> SipRequest:
    found = parse_message(REQUEST.format(**{**PLAIN, **changes}).encode())
    assert isinstance(found, SipRequest)
    return found


def test_no_two_of_them_have_one_key() -> None:
    keys = {index: server_key(request(changes), request(changes).method) for index, changes in enumerate(OTHERS)}
    same = [(OTHERS[one], OTHERS[two]) for one, two in combinations(keys, 2) if keys[one] == keys[two]]
    assert same == []
    assert {method_of(key) for key in keys.values()} == {"INVITE", "OPTIONS"}


@pytest.mark.parametrize(("one", "two"), [("h:5060", "H:5060"), ("pbx.example", "PBX.Example")])
def test_a_host_is_one_in_any_spelling(one: str, two: str) -> None:
    assert server_key(request({"sent_by": one}), "INVITE") == server_key(request({"sent_by": two}), "INVITE")


def test_a_merged_request_is_known_by_all_of_its_parts() -> None:
    cases: tuple[dict[str, str], ...] = (
        {},
        {"tag": ';tag="t"'},
        {"tag": ";tag=t1"},
        {"tag": ";tag=1", "cseq": "11"},
        {"call_id": "t"},
        {"cseq": "2"},
        {"method": "OPTIONS"},
    )
    keys = [merge_key(request(changes)) for changes in cases]
    assert len({*keys}) == len(cases)
    assert None not in keys
