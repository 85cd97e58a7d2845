"""What ring groups remember of their members: the order of ringing, seconds of talk, and what is forgotten."""

from __future__ import annotations

from engine.config.ref import ConfigRef
from engine.routing.group_memory import GroupMemory, GroupMemoryRow

SALES = ConfigRef("acme", "RingGroup", "sales")
OTHER = ConfigRef("globex", "RingGroup", "sales")


def test_who_was_rung_last_has_the_highest_number() -> None:
    memory = GroupMemory()
    for number in ("102", "103", "102"):
        memory.rung(SALES, number)
    assert [memory.last_rung("acme", "sales", number) for number in ("104", "103", "102")] == [0, 2, 3]


def test_tenants_and_groups_are_apart() -> None:
    memory = GroupMemory()
    memory.rung(SALES, "102")
    assert memory.last_rung("globex", "sales", "102") == 0
    memory.rung(OTHER, "102")
    assert memory.last_rung("acme", "sales", "102") == 1
    assert memory.last_rung("acme", "support", "102") == 0


def test_an_answered_call_counts_while_it_lasts_and_as_long_as_it_was() -> None:
    memory = GroupMemory()
    memory.answered(SALES, "102")
    assert memory.talk_s("acme", "sales", "102") == 1
    memory.talked(SALES, "102", 61.5)
    assert memory.talk_s("acme", "sales", "102") == 61
    memory.answered(SALES, "103")
    memory.talked(SALES, "103", 0.2)
    assert memory.talk_s("acme", "sales", "103") == 1


def test_what_is_gone_is_forgotten() -> None:
    memory = GroupMemory()
    for group, number in ((SALES, "102"), (SALES, "103"), (OTHER, "102")):
        memory.rung(group, number)
    memory.rows()
    memory.retain(lambda tenant, _: ("103", "109") if tenant == "acme" else ())
    assert memory.is_changed
    assert memory.rows() == [GroupMemoryRow("acme", "sales", "103", 2, 0.0)]
    memory.retain(lambda *_: ("103",))
    assert not memory.is_changed


def test_what_was_kept_comes_back_and_the_count_goes_on() -> None:
    memory = GroupMemory()
    memory.rung(SALES, "102")
    memory.answered(SALES, "102")
    memory.rung(SALES, "103")
    again = GroupMemory()
    again.restore(memory.rows())
    assert again.rows() == memory.rows()
    again.rung(SALES, "102")
    assert again.last_rung("acme", "sales", "102") == 3
