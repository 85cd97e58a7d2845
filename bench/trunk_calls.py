"""Calls over a trunk: the call of `bench.calls`, but to a number outside, by one of 250 outbound rules, beside 250 inbound ones with 2,000
numbers. The carrier knows us by our address; it stands where the called phones stand there.
"""

from __future__ import annotations

from contextlib import closing

from bench import conditions
from bench.calls import TARGET_CPU_US, CallLoad, answered, compare, rows_of
from bench.registration import Phones
from bench.row import Row
from bench.server import DOMAIN, RULES, Server, cpu_between
from bench.sip_generator import Lane, Outcome, Person, Tally, play

MORE_THAN_A_CALL: float = 1.1
"""So much may it cost beside a call between two phones."""


def measure(*, extensions: int, rate: float, seconds: float, runs: int) -> list[Row]:
    """As `bench.calls.measure`."""
    half = extensions // 2
    costs: list[float] = []
    outcomes: list[Outcome] = []
    with (
        conditions.generating() as cores,
        closing(Lane(0)) as carrier,
        Server(extensions, cores.server, carrier.port) as server,
        closing(Lane(server.port)) as callers,
    ):
        carrier.aim(server.port)
        Phones(extensions, callers).register_once()
        outside = [f"00{100 + i % (RULES // 2)}{5_000_000 + i}" for i in range(half)]
        people = [Person(i, "INVITE", f"sip:{outside[i]}@{DOMAIN}") for i in range(half)]
        for run in range(1, runs + 1):
            tally = Tally()
            load = CallLoad(callers, carrier, people, outside, run, tally)
            before, ended = server.cpu_s(), answered(server)
            outcome = play(load, tally, rate, seconds)
            costs.append(1e6 * cpu_between(before, server.cpu_s()) / max(1, outcome.completed))
            outcomes.append(outcome)
            compare(outcome, load, answered(server) - ended)
    return rows_of(rate, seconds, outcomes, costs, "trunk call", MORE_THAN_A_CALL * TARGET_CPU_US)
