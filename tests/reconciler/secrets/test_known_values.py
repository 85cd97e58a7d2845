"""Which value was meant: found where it is near, and never for long, whatever the names and however many are missing."""

from __future__ import annotations

import time
from random import Random

from reconciler.secrets.known_values import ADD, MOST_HINTS, KnownValues


def test_the_nearest_value_is_named() -> None:
    known = KnownValues([("sip", "101", "password"), ("sip", "b.c"), ("web", "jane")])
    assert known.hint(("sip", "101", "pasword")) == "did you mean sip.101.password?"
    assert known.hint(("web",)) == "that is no single value; name one in it, such as web.jane"
    assert known.hint(("something", "else")) == ADD


def test_names_that_are_made_to_be_alike_hold_nobody_up() -> None:
    chance = Random(1)  # names, no secrets
    names = [("".join(chance.sample("ab" * 60, 120)),) for _ in range(5_000)]
    known = KnownValues(names[2_500:])
    began = time.process_time()
    for _ in range(5):
        for wanted in names[:2_500]:
            known.hint(wanted)
    assert time.process_time() - began < 20  # about one second; comparing all with all takes hours


def test_of_many_that_are_missing_the_first_are_looked_at() -> None:
    known = KnownValues([("sip", str(number), "password") for number in range(1_000, 2_000)])
    hints = [known.hint(("sip", str(number), "pasword")) for number in range(1_000, 1_200)]
    assert hints[0] == "did you mean sip.1000.password?"
    assert hints[MOST_HINTS:] == [ADD] * (200 - MOST_HINTS)
    assert known.hint(("sip", "1000", "pasword")) == hints[0]
