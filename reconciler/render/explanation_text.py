"""What decided a call, for people: the call in a sentence, each step with its rule and the rule's own lines, phones, trunks and times."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from engine.config.money import amount_text
from reconciler.explanation import AskedView, BillView, DeclarationView, Explanation, TriedView
from reconciler.simulate import CauseView, StepView
from schema.problem import printable

WIDTH: Final = 10
SHORT: Final = 12
MOST_LINES: Final = 40


def explanation_text(explanation: Explanation) -> str:
    """The lines, each ended by a newline."""
    return "".join(f"{line}\n".rstrip(" ") for line in _lines(explanation))


def _lines(told: Explanation) -> Iterator[str]:
    yield told.sentence
    yield ""
    declared = {one.rule: one for one in told.declarations}
    yield from _decision(told.steps, told.facts, declared)
    for onward in told.onward:
        yield ""
        yield f"went on to {printable(onward.to)} at {_clock(onward.at)}"
        yield ""
        yield from _decision(onward.steps, onward.facts, declared)
    if told.targets:
        yield ""
        for target in told.targets:
            yield from _tried(target)
    if told.cause is not None:
        yield ""
        yield _row("ended", f"{_clock(told.ended_at)}  {_cause(told.cause)}")
    for bill in told.bills:
        yield _row("billed", _billed(bill))
    for note in told.notes:
        yield _row("note", note)
    yield ""
    trunk = f", trunk {printable(told.trunk)}" if told.trunk else ""
    number = printable(told.number)
    yield f"{told.direction} call {told.call_id}{trunk}, {told.number_kind} {number}, {told.started_at:%Y-%m-%d %H:%M:%S} UTC"
    kept = f", kept as revision {told.kept}" if told.kept is not None else ""
    yield (
        f"tenant {told.tenant}, listener {printable(told.listener)}, from {printable(told.source)}, "
        f"decided at revision {told.revision[:SHORT]}{kept}"
    )
    if told.commit is not None:
        yield f"commit {printable(told.commit.words)}"


def _decision(
    steps: tuple[StepView, ...], facts: tuple[AskedView, ...], declared: dict[str, DeclarationView]
) -> Iterator[str]:
    for step in steps:
        yield _row(step.verdict, printable(step.why))
        if step.rule is not None:
            yield _row("", printable(step.rule if step.origin is None else f"{step.rule} ({step.origin})"))
            declaration = declared.pop(step.rule, None)  # each once, where its rule is named first
            if declaration is not None and step.verdict != "missed":
                yield from _manifest(declaration, step.origin)
    for fact in facts:
        value = amount_text(fact.value) if fact.name == "balance" else printable(fact.text) or fact.value
        yield _row("asked", f"{fact.name} {printable(fact.subject)} = {value}")


def _manifest(declaration: DeclarationView, origin: str | None) -> Iterator[str]:
    if origin != declaration.origin:
        yield _row("", f"  now kept at {printable(declaration.origin)}")
    lines = declaration.manifest.splitlines()
    for line in lines[:MOST_LINES]:
        yield _row("", f"  | {printable(line)}")
    if len(lines) > MOST_LINES:
        yield _row("", f"  | ... {len(lines) - MOST_LINES} more lines")


def _tried(target: TriedView) -> Iterator[str]:
    what = f"trunk {target.trunk}, {target.number}" if target.trunk else f"extension {target.number}"
    yield _row("tried", printable(f"{what} at {target.contact}"))
    times = [f"at {_clock(target.added_at)}"]
    for word, at in (("rang", target.ringing_at), ("answered", target.answered_at), ("ended", target.ended_at)):
        if at is not None:
            times.append(f"{word} +{(at - target.added_at).total_seconds():.1f} s")
    yield _row("", ", ".join(times))
    yield _row("", _cause(target.cause))


def _billed(bill: BillView) -> str:
    payer = f", paid by extension {printable(bill.payer)}" if bill.payer else ""
    account = ", from its balance" if bill.account else ""
    units = f"{bill.units} x {bill.unit_s} s at {bill.rate}"
    return f"{bill.direction} {bill.prefix}: {units} = {bill.cost} {bill.currency}{payer}{account}"


def _cause(cause: CauseView) -> str:
    return f"{cause.outcome}: SIP {cause.sip_status}, Q.850 {cause.q850}, by {cause.party}, {printable(cause.reason)}"


def _clock(at: datetime | None) -> str:
    return "-" if at is None else f"{at:%H:%M:%S}"


def _row(label: str, text: str) -> str:
    return f"  {label.ljust(WIDTH)}{text}"
