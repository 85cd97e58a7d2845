"""Rules on rules that stand in each other's way: of two that fit the same calls alike only one could count."""

from collections.abc import Iterator, Sequence

from schema.forwarding import Forwarding
from schema.kinds.extension import ExtensionSpec
from schema.kinds.inbound_rule import InboundRuleSpec
from schema.problem import shown
from schema.resource import Resource, specs_of
from schema.rules.rule import Finding, TenantSubject


def duplicate_mask(subject: TenantSubject) -> Iterator[Finding]:
    """Of two inbound rules for the same numbers on the same trunk only the one with the first name would ever count."""
    seen: dict[tuple[bool, str, str], list[Resource[InboundRuleSpec]]] = {}
    for rule in specs_of(subject.resources, InboundRuleSpec):
        match = rule.spec.match
        if not rule.spec.enabled:
            continue
        told: set[str] = set()
        for did in match.did or ("*",):
            for cid in match.cid or ("",):
                others = seen.setdefault((match.as_dialled, did, cid), [])
                other = next((one for one in others if one.ref != rule.ref and _share_a_trunk(one, rule)), None)
                if other is not None and other.ref.name not in told:
                    told.add(other.ref.name)
                    caller = f" called by {shown(cid)}" if cid else ""
                    yield Finding(
                        rule.mark("spec", "match"),
                        f"{rule.ref} is for {shown(did)}{caller}, as is {other.ref} at {other.mark('spec', 'match')}",
                        "remove it from one of them, or give each its own trunks",
                    )
                others.append(rule)


def _share_a_trunk(one: Resource[InboundRuleSpec], other: Resource[InboundRuleSpec]) -> bool:
    """Return whether they count alike on some trunk: a rule that names a trunk goes before one for all."""
    if not one.spec.trunks or not other.spec.trunks:
        return not one.spec.trunks and not other.spec.trunks
    return not set(one.spec.trunks).isdisjoint(other.spec.trunks)


def forwarding_unreachable(subject: TenantSubject) -> Iterator[Finding]:
    """The first entry of forwarding that fits counts, so one behind an entry that fits whenever it does never counts."""
    for extension in specs_of(subject.resources, ExtensionSpec):
        entries = extension.spec.forwarding
        for index, entry in enumerate(entries):
            hiding = _hiding(entries[:index], entry)
            if hiding is not None:
                yield Finding(
                    extension.mark("spec", "forwarding", index),
                    f"{extension.ref} forwards {entry.when} (hours: {entry.hours}) only after the entry at "
                    f"{extension.mark('spec', 'forwarding', hiding)}, which always fits then",
                    "remove it, or move it up",
                )


def _hiding(before: Sequence[Forwarding], entry: Forwarding) -> int | None:
    """Return the place of the entry after which nothing is left for this one."""
    left = {"in", "out"} if entry.hours == "any" else {entry.hours}
    for index, other in enumerate(before):
        if other.when in ("always", entry.when):
            left -= {"in", "out"} if other.hours == "any" else {other.hours}
        if not left:
            return index
    return None
