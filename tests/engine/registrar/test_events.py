"""Which phones came and went, as others are told: each coming and going once, a refresh never."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from engine.registrar.binding import stored
from engine.registrar.outcome import RegistrationEvent, Upsert
from engine.registrar.registrar import Registrar
from engine.registrar.registration import Limits, Registration
from engine.sip.flow import Flow
from engine.sip.headers import NameAddr, parse_name_addr

DESK = Flow("main", "udp", "192.0.2.7", 5060)
CAME, WENT, RAN_OUT = "extension_registered", "extension_unregistered", "extension_expired"


def ask(
    contact: str,
    *,
    number: str = "101",
    expires: int = 600,
    cseq: int = 1,
    call_id: str = "a",
    flow: Flow = DESK,
    agent: str = "Desk 1.0",
) -> Registration:
    contacts = [NameAddr("", "*") if contact == "*" else parse_name_addr(contact)]
    return Registration("acme", number, flow, call_id, cseq, contacts, expires, agent)


class World:
    def __init__(self) -> None:
        self.registrar = Registrar(lambda _: False)

    def at(self, now: float, asked: Registration, limits: Limits | None = None) -> None:
        self.registrar.update(asked, limits or Limits(), now)

    @property
    def told(self) -> list[tuple[str, str, float]]:
        return [(event.type, event.host, event.at) for event in self.registrar.take_events()]


def test_a_phone_that_comes_refreshes_and_goes() -> None:
    world = World()
    world.at(1.0, ask("<sip:101@192.0.2.7>"))
    world.at(2.0, ask("<sip:101@192.0.2.7>", cseq=2))
    world.at(3.0, ask("<sip:101@192.0.2.7>", cseq=3, expires=0))
    assert world.registrar.take_events() == [
        RegistrationEvent(CAME, "acme", "101", "192.0.2.7", 1.0),
        RegistrationEvent(WENT, "acme", "101", "192.0.2.7", 3.0),
    ]
    assert world.registrar.take_events() == []


def test_a_phone_that_is_silent_runs_out_at_its_time() -> None:
    world = World()
    world.at(1.0, ask("<sip:101@192.0.2.7>"))
    world.registrar.expire(700.0)
    assert world.told == [(CAME, "192.0.2.7", 1.0), (RAN_OUT, "192.0.2.7", 601.0)]


def test_a_phone_that_comes_back_before_anybody_saw_that_it_ran_out() -> None:
    world = World()
    world.at(1.0, ask("<sip:101@192.0.2.7>"))
    world.at(650.0, ask("<sip:101@192.0.2.7>", cseq=2))
    assert world.told == [(CAME, "192.0.2.7", 1.0), (RAN_OUT, "192.0.2.7", 601.0), (CAME, "192.0.2.7", 650.0)]


def test_all_contacts_taken_back_at_once() -> None:
    world = World()
    world.at(1.0, ask("<sip:101@192.0.2.7>"))
    world.at(1.0, ask("<sip:101@192.0.2.8>", call_id="b", flow=Flow("main", "udp", "192.0.2.8", 5060)))
    world.at(2.0, ask("*", cseq=2, call_id="c", expires=0))
    assert [kind for kind, _, _ in world.told] == [CAME, CAME, WENT, WENT]


def test_another_spelling_of_the_same_contact_is_the_same_phone() -> None:
    world = World()
    world.at(1.0, ask("<sip:101@192.0.2.7>"))
    world.at(2.0, ask("<sip:%3101@192.0.2.7>", cseq=2))
    assert world.told == [(CAME, "192.0.2.7", 1.0)]


def test_a_phone_that_restarted_takes_its_own_place() -> None:
    world = World()
    world.at(1.0, ask("<sip:a@192.0.2.7>"))
    world.at(2.0, ask("<sip:b@192.0.2.7>", call_id="b"))
    assert [kind for kind, _, _ in world.told] == [CAME, WENT, CAME]


def test_one_phone_too_many_drives_the_oldest_out() -> None:
    world = World()
    for number in range(3):
        flow = Flow("main", "udp", f"192.0.2.{number}", 5060)
        world.at(
            float(number), ask(f"<sip:101@192.0.2.{number}>", call_id=f"{number}", flow=flow), Limits(max_contacts=2)
        )
    assert world.told == [
        (CAME, "192.0.2.0", 0.0),
        (CAME, "192.0.2.1", 1.0),
        (WENT, "192.0.2.0", 2.0),
        (CAME, "192.0.2.2", 2.0),
    ]


GONE: list[Callable[[Registrar], object]] = [
    lambda registrar: registrar.drop("acme", "101", 5.0),
    lambda registrar: registrar.retain(lambda _: False, 5.0),
]


@pytest.mark.parametrize("take_away", GONE)
def test_an_extension_that_is_taken_away(take_away: Callable[[Registrar], object]) -> None:
    world = World()
    world.at(1.0, ask("<sip:101@192.0.2.7>"))
    take_away(world.registrar)
    assert world.told == [(CAME, "192.0.2.7", 1.0), (WENT, "192.0.2.7", 5.0)]


def test_what_is_refused_is_no_event() -> None:
    world = World()
    world.at(1.0, ask("<sip:101@192.0.2.7>", expires=5))
    world.at(1.0, ask("<sip:101@192.0.2.7>", expires=0))
    world.at(1.0, ask("<mailto:101@192.0.2.7>"))
    assert world.told == []


def test_after_a_restart_who_is_still_there_did_not_come_and_who_ran_out_meanwhile_did() -> None:
    world = World()
    world.at(1.0, ask("<sip:101@192.0.2.7>"))
    [change] = world.registrar.take_changes()
    assert isinstance(change, Upsert)
    kept = stored(change.binding, 1.0, 1001.0)
    late = replace(kept, number="102", host="192.0.2.9", expires_at=1500.0)
    again = Registrar(lambda _: False)
    again.restore([kept, late], 50.0, 1550.0, 3600.0)
    assert again.take_events() == [RegistrationEvent(RAN_OUT, "acme", "102", "192.0.2.9", 0.0)]


def test_what_nobody_takes_is_bounded() -> None:
    world = World()
    world.registrar = Registrar(lambda _: False, most_events=3)
    for number in range(5):
        world.at(float(number), ask("<sip:1@192.0.2.7>", number=str(number)))
    assert [at for _, _, at in world.told] == [2.0, 3.0, 4.0]
    assert world.registrar.counters["events_forgotten"] == 2
