"""What calls add up to: each counted where it begins, first rings, is answered and ends."""

from __future__ import annotations

from tests.support.pbx import Pbx, sdp


def test_an_answered_call_is_counted_at_each_of_its_events() -> None:
    pbx = Pbx("101", "102")
    alice, bob = pbx.registered("101", 5061), pbx.registered("102", 5062)
    figures = pbx.switch.figures
    alice.invite("102")
    incoming = bob.incoming("INVITE")
    assert (figures.started, figures.answered, pbx.switch.live) == ({"acme": 1}, {}, {"acme": 1})
    pbx.advance(0.2)
    bob.answer(incoming, 180)
    bob.answer(incoming, 180)
    pbx.advance(2.0)
    bob.answer(incoming, 200, sdp(6062))
    assert figures.answered == {"acme": 1}
    ringing, answering = figures.ringing.view(), figures.answering.view()
    assert (sum(ringing.counts), sum(answering.counts)) == (1, 1)
    assert 0.15 < ringing.total < 0.35
    assert 2.0 < answering.total < 2.5
    pbx.end_all()
    assert figures.ended == {("acme", "INTERRUPTED", "us"): 1}
    assert pbx.switch.live == {"acme": 0}


def test_a_refused_call_begins_and_ends_and_never_rings() -> None:
    pbx = Pbx("101", "102")
    alice = pbx.registered("101", 5061)
    alice.invite("199")
    assert pbx.switch.figures.started == {"acme": 1}
    assert pbx.switch.figures.ended == {("acme", "WRONG_NUMBER", "us"): 1}
    assert sum(pbx.switch.figures.ringing.view().counts) == 0


def test_registrations_are_counted_by_tenant() -> None:
    pbx = Pbx("101", "102")
    pbx.registered("101", 5061)
    pbx.registered("102", 5062)
    assert pbx.registrar.by_tenant() == {"acme": 2}
