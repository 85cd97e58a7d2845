"""A password that was exchanged: phones that are registered with it go on until that registration runs out, and nobody else does."""

from __future__ import annotations

import pytest

from engine.call.old_passwords import MOST_OF_EXTENSION, OldPassword, OldPasswords, hashes_of
from engine.config.secret import SecretRef, Secrets
from engine.registrar.binding import Binding
from engine.sip.digest import OFFERED
from engine.sip.flow import Flow
from engine.sip.message import SipResponse
from tests.support.pbx import Pbx, Phone

ELSEWHERE = "203.0.113.66"


def exchange(pbx: Pbx, new: str = "fresh", number: str = "101") -> None:
    """As the engine does when another value stands behind the reference."""
    old = pbx.admission.secrets.get(SecretRef("env:P"))
    assert old is not None
    pbx.admission.secrets = Secrets("2", {SecretRef("env:P"): new})
    bindings = pbx.registrar.contacts("acme", number, pbx.now)
    pbx.admission.old_passwords.add("acme", number, old, bindings, pbx.now)


def granted_s(answer: SipResponse) -> list[int]:
    return [int(contact.partition("expires=")[2]) for contact in answer.headers.all("Contact")]


def calls(phone: Phone, callee: str) -> int:
    """What becomes of an INVITE with credentials, as far as it is decided at once."""
    first = phone.request("INVITE", f"sip:{callee}@acme.example", call_id=phone.branch())
    phone.send(first)
    phone.send(phone.authorized(first, phone.response(401)))
    return phone.response().status


def test_a_registered_phone_goes_on_until_its_registration_runs_out() -> None:
    pbx = Pbx("101", "102")
    phone = pbx.phone("101", 5070)
    assert phone.register(600).status == 200
    pbx.advance(100)
    exchange(pbx)
    assert calls(phone, "999") not in {401, 403}
    pbx.advance(100)
    phone.inbox.clear()  # what was not acknowledged comes again
    answer = phone.register(600)
    assert answer.status == 200
    assert granted_s(answer) == [400]
    pbx.advance(395)
    assert granted_s(phone.register(600)) == [5]
    pbx.advance(6)
    assert phone.register(600).status == 401
    assert pbx.registrar.contacts("acme", "101", pbx.now) == ()
    assert pbx.counters["accepted: password of before its exchange"] == 3


def test_the_new_one_counts_at_once_and_in_full() -> None:
    pbx = Pbx("101")
    phone = pbx.registered("101", 5070)
    exchange(pbx)
    phone.password = "fresh"
    assert granted_s(phone.register(600)) == [600]
    assert pbx.counters["accepted: password of before its exchange"] == 0


@pytest.mark.parametrize("who", ["from elsewhere", "nobody was registered", "another extension"])
def test_for_everybody_else_the_old_one_is_worth_nothing(who: str) -> None:
    pbx = Pbx("101", "102")
    if who != "nobody was registered":
        pbx.registered("101", 5070)
    exchange(pbx)
    stranger = pbx.phone(
        "102" if who == "another extension" else "101", 5071, ELSEWHERE if who == "from elsewhere" else "198.51.100.1"
    )
    assert stranger.register().status == 401
    assert calls(stranger, "102") == 401


def test_guesses_count_as_before() -> None:
    pbx = Pbx("101")
    pbx.registered("101", 5070)
    exchange(pbx)
    mallory = pbx.phone("101", 5072, ELSEWHERE)
    for _ in range(10):
        assert mallory.register().status == 401
    assert [ban.source for ban in pbx.guard.bans()] == [ELSEWHERE]


def test_two_exchanges_in_a_row_leave_both_old_ones_their_time() -> None:
    pbx = Pbx("101")
    first = pbx.registered("101", 5070)
    exchange(pbx, "second")
    second = pbx.phone("101", 5071)
    second.password = "second"
    assert second.register().status == 200
    exchange(pbx, "third")
    assert first.register().status == second.register().status == 200


def bound(host: str, until: float) -> Binding:
    return Binding(
        "acme", "101", f"sip:101@{host}", Flow("udp", "udp", host, 5060), "c", 1, until, 0.0, 0.0, "", "", 1.0
    )


def test_of_several_registrations_at_one_address_the_last_counts() -> None:
    olds = OldPasswords()
    olds.add("acme", "101", "old", [bound("a", 50), bound("a", 90), bound("b", 40)], 0)
    assert [(old.password, old.until) for old in olds.of("acme", "101", "a", 0)] == [("old", 90)]
    assert olds.of("acme", "101", "b", 41) == ()
    assert olds.of("acme", "101", "a", 89.5) == ()
    assert olds.of("acme", "101", "a", 91) == ()


def test_how_many_are_kept_is_bounded_and_they_end_with_the_extension() -> None:
    olds = OldPasswords()
    for number in range(50):
        olds.add("acme", "101", f"old {number}", [bound(f"h{number}", 90), bound(f"i{number}", 90)], 0)
    kept = [old for number in range(50) for host in "hi" for old in olds.of("acme", "101", f"{host}{number}", 0)]
    assert len(kept) == MOST_OF_EXTENSION
    assert olds.of("acme", "101", "h49", 0) != ()
    olds.forget("acme", "101")
    assert olds.of("acme", "101", "h49", 0) == ()


def test_what_is_kept_over_a_restart_proves_the_same_user_in_both_spellings_and_nobody_else() -> None:
    old = OldPassword("a", "hunter2", 90)
    kept = OldPassword("a", None, 90, hashes_of(old, "101", "acme.example"))
    for algorithm in OFFERED:
        for username in ("101", "101@acme.example"):
            assert kept.proof(username, "acme.example", algorithm) == old.proof(username, "acme.example", algorithm)
        assert kept.proof("102", "acme.example", algorithm) is None
    assert hashes_of(kept, "101", "acme.example") == kept.hashes
    assert "hunter2" not in repr(kept)


def test_whoever_keeps_them_is_told_of_each_change() -> None:
    olds = OldPasswords()

    def took_note() -> bool:
        was, olds.is_changed = olds.is_changed, False
        return was

    olds.add("acme", "101", "old", [], 0)
    assert not took_note()
    olds.add("acme", "101", "old", [bound("a", 50), bound("b", 90)], 0)
    assert took_note()
    olds.expire(40)
    assert not took_note()
    olds.expire(60)
    assert took_note()
    assert [(number, old.host) for _, number, old in olds.all(60)] == [("101", "b")]
    olds.expire(91)
    assert took_note()
    assert olds.known() == ()
    olds.forget("acme", "101")
    assert not took_note()
