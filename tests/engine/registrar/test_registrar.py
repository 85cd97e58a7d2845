"""The rules of a REGISTER (RFC 3261 §10.3), one table or one claim a test; time is a number."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.ports import StoredBinding
from engine.registrar.binding import Binding, stored
from engine.registrar.outcome import (
    BadRequest,
    Delete,
    IntervalTooBrief,
    OutOfOrder,
    Registered,
    RegisterResult,
    Upsert,
)
from engine.registrar.registrar import Registrar
from engine.registrar.registration import Limits, Registration
from engine.sip.flow import NO_CONNECTION, Flow
from engine.sip.headers import NameAddr, parse_name_addr
from engine.sip.uri import SipUri

LIMITS: Final = Limits(min_expires_s=60, max_expires_s=3600, default_expires_s=600, max_contacts=3)
PHONE: Final = Flow("main", "udp", "192.0.2.7", 5062)
DESK: Final = Flow("main", "udp", "192.0.2.8", 5060)


def is_ours(uri: SipUri) -> bool:
    return uri.host == "198.51.100.1"


def registrar() -> Registrar:
    return Registrar(is_ours)


def ask(
    *contacts: str,
    cseq: int = 1,
    expires: int | None = None,
    call_id: str = "a@phone",
    flow: Flow = PHONE,
    user_agent: str = "",
    number: str = "101",
) -> Registration:
    elements = [NameAddr("", "*") if text == "*" else parse_name_addr(text) for text in contacts]
    return Registration(
        tenant="acme",
        number=number,
        flow=flow,
        call_id=call_id,
        cseq=cseq,
        contacts=elements,
        expires_s=expires,
        user_agent=user_agent,
    )


def listed(result: RegisterResult) -> list[tuple[str, int]]:
    assert isinstance(result, Registered), result
    return [(granted.contact, granted.expires_s) for granted in result.contacts]


def held(subject: Registrar, now: float = 0.0, number: str = "101") -> list[str]:
    return [binding.contact for binding in subject.contacts("acme", number, now)]


@pytest.mark.parametrize(
    ("contact", "header", "granted"),
    [
        pytest.param("<sip:101@192.0.2.7>", None, 600, id="nothing said: the default"),
        pytest.param("<sip:101@192.0.2.7>", 300, 300, id="the Expires header"),
        pytest.param("<sip:101@192.0.2.7>;expires=120", 300, 120, id="the contact's own goes before the header's"),
        pytest.param("<sip:101@192.0.2.7>;expires=60", None, 60, id="the minimum itself is no refusal"),
        pytest.param("<sip:101@192.0.2.7>;expires=86400", None, 3600, id="cut to the maximum"),
        pytest.param("<sip:101@192.0.2.7>;expires=99999999999999999999", None, 3600, id="far beyond 2**32"),
        pytest.param("<sip:101@192.0.2.7>;expires=soon", None, 3600, id="malformed counts as 3600"),
        pytest.param("<sip:101@192.0.2.7>;expires=", None, 3600, id="empty counts as 3600"),
        pytest.param('<sip:101@192.0.2.7>;expires="120"', None, 120, id="in quotes"),
    ],
)
def test_granted_interval(contact: str, header: int | None, granted: int) -> None:
    assert listed(registrar().update(ask(contact, expires=header), LIMITS, 0.0)) == [("sip:101@192.0.2.7", granted)]


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(ask("<sip:101@192.0.2.7>;expires=59"), id="contact below the minimum"),
        pytest.param(ask("<sip:101@192.0.2.7>", expires=1), id="header below the minimum"),
        pytest.param(ask("<sip:101@192.0.2.7>", "<sip:101@192.0.2.9>;expires=5"), id="one of two is enough"),
    ],
)
def test_too_brief_changes_nothing(asked: Registration) -> None:
    subject = registrar()
    result = subject.update(asked, LIMITS, 0.0)
    assert isinstance(result, IntervalTooBrief)
    assert result.min_expires_s == 60
    assert (held(subject), subject.count, subject.take_changes()) == ([], 0, [])


REFUSED: Final = [
    pytest.param(ask("*", "<sip:101@192.0.2.7>", expires=0), "alone", id="star beside another"),
    pytest.param(ask("*"), "Expires: 0", id="star without Expires"),
    pytest.param(ask("*", expires=60), "not 60", id="star with another Expires"),
    pytest.param(ask("<sip:101@198.51.100.1>"), "our own address", id="ourselves"),
    pytest.param(ask("<mailto:bob@example.com>"), "not a SIP URI", id="another scheme"),
    pytest.param(ask("<tel:+4930123456>"), "not a SIP URI", id="tel"),
    pytest.param(ask("<sip:" + "1" * 1100 + "@192.0.2.7>"), "longer than 1024", id="endless"),
    pytest.param(ask("<sip:b\udce4r@192.0.2.7>"), "escaped", id="not ASCII"),
    pytest.param(
        ask(*[f"<sip:101@192.0.2.7:{port}>" for port in range(5060, 5064)]), "the 3 that", id="too many at once"
    ),
]


@pytest.mark.parametrize(("asked", "words"), REFUSED)
def test_bad_request_says_why_and_changes_nothing(asked: Registration, words: str) -> None:
    subject = registrar()
    subject.update(ask("<sip:101@192.0.2.8>", call_id="other"), LIMITS, 0.0)
    subject.take_changes()
    result = subject.update(asked, LIMITS, 1.0)
    assert isinstance(result, BadRequest)
    assert words in result.why
    assert (held(subject), subject.take_changes()) == (["sip:101@192.0.2.8"], [])
    assert subject.counters["bad_request"] == 1


def test_our_own_address_may_be_unregistered() -> None:
    assert listed(registrar().update(ask("<sip:101@198.51.100.1>", expires=0), LIMITS, 0.0)) == []


def test_query_lists_what_is_left_and_changes_nothing() -> None:
    subject = registrar()
    subject.update(ask("<sip:101@192.0.2.7>"), LIMITS, 100.0)
    subject.take_changes()
    assert listed(subject.update(ask(cseq=2), LIMITS, 350.4)) == [("sip:101@192.0.2.7", 350)]
    assert subject.take_changes() == []
    assert listed(subject.update(ask(number="999"), LIMITS, 350.4)) == []


def test_refresh_prolongs_and_keeps_the_first_time() -> None:
    subject = registrar()
    subject.update(ask("<sip:101@192.0.2.7>"), LIMITS, 100.0)
    again = subject.update(ask("<sip:101@192.0.2.7>", cseq=2), LIMITS, 400.0)
    (binding,) = subject.contacts("acme", "101", 400.0)
    assert (binding.registered_at, binding.refreshed_at, binding.expires_at) == (100.0, 400.0, 1000.0)
    assert isinstance(again, Registered)
    assert (again.added, again.removed, again.evicted, subject.count) == ((), (), (), 1)


def test_several_contacts_are_all_listed_and_ordered_by_q_then_recency() -> None:
    subject = registrar()
    subject.update(ask("<sip:101@192.0.2.7>;q=0.5", call_id="a"), LIMITS, 0.0)
    subject.update(ask("<sip:101@192.0.2.8>", call_id="b"), LIMITS, 1.0)
    result = subject.update(ask("<sip:101@192.0.2.9>", call_id="c"), LIMITS, 2.0)
    assert len(listed(result)) == 3
    assert held(subject, 2.0) == ["sip:101@192.0.2.9", "sip:101@192.0.2.8", "sip:101@192.0.2.7"]


@pytest.mark.parametrize(
    ("text", "q"),
    [("0", 0.0), ("0.3", 0.3), ("1.000", 1.0), ("1.5", 1.0), ("2", 1.0), ("-1", 1.0), ("0.1234", 1.0), ("nan", 1.0)],
)
def test_q_is_read_or_taken_as_one(text: str, q: float) -> None:
    subject = registrar()
    subject.update(ask(f"<sip:101@192.0.2.7>;q={text}"), LIMITS, 0.0)
    assert subject.contacts("acme", "101", 0.0)[0].q == q


@pytest.mark.parametrize(
    ("call_id", "cseq", "contact"),
    [
        pytest.param("a@phone", 5, "<sip:101@192.0.2.7>", id="the same CSeq again"),
        pytest.param("a@phone", 4, "<sip:101@192.0.2.7>", id="a lower CSeq"),
        pytest.param("a@phone", 4, "<sip:101@192.0.2.7>;expires=0", id="a late removal"),
        pytest.param("a@phone", 4, "<SIP:101@192.0.2.7>", id="the same contact in another spelling"),
    ],
)
def test_late_request_is_refused_whole(call_id: str, cseq: int, contact: str) -> None:
    subject = registrar()
    subject.update(ask("<sip:101@192.0.2.7>", cseq=5), LIMITS, 0.0)
    subject.take_changes()
    result = subject.update(ask("<sip:101@192.0.2.9>", contact, call_id=call_id, cseq=cseq), LIMITS, 1.0)
    assert isinstance(result, OutOfOrder)
    assert held(subject) == ["sip:101@192.0.2.7"]
    assert subject.take_changes() == []


def test_late_star_is_refused_whole() -> None:
    subject = registrar()
    subject.update(ask("<sip:101@192.0.2.8>", call_id="b"), LIMITS, 0.0)
    subject.update(ask("<sip:101@192.0.2.7>", cseq=5), LIMITS, 0.0)
    assert isinstance(subject.update(ask("*", expires=0, cseq=5), LIMITS, 1.0), OutOfOrder)
    assert subject.count == 2


def test_late_request_of_an_expired_binding_is_a_new_one() -> None:
    subject = registrar()
    subject.update(ask("<sip:101@192.0.2.7>", cseq=5, expires=60), LIMITS, 0.0)
    assert listed(subject.update(ask("<sip:101@192.0.2.7>", cseq=1), LIMITS, 61.0)) == [("sip:101@192.0.2.7", 600)]


def test_another_call_id_overrides_whatever_its_cseq() -> None:
    subject = registrar()
    subject.update(ask("<sip:101@192.0.2.7>", cseq=500), LIMITS, 0.0)
    assert listed(subject.update(ask("<sip:101@192.0.2.7>", cseq=1, call_id="b"), LIMITS, 1.0)) == [
        ("sip:101@192.0.2.7", 600)
    ]


def test_star_removes_all_of_whatever_call_id() -> None:
    subject = registrar()
    subject.update(ask("<sip:101@192.0.2.7>", call_id="a"), LIMITS, 0.0)
    subject.update(ask("<sip:101@192.0.2.8>", call_id="b"), LIMITS, 0.0)
    result = subject.update(ask("*", expires=0, call_id="c"), LIMITS, 1.0)
    assert isinstance(result, Registered)
    assert (result.contacts, len(result.removed), held(subject), subject.count) == ((), 2, [], 0)


def test_star_of_an_unknown_address_is_fine() -> None:
    assert listed(registrar().update(ask("*", expires=0), LIMITS, 0.0)) == []


@pytest.mark.parametrize(
    "other",
    ["sip:101@192.0.2.7", "SIP:101@192.0.2.7", "sip:%3101@192.0.2.7", "sip:101@192.0.2.7;ob", "sip:101@192.0.2.7;lr"],
)
def test_unregister_by_an_equivalent_contact(other: str) -> None:
    subject = registrar()
    subject.update(ask("<sip:101@192.0.2.7>"), LIMITS, 0.0)
    assert listed(subject.update(ask(f"<{other}>;expires=0", cseq=2), LIMITS, 1.0)) == []
    assert subject.count == 0


@pytest.mark.parametrize("other", ["sip:101@192.0.2.7:5060", "sip:102@192.0.2.7", "sip:101@192.0.2.7;transport=tcp"])
def test_a_different_contact_is_not_unregistered(other: str) -> None:
    subject = registrar()
    subject.update(ask("<sip:101@192.0.2.7>"), LIMITS, 0.0)
    assert listed(subject.update(ask(f"<{other}>;expires=0", cseq=2), LIMITS, 0.0)) == [("sip:101@192.0.2.7", 600)]


def test_another_spelling_takes_the_place_of_the_first() -> None:
    subject = registrar()
    subject.update(ask("<sip:101@PHONE.example>"), LIMITS, 0.0)
    subject.take_changes()
    subject.update(ask("<sip:101@phone.example>", cseq=2), LIMITS, 5.0)
    assert held(subject, 5.0) == ["sip:101@phone.example"]
    assert {type(change) for change in subject.take_changes()} == {Upsert, Delete}
    assert subject.contacts("acme", "101", 5.0)[0].registered_at == 0.0


def test_one_instance_has_one_contact() -> None:
    subject = registrar()
    instance = '+sip.instance="<urn:uuid:0>"'
    subject.update(ask(f"<sip:101@192.0.2.7:1>;{instance}", call_id="a"), LIMITS, 0.0)
    result = subject.update(ask(f"<sip:101@192.0.2.7:2>;{instance}", call_id="b"), LIMITS, 1.0)
    assert held(subject, 1.0) == ["sip:101@192.0.2.7:2"]
    assert isinstance(result, Registered)
    assert [binding.contact for binding in result.evicted] == ["sip:101@192.0.2.7:1"]
    assert subject.counters["replaced"] == 1


def test_flows_of_one_instance_stay_apart_by_reg_id() -> None:
    subject = registrar()
    for number in (1, 2):
        contact = f'<sip:101@192.0.2.7:{number}>;+sip.instance="<urn:uuid:0>";reg-id={number}'
        subject.update(ask(contact, call_id=str(number)), LIMITS, 1.0)
    assert subject.count == 2


def test_contacts_of_one_request_do_not_replace_each_other() -> None:
    subject = registrar()
    instance = '+sip.instance="<urn:uuid:0>"'
    subject.update(ask(f"<sip:101@192.0.2.7>;{instance}", f"<sip:101@192.0.2.8>;{instance}"), LIMITS, 0.0)
    assert subject.count == 2


def test_a_delayed_request_does_not_bring_an_instance_back_to_its_old_contact() -> None:
    subject = registrar()
    instance = '+sip.instance="<urn:uuid:0>"'
    subject.update(ask(f"<sip:101@192.0.2.8>;{instance}", cseq=7), LIMITS, 0.0)
    assert isinstance(subject.update(ask(f"<sip:101@192.0.2.7>;{instance}", cseq=6), LIMITS, 1.0), OutOfOrder)


RESTARTS: Final = [
    pytest.param("<sip:x2@10.0.0.5:5060>", "b", PHONE, "Phone 1.0", 1, id="restarted behind the same flow"),
    pytest.param("<sip:x2@10.0.0.5:5060>", "a", PHONE, "Phone 1.0", 2, id="the same Call-ID: a second contact"),
    pytest.param("<sip:x2@10.0.0.5:5060>", "b", DESK, "Phone 1.0", 2, id="another flow"),
    pytest.param("<sip:x2@10.0.0.5:5060>", "b", PHONE, "Phone 1.1", 2, id="another software"),
    pytest.param("<sip:x2@10.0.0.5:5062>", "b", PHONE, "Phone 1.0", 2, id="another port, as behind an edge proxy"),
]


@pytest.mark.parametrize(("contact", "call_id", "flow", "user_agent", "left"), RESTARTS)
def test_ghost_of_a_restarted_phone(contact: str, call_id: str, flow: Flow, user_agent: str, left: int) -> None:
    subject = registrar()
    subject.update(ask("<sip:x1@10.0.0.5:5060>", call_id="a", user_agent="Phone 1.0"), LIMITS, 0.0)
    subject.update(ask(contact, call_id=call_id, flow=flow, cseq=2, user_agent=user_agent), LIMITS, 1.0)
    assert subject.count == left
    assert subject.counters["restarted"] == 2 - left


def test_beyond_the_limit_the_one_refreshed_longest_ago_goes() -> None:
    subject = registrar()
    for at, host in enumerate(("1", "2", "3")):
        subject.update(ask(f"<sip:101@192.0.2.{host}>", call_id=host), LIMITS, float(at))
    subject.update(ask("<sip:101@192.0.2.1>", call_id="1", cseq=2), LIMITS, 10.0)
    result = subject.update(ask("<sip:101@192.0.2.4>", call_id="4"), LIMITS, 11.0)
    assert sorted(held(subject, 11.0)) == ["sip:101@192.0.2.1", "sip:101@192.0.2.3", "sip:101@192.0.2.4"]
    assert isinstance(result, Registered)
    assert [binding.contact for binding in result.evicted] == ["sip:101@192.0.2.2"]
    assert subject.counters["evicted"] == 1


def test_expired_ones_make_room_before_live_ones() -> None:
    subject = registrar()
    subject.update(ask("<sip:101@192.0.2.1>", call_id="1"), LIMITS, 0.0)
    subject.update(ask("<sip:101@192.0.2.2>", call_id="2", expires=60), LIMITS, 1.0)
    subject.update(ask("<sip:101@192.0.2.3>", call_id="3"), LIMITS, 2.0)
    subject.update(ask("<sip:101@192.0.2.4>", call_id="4"), LIMITS, 100.0)
    assert sorted(held(subject, 100.0)) == ["sip:101@192.0.2.1", "sip:101@192.0.2.3", "sip:101@192.0.2.4"]
    assert (subject.counters["expired"], subject.counters["evicted"]) == (1, 0)


def test_expired_contacts_are_not_shown_even_before_expire() -> None:
    subject = registrar()
    subject.update(ask("<sip:101@192.0.2.7>", expires=60), LIMITS, 0.0)
    assert held(subject, 59.9) == ["sip:101@192.0.2.7"]
    assert held(subject, 60.0) == []
    assert subject.views(60.0, 0.0) == ()


def test_expire_follows_the_deadline() -> None:
    subject = registrar()
    assert subject.deadline() is None
    subject.update(ask("<sip:101@192.0.2.7>", expires=60), LIMITS, 0.5)
    subject.update(ask("<sip:101@192.0.2.8>", expires=90, call_id="b"), LIMITS, 0.5)
    assert subject.deadline() == 61
    subject.update(ask("<sip:101@192.0.2.7>", expires=60, cseq=2), LIMITS, 50.0)
    assert subject.expire(61.0) == 0  # refreshed meanwhile: the alarm only looks again
    assert subject.deadline() == 91
    assert (subject.expire(91.0), subject.count, subject.deadline()) == (1, 1, 110)
    subject.take_changes()
    assert (subject.expire(110.0), subject.count, subject.deadline()) == (1, 0, None)
    assert subject.take_changes() == [Delete(("acme", "101", "sip:101@192.0.2.7"))]
    assert subject.counters["expired"] == 2


def test_a_shorter_registration_brings_the_deadline_forward() -> None:
    subject = registrar()
    subject.update(ask("<sip:101@192.0.2.7>", expires=3600), LIMITS, 0.0)
    subject.update(ask("<sip:101@192.0.2.7>", expires=60, cseq=2), LIMITS, 0.0)
    assert subject.deadline() == 60
    assert subject.expire(60.0) == 1
    assert subject.expire(3600.0) == 0
    assert subject.deadline() is None


def test_mass_expiry_comes_in_slices() -> None:
    subject = registrar()
    for number in range(25):
        subject.update(ask("<sip:1@192.0.2.7>", number=str(number), expires=60), LIMITS, 0.0)
    assert [subject.expire(60.0, at_most=10) for _ in range(4)] == [10, 10, 5, 0]


def test_coming_and_going_leaves_no_pile_of_alarms() -> None:
    subject = registrar()
    for cseq in range(1, 2000, 2):
        subject.update(ask("<sip:101@192.0.2.7>", expires=3600, cseq=cseq), LIMITS, cseq / 1000)
        subject.update(ask("*", expires=0, cseq=cseq + 1), LIMITS, cseq / 1000)
    rung = 0
    while (at := subject.deadline()) is not None:
        subject.expire(at)
        rung += 1
    assert rung <= 2


def test_changes_are_the_latest_state_of_each_binding() -> None:
    subject = registrar()
    for cseq in range(1, 6):
        subject.update(ask("<sip:101@192.0.2.7>", cseq=cseq), LIMITS, float(cseq))
    (change,) = subject.take_changes()
    assert isinstance(change, Upsert)
    assert change.binding.cseq == 5
    assert subject.take_changes() == []


def test_drop_forgets_an_extension() -> None:
    subject = registrar()
    subject.update(ask("<sip:101@192.0.2.7>", "<sip:101@192.0.2.8>"), LIMITS, 0.0)
    subject.update(ask("<sip:102@192.0.2.9>", number="102"), LIMITS, 0.0)
    assert tuple([subject.drop("acme", number, 0.0) for number in ("101", "101", "999")]) == (2, 0, 0)
    assert (held(subject), held(subject, number="102"), subject.counters["dropped"]) == ([], ["sip:102@192.0.2.9"], 2)


def test_retain_keeps_what_the_predicate_allows() -> None:
    subject = registrar()
    subject.update(ask("<sip:101@192.0.2.7>"), LIMITS, 0.0)
    subject.update(ask("<sip:102@192.0.2.9>", number="102", flow=DESK), LIMITS, 0.0)
    assert subject.retain(lambda binding: binding.flow == DESK, 0.0) == 1
    assert (held(subject), held(subject, number="102"), subject.count) == ([], ["sip:102@192.0.2.9"], 1)


def kept(now: float, wall: float, **changes: object) -> StoredBinding:
    subject = registrar()
    subject.update(ask('<sip:101@192.0.2.7>;q=0.7;+sip.instance="<urn:x>"', cseq=9, user_agent="P"), LIMITS, now)
    (binding,) = subject.contacts("acme", "101", now)
    values = {name: getattr(stored(binding, now, wall), name) for name in StoredBinding.__dataclass_fields__}
    return StoredBinding(**(values | changes))


def test_restored_binding_goes_on_where_it_was() -> None:
    subject = registrar()
    assert subject.restore([kept(1000.0, 5000.0)], 7.0, 5100.0, 3600.0) == 1
    (binding,) = subject.contacts("acme", "101", 7.0)
    assert binding == Binding(
        "acme", "101", "sip:101@192.0.2.7", PHONE, "a@phone", 9, 507.0, -93.0, -93.0, "P", "<urn:x>", 0.7
    )
    assert subject.take_changes() == []
    assert isinstance(subject.update(ask("<sip:101@192.0.2.7>", cseq=9), LIMITS, 8.0), OutOfOrder)
    assert subject.deadline() == 507


@pytest.mark.parametrize(
    ("item", "wall_now"),
    [
        pytest.param(kept(0.0, 5000.0), 5600.0, id="expired meanwhile"),
        pytest.param(kept(0.0, 5000.0, transport="tcp", port=5060), 5001.0, id="its connection ended with the process"),
        pytest.param(
            kept(0.0, 5000.0, transport="tcp", host="203.0.113.9"), 5001.0, id="so did that of one behind NAT"
        ),
    ],
)
def test_what_is_dead_is_not_restored_but_deleted(item: StoredBinding, wall_now: float) -> None:
    subject = registrar()
    assert subject.restore([item], 0.0, wall_now, 3600.0) == 0
    assert subject.count == 0
    assert subject.take_changes() == [Delete(("acme", "101", "sip:101@192.0.2.7"))]


def test_who_came_by_tcp_is_restored_where_his_contact_can_be_called() -> None:
    subject = registrar()
    assert subject.restore([kept(0.0, 5000.0, transport="tcp", port=49152)], 0.0, 5001.0, 3600.0) == 1
    (binding,) = subject.contacts("acme", "101", 0.0)
    assert binding.flow == Flow("main", "tcp", "192.0.2.7", 49152, NO_CONNECTION)


# Connections.

CAME: Final = Flow("main", "tcp", "192.0.2.7", 49152, 3)


def test_a_connection_that_ends_takes_along_who_can_be_reached_by_nothing_else() -> None:
    subject = registrar()
    subject.update(ask("<sip:101@192.0.2.7:49152;transport=tcp>", flow=CAME), LIMITS, 0.0)
    subject.update(ask("<sip:101@10.0.0.7;transport=tcp>", flow=CAME, call_id="b"), LIMITS, 0.0)
    subject.update(ask("<sip:101@192.0.2.7;transport=tcp>", flow=CAME, call_id="c"), LIMITS, 0.0)
    subject.update(ask("<sip:102@10.0.0.7;transport=tcp>", flow=CAME, number="102"), LIMITS, 0.0)
    subject.update(ask("<sip:103@10.0.0.7;transport=tcp>", flow=CAME._replace(connection=4), number="103"), LIMITS, 0.0)
    subject.take_changes()
    assert (subject.lose(CAME, 1.0), subject.lose(CAME, 1.0)) == (3, 0)
    assert held(subject) == ["sip:101@192.0.2.7;transport=tcp"]
    assert (held(subject, number="102"), len(held(subject, number="103"))) == ([], 1)
    assert (subject.counters["disconnected"], subject.count, len(subject.take_changes())) == (3, 2, 3)


def test_who_has_moved_to_another_connection_stays() -> None:
    subject = registrar()
    subject.update(ask("<sip:101@10.0.0.7;transport=tcp>", flow=CAME), LIMITS, 0.0)
    assert subject.uses(CAME)
    now = CAME._replace(port=49153, connection=4)
    subject.update(ask("<sip:101@10.0.0.7;transport=tcp>", flow=now, cseq=2), LIMITS, 0.0)
    assert (subject.uses(CAME), subject.uses(now)) == (False, True)
    assert (subject.lose(CAME, 1.0), len(held(subject))) == (0, 1)


def test_a_connection_is_used_until_the_phone_is_gone() -> None:
    subject = registrar()
    assert not subject.uses(CAME)
    subject.update(ask("<sip:101@10.0.0.7;transport=tcp>", flow=CAME), LIMITS, 0.0)
    subject.update(ask("<sip:101@10.0.0.7;transport=tcp>", flow=CAME, cseq=2, expires=0), LIMITS, 0.0)
    assert not subject.uses(CAME)
    subject.expire(4000.0)
    assert not subject.uses(CAME)
    assert subject.lose(CAME, 1.0) == 0


def test_no_connection_of_ours_takes_anybody_along() -> None:
    subject = registrar()
    subject.update(ask("<sip:101@10.0.0.7>"), LIMITS, 0.0)
    assert (subject.lose(PHONE, 1.0), subject.uses(PHONE), len(held(subject))) == (0, False, 1)


def test_a_clock_set_back_does_not_make_bindings_live_for_ever() -> None:
    subject = registrar()
    subject.restore([kept(0.0, 5_000_000.0)], 10.0, 1_000.0, 3600.0)
    (binding,) = subject.contacts("acme", "101", 10.0)
    assert (binding.expires_at, binding.registered_at, binding.refreshed_at) == (3610.0, 10.0, 10.0)


def test_what_registered_before_the_restore_is_newer() -> None:
    subject = registrar()
    subject.update(ask("<sip:101@192.0.2.7>", call_id="new"), LIMITS, 7.0)
    assert subject.restore([kept(0.0, 5000.0)], 7.0, 5001.0, 3600.0) == 0
    assert subject.contacts("acme", "101", 7.0)[0].call_id == "new"


def test_what_a_database_can_not_hold_is_replaced() -> None:
    subject = registrar()
    subject.update(ask("<sip:101@192.0.2.7>", call_id="a\udcff", user_agent="Pho\udce4ne\0"), LIMITS, 0.0)
    item = stored(subject.contacts("acme", "101", 0.0)[0], 0.0, 0.0)
    assert (item.call_id, item.user_agent) == ("a\ufffd", "Pho\ufffdne\ufffd")


def test_what_a_phone_says_of_itself_is_kept_short() -> None:
    subject = registrar()
    contact = f'<sip:101@192.0.2.7>;+sip.instance="<{"x" * 5000}>"'
    subject.update(ask(contact, user_agent="P" * 5000), LIMITS, 0.0)
    (binding,) = subject.contacts("acme", "101", 0.0)
    assert (len(binding.user_agent), binding.instance) == (256, "")


def test_view_has_wall_time_and_the_source() -> None:
    subject = registrar()
    flow = Flow("main", "udp", "2001:db8::7", 5062)
    subject.update(ask("<sip:101@[2001:db8::7]>", flow=flow, user_agent="P"), LIMITS, 100.0)
    (shown,) = subject.views(160.0, 1_000_060.0)
    assert (shown.source, shown.listener, shown.user_agent) == ("[2001:db8::7]:5062", "main", "P")
    assert shown.registered_at == datetime.fromtimestamp(1_000_000, UTC)
    assert shown.expires_at == datetime.fromtimestamp(1_000_600, UTC)


HOSTS = st.sampled_from(
    ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "198.51.100.1", "PHONE.example", "phone.example"]
)
CONTACT = st.builds(
    lambda host, expires, params: f"<sip:101@{host}>" + ("" if expires is None else f";expires={expires}") + params,
    HOSTS,
    st.sampled_from([None, 0, 30, 60, 600]),
    st.sampled_from(["", ";q=0.5", ';+sip.instance="<urn:x>"', ';+sip.instance="<urn:y>";reg-id=1']),
)
REQUEST = st.builds(
    ask,
    st.one_of(CONTACT, st.just("*")),
    cseq=st.integers(1, 6),
    expires=st.sampled_from([None, 0, 60, 600]),
    call_id=st.sampled_from(["a", "b"]),
    flow=st.sampled_from([PHONE, DESK]),
    user_agent=st.sampled_from(["", "P"]),
    number=st.sampled_from(["101", "102"]),
)


@given(st.lists(st.tuples(REQUEST, st.floats(0, 90))))
def test_invariants_of_any_history(history: list[tuple[Registration, float]]) -> None:
    """A mirror fed by the change feed equals what is held; limits hold; refused requests change nothing; all of it ends."""
    subject, now = registrar(), 0.0
    mirror: dict[tuple[str, str, str], Binding] = {}
    for asked, pause in history:
        now += pause
        subject.expire(now)
        before = subject.views(now, 0.0)
        result = subject.update(asked, LIMITS, now)
        changes = subject.take_changes()
        for change in changes:
            match change:
                case Upsert(binding):
                    mirror[binding.key] = binding
                case Delete(key):
                    mirror.pop(key, None)
        if not isinstance(result, Registered):
            assert subject.views(now, 0.0) == before
            assert not [change for change in changes if isinstance(change, Upsert)]
        shown = subject.views(now, 0.0)
        alive = {key: binding for key, binding in mirror.items() if binding.expires_at > now}
        assert {(v.tenant, v.number, v.contact) for v in shown} == alive.keys()
        assert subject.count == len(mirror)
        assert all(len(subject.contacts("acme", number, now)) <= LIMITS.max_contacts for number in ("101", "102"))
    while (at := subject.deadline()) is not None:
        subject.expire(at)
    assert subject.count == 0
