"""Masks that no number in its full form can fit, because they are written as people dial."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dialing.number import E164, DialContext
from dialing.pattern import Form, NumberPattern
from engine.config.inbound_rule import InboundRuleConfig
from reconciler.proof.proof import Flaw, Subject

_PADDED_TO: Final = 11
"""Digits that a national number has at least in most countries: a prefix is read with so many."""
_PADDING: Final = "2"


def inbound_mask_national(subject: Subject) -> Iterator[Flaw]:
    """Masks are held against full numbers, with + and country code. One that is written as people dial never fits, and says nothing."""
    for rule in subject.tenant.inbound_rules.values():
        if not rule.enabled or rule.is_dialled:
            continue
        contexts = _contexts(subject, rule)
        for field, masks in (("did", rule.dids), ("cid", rule.cids)):
            for index, mask in enumerate(masks):
                full = _full_form(NumberPattern.parse(mask), contexts)
                if full is not None:
                    yield Flaw(
                        rule.ref,
                        f'{rule.ref} has the {field} "{mask}", which no full number fits: those begin with + and the country code',
                        f'write "{full}", or asDialled: true if the trunk sends numbers so',
                        ("spec", "match", field, index),
                    )

    config = subject.tenant.config
    for at, entry in enumerate(config.blocked):
        for index, mask in enumerate(entry.numbers):
            full = _full_form(NumberPattern.parse(mask), [subject.tenant.context])
            if full is not None:
                yield Flaw(
                    config.ref,
                    f'{config.ref} blocks "{mask}", which no full number fits: those begin with + and the country code',
                    f'write "{full}"',
                    ("spec", "blocked", at, "number", index),
                )


def _contexts(subject: Subject, rule: InboundRuleConfig) -> list[DialContext]:
    """How numbers of the trunks that it is for are read."""
    return [
        trunk.dialling.context() if trunk.is_dialling_own else subject.tenant.context
        for name, trunk in subject.trunks().items()
        if not rule.trunks or name in rule.trunks
    ]


def _full_form(pattern: NumberPattern, contexts: list[DialContext]) -> str | None:
    """The mask in full form, if on all trunks numbers that it names are read as others than it names."""
    forms = {_in_full(pattern, context) for context in contexts}
    return forms.pop() if len(forms) == 1 else None


def _in_full(pattern: NumberPattern, context: DialContext) -> str | None:
    match pattern.form:
        case Form.EXACT:
            return _read(pattern.literal, context)
        case Form.RANGE:
            first, last = _read(pattern.literal, context), _read(pattern.last, context)
            return None if first is None or last is None else f"{first}-{last}"
        case Form.PREFIX:
            padding = _PADDING * (_PADDED_TO - len(pattern.literal))
            full = _read(pattern.literal + padding, context)
            return None if full is None or not padding else f"{full.removesuffix(padding)}*"
        case Form.SUFFIX | Form.INFIX | Form.ANY:
            return None


def _read(number: str, context: DialContext) -> str | None:
    """The full number that this is, None if it is one already or none."""
    canonical = context.number(number).canonical
    return canonical.text if isinstance(canonical, E164) and canonical.text != number else None
