"""Calls over a trunk: the call of `bench.calls`, but to a number outside, by one of 250 outbound rules, beside 250 inbound ones with 2,000
numbers. The carrier knows us by our address; it stands where the called phones stand there.

Beside it Kamailio, which knows one line: everything goes to the carrier. It looks at no rule, so its figure is that of a proxied call.

What limits it: as for a call; choosing among 500 rules is a look-up by prefix and adds a few microseconds.
"""

from __future__ import annotations

from contextlib import ExitStack, closing

from bench import conditions
from bench.calls import TARGET_CPU_US, play_one, rows_of
from bench.contestants import Runs, contestants
from bench.registration import Phones
from bench.row import Row
from bench.server import DOMAIN, RULES
from bench.sip_generator import Lane, Person

MORE_THAN_A_CALL: float = 1.1
"""So much may it cost beside a call between two phones."""


def measure(*, extensions: int, rate: float, seconds: float, runs: int) -> list[Row]:
    """As `bench.calls.measure`."""
    half = extensions // 2
    outside = [f"00{100 + i % (RULES // 2)}{5_000_000 + i}" for i in range(half)]
    people = [Person(i, "INVITE", f"sip:{outside[i]}@{DOMAIN}") for i in range(half)]
    with ExitStack() as open_:
        cores = open_.enter_context(conditions.generating())
        carrier = open_.enter_context(closing(Lane(0)))
        running = open_.enter_context(contestants(extensions, cores.server, carrier.port))
        found = {who: Runs(contestant.name) for who, contestant in running.items()}
        callers = {who: open_.enter_context(closing(Lane(contestant.port))) for who, contestant in running.items()}
        for lane in callers.values():
            Phones(extensions, lane).register_once()
        for run in range(1, runs + 1):
            for who, contestant in running.items():
                carrier.aim(contestant.port)
                play_one(contestant, (callers[who], carrier), people, outside, run, rate, seconds, found[who])
    return rows_of(rate, seconds, found, "trunk call", MORE_THAN_A_CALL * TARGET_CPU_US)
