"""Numbers that are shown to people outside, and that nobody answers when they call back; numbers with two owners."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain, combinations
from typing import Final

from dialing.containment import contains
from dialing.pattern import Form, NumberPattern
from engine.config.did_owners import DidOwners
from engine.config.inbound_index import Called
from engine.config.ref import ConfigRef
from engine.config.snapshot import Snapshot
from reconciler.proof.interval import holds_one, intervals_of
from reconciler.proof.proof import NOBODY, Flaw, Subject
from schema.document import Path

MOST_COMPARED: Final = 300
"""So many masks of a shared trunk are compared each with each; with more, only those that are the same or hold an exact number."""


def number_without_rule(subject: Subject) -> Iterator[Flaw]:
    """People call back the number that they saw. One that no inbound rule is for is refused when they do."""
    trunks = subject.trunks()
    shown: list[tuple[ConfigRef, str, Path]] = [
        (trunk.ref, trunk.number, ("spec", "callerId", "number"))
        for trunk in subject.tenant.trunks.values()
        if trunk.enabled and trunk.number
    ]
    shown += [
        (extension.ref, extension.outbound_caller_id, ("spec", "outboundCallerId"))
        for extension in subject.tenant.extensions.values()
        if extension.enabled and extension.outbound_caller_id
    ]
    shown += [
        (rule.ref, route.caller_id, ("spec", "routes", index, "callerId"))
        for rule in subject.tenant.outbound_rules.values()
        if rule.enabled
        for index, route in enumerate(rule.routes)
        if route.caller_id
    ]
    masks = {mask: rule.ref for rule in subject.tenant.inbound_rules.values() if rule.enabled for mask in rule.dids}
    for ref, number, path in shown if trunks else ():
        called = Called(number, number, NOBODY, NOBODY)
        if not any(subject.tenant.inbound.find(called, name) for name in trunks):
            yield Flaw(
                ref,
                f"{ref} shows the number {number}, and no inbound rule of Tenant {subject.name} is for it",
                _near(number, masks) or "add an inbound rule",
                path,
            )


def _near(number: str, masks: Mapping[str, ConfigRef]) -> str:
    """What to do where one of the two lacks a digit, or has one too many; empty if no mask is like the number.

    One that differs by a digit that is another one says nothing: a company's numbers are like that.
    """
    shorter = (number[:at] + number[at + 1 :] for at in range(len(number)))
    longer = (number[:at] + digit + number[at:] for at in range(1, len(number) + 1) for digit in "0123456789")
    near = next((one for one in chain(shorter, longer) if one in masks), None)
    return (
        "" if near is None else f'add an inbound rule, or correct one of the two numbers: {masks[near]} is for "{near}"'
    )


def owners_in_conflict(snapshot: Snapshot) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Numbers that several tenants claim on a shared trunk: the trunk, the tenants, and the masks in words."""
    for trunk, owners in sorted(snapshot.did_owners.items()):
        for claim, tenants in (*owners.exact.items(), *owners.wide.items()):
            if len(tenants) > 1:
                yield trunk, tenants, claim[1:]
        yield from ((trunk, tenants, masks) for tenants, masks in _overlaps(owners))


def _overlaps(owners: DidOwners) -> Iterator[tuple[tuple[str, ...], str]]:
    """Masks of different tenants that hold the same number; `*` is for what nobody else claims."""
    wide = [(claim, tenants) for claim, tenants in owners.wide.items() if claim[1:] != "*"]
    if wide:
        for claim, tenants in owners.exact.items():
            index = owners.canonical if claim[0] == "c" else owners.dialled
            for mask, others in index.matching(claim[1:]):
                if mask != "*" and set(tenants) != set(others):
                    yield tuple(sorted({*tenants, *others})), f"{claim[1:]} and {mask}"
    if len(wide) > MOST_COMPARED:
        return
    for (one, tenants), (other, others) in combinations(wide, 2):
        if one[0] == other[0] and set(tenants) != set(others) and overlap(one[1:], other[1:]):
            yield tuple(sorted({*tenants, *others})), f"{one[1:]} and {other[1:]}"


def overlap(one: str, other: str) -> bool:
    """Whether some number is sure to fall under both masks. Exact where one is a number, a range or `*`, or both are of one form.

    A number that begins as one mask says and ends as another does can always be made up, and need not exist: of prefixes, suffixes and
    infixes among each other only those count of which one holds the other.
    """
    if contains(one, other) or contains(other, one):
        return True
    first, second = NumberPattern.parse(one), NumberPattern.parse(other)
    if second.form is Form.RANGE:
        first, second = second, first
    return first.form is Form.RANGE and any(holds_one(interval, second) for interval in intervals_of(first))
