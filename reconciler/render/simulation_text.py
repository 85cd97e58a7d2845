"""A simulated call for people: the decision in a sentence, why, on what facts, and what would happen then."""

from __future__ import annotations

from collections.abc import Iterator

from engine.config.money import amount_text
from reconciler.simulate import Simulation, StepView
from schema.problem import printable

WIDTH = 10
SHORT = 12


def simulation_text(simulation: Simulation) -> str:
    """The lines, each ended by a newline."""
    return "".join(f"{line}\n".rstrip(" ") for line in _lines(simulation))


def _lines(simulation: Simulation) -> Iterator[str]:
    yield simulation.sentence
    yield ""
    for step in simulation.steps:
        yield from _step(step)
    for fact in simulation.facts:
        value = amount_text(fact.value) if fact.name == "balance" else printable(fact.text) or fact.value
        yield _row("asked", f"{fact.name} {fact.subject} = {value} ({fact.known})")
    if simulation.hours is not None:
        hours = simulation.hours
        yield _row("hours", f"{'open' if hours.is_open else 'closed'}: {printable(hours.why)}")
        yield _row("", _declared(hours.rule, hours.origin))
    for foreseen in simulation.foreseen:
        yield _row("then" if foreseen.at_s is None else f"{foreseen.at_s:g} s", foreseen.what)
    if simulation.cause is not None:
        cause = simulation.cause
        yield _row(
            "cause", f"{cause.outcome}: SIP {cause.sip_status}, Q.850 {cause.q850}, by {cause.party}, {cause.reason}"
        )
    for assumption in simulation.assumptions:
        yield _row("assumed", assumption)
    yield ""
    listener = f", listener {simulation.listener}" if simulation.listener else ""
    number = printable(simulation.number)
    yield f"tenant {simulation.tenant}, {simulation.number_kind} {number}{listener}, {simulation.at:%Y-%m-%d %H:%M:%S} UTC"
    yield f"decided by {simulation.source}, revision {simulation.revision[:SHORT]}"


def _step(step: StepView) -> Iterator[str]:
    yield _row(step.verdict, printable(step.why))
    if step.rule is not None:
        yield _row("", _declared(step.rule, step.origin))


def _declared(rule: str, origin: str | None) -> str:
    return printable(rule if origin is None else f"{rule} ({origin})")


def _row(label: str, text: str) -> str:
    return f"  {label.ljust(WIDTH)}{text}"
