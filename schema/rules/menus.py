"""Rules on receptionists: keys that never count, keys that stand in the way of numbers, and callers who are left without an end."""

from collections.abc import Iterator
from dataclasses import dataclass

from schema.document import Path
from schema.kinds.extension import ExtensionSpec
from schema.kinds.outbound_rule import OutboundRuleSpec
from schema.kinds.receptionist import Menu, ReceptionistSpec
from schema.kinds.voicemail import VoicemailSpec
from schema.menu_action import MenuWord
from schema.menu_key import ANY_DIGIT, FAX_TONE, Pressed, hiding, is_pressed_within
from schema.problem import shown
from schema.resource import Resource, specs_of
from schema.rules.rule import Finding, TenantSubject

MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class _Placed:
    """A menu with its receptionist and its place there."""

    owner: Resource[ReceptionistSpec]
    path: Path
    menu: Menu

    @property
    def name(self) -> str:
        """How people call the menu: "lines[0].inHours"."""
        return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path[1:])[1:]

    def entries(self) -> dict[str, Pressed]:
        """Return what may be pressed, as written and as read; without what does nothing."""
        return {key: Pressed.parse(key) for key, action in self.menu.keys.items() if action is not MenuWord.IGNORE}


def menu_key_dead(subject: TenantSubject) -> Iterator[Finding]:
    """A key for which another one is always taken never does anything: `12` beside `1`, which fires as soon as it is pressed; or one
    for which an action is there, too.
    """
    for placed in _menus(subject):
        entries = {key: Pressed.parse(key) for key in placed.menu.keys}
        of_actions = {Pressed(digits): action.name for action in placed.owner.spec.actions for digits in action.digits}
        for key, entry in entries.items():
            mark = placed.owner.key_mark(*placed.path, "keys", key)
            told = f"{placed.owner.ref} never does what {placed.name} has for {shown(key)}: "
            if Pressed(entry.keys) in of_actions:
                what = f"the action {shown(of_actions[Pressed(entry.keys)])} is for the same, and goes before"
                yield Finding(mark, told + what, "remove one of them")
                continue
            hidden_by = hiding(entry, entries.values())
            if hidden_by is not None:
                first = ", ".join(shown(one.keys) for one in hidden_by[:MOST_NAMED])
                more = " and others" if len(hidden_by) > MOST_NAMED else ""
                is_short = len(hidden_by) == 1 and len(hidden_by[0].keys) < len(entry.keys)
                waits = f', or write "{hidden_by[0].keys}#", which waits' if is_short else ""
                yield Finding(mark, f"{told}{first}{more} has fired before", f"remove one of them{waits}")


def menu_key_overlap(subject: TenantSubject) -> Iterator[Finding]:
    """An entry fires as soon as it has been pressed, so nobody gets to press a number that begins with it: `1` beside extension 101."""
    extensions = [extension.spec.number for extension in specs_of(subject.resources, ExtensionSpec)]
    mailboxes = [voicemail.spec.number for voicemail in specs_of(subject.resources, VoicemailSpec)]
    prefixes = [
        prefix
        for rule in specs_of(subject.resources, OutboundRuleSpec)
        if rule.spec.enabled
        for prefix in rule.spec.match.prefixes
    ]
    for placed in _menus(subject):
        if not placed.owner.spec.direct_dial.enabled:
            continue
        for key, entry in placed.entries().items():
            if entry.waits or entry.keys == FAX_TONE:
                continue
            found = _first([number for number in extensions if is_pressed_within(entry, number)], "the extension")
            found += _first([number for number in mailboxes if is_pressed_within(entry, number)], "the mailbox number")
            found += _first([prefix for prefix in prefixes if _begins_with(entry, prefix)], "the outbound prefix")
            if found:
                yield Finding(
                    placed.owner.key_mark(*placed.path, "keys", key),
                    f"{placed.owner.ref} has {shown(key)} in {placed.name}, which overlaps {', '.join(found)}",
                    f'write "{key}#", which waits whether more is pressed, take another key, or write directDial: {{enabled: false}}',
                )


def _first(numbers: list[str], what: str) -> list[str]:
    more = f" and {len(numbers) - 1} more" if len(numbers) > 1 else ""
    return [f"{what} {shown(numbers[0])}{more}"] if numbers else []


def _begins_with(entry: Pressed, prefix: str) -> bool:
    """Whether what is pressed is what is dialled for the outside. A single key never is: 0 is the reception's in menus, whatever it is on
    phones, and nobody dials outside from a menu; nor is one that only begins a prefix (00 of 001).
    """
    return (
        len(entry.keys) > 1
        and len(entry.keys) >= len(prefix)
        and entry.keys.startswith(prefix)
        and ANY_DIGIT not in entry.keys[: len(prefix)]
    )


def menu_timeout_missing(subject: TenantSubject) -> Iterator[Finding]:
    """Who presses nothing - a phone without keys, a person who does not understand - is hung up on, unless the menu says where to."""
    for placed in _menus(subject):
        if placed.menu.on_timeout is None:
            yield Finding(
                placed.owner.key_mark(*placed.path),
                f"{placed.owner.ref} hangs up on callers who press nothing: {placed.name} has no onTimeout",
                "name somebody who answers; or write {hangUp: unavailable} if that is meant",
            )


def direct_dial_length(subject: TenantSubject) -> Iterator[Finding]:
    """Numbers that are looked up after a fixed number of digits reach only extensions whose numbers have as many."""
    lengths = {len(extension.spec.number) for extension in specs_of(subject.resources, ExtensionSpec)}
    for receptionist in specs_of(subject.resources, ReceptionistSpec):
        dial = receptionist.spec.direct_dial
        if subject.is_complete and dial.enabled and dial.by == "length" and lengths and dial.length not in lengths:
            there = " or ".join(map(str, sorted(lengths)))
            yield Finding(
                receptionist.mark("spec", "directDial"),
                f"{receptionist.ref} looks numbers up after {dial.length} digits, and no extension of Tenant {subject.tenant} has so many",
                f"write length: {there}",
            )


def direct_dial_hidden(subject: TenantSubject) -> Iterator[Finding]:
    """A number is dialled as soon as what was pressed is one: where 200 is one, 2001 can't be pressed."""
    numbers = {extension.spec.number for extension in specs_of(subject.resources, ExtensionSpec)}
    for receptionist in specs_of(subject.resources, ReceptionistSpec):
        dial = receptionist.spec.direct_dial
        if not (dial.enabled and dial.by == "match"):
            continue
        hidden = sorted(one for one in numbers if any(one[:end] in numbers for end in range(1, len(one))))
        if hidden:
            first = next(hidden[0][:end] for end in range(1, len(hidden[0])) if hidden[0][:end] in numbers)
            more = f" and {len(hidden) - 1} more" if len(hidden) > 1 else ""
            yield Finding(
                receptionist.mark("spec", "directDial"),
                f"{receptionist.ref} looks numbers up by match, and nobody gets to extension {shown(hidden[0])}{more}: "
                f"{shown(first)} is dialled before",
                "write directDial: {by: hash}, or give them numbers of one length",
            )


def receptionist_action_twice(subject: TenantSubject) -> Iterator[Finding]:
    """Of two actions of a receptionist for one caller or the same digits only one could be done; two of one name can't be told apart."""
    for receptionist in specs_of(subject.resources, ReceptionistSpec):
        seen: dict[tuple[str, str], int] = {}
        for index, action in enumerate(receptionist.spec.actions):
            said = [("name", action.name), *(("digits", one) for one in action.digits)]
            said += [("callers", one) for one in action.callers]
            for field, value in said:
                earlier = seen.setdefault((field, value), index)
                twice = field != "name" and said.count((field, value)) > 1
                if earlier != index or twice:
                    other = receptionist.mark("spec", "actions", earlier, field)
                    yield Finding(
                        receptionist.mark("spec", "actions", index, field),
                        f"{receptionist.ref} has two actions with {field} {shown(value)}; the other is at {other}"
                        if earlier != index
                        else f"{receptionist.ref} has {field} {shown(value)} twice in one action",
                        "remove it from one of them",
                    )
                    break


def _menus(subject: TenantSubject) -> Iterator[_Placed]:
    for receptionist in specs_of(subject.resources, ReceptionistSpec):
        for path, menu in menus_of(receptionist.spec):
            yield _Placed(receptionist, ("spec", *path), menu)


def menus_of(spec: ReceptionistSpec) -> Iterator[tuple[Path, Menu]]:
    """Yield all menus of a receptionist, with their places in its spec."""
    yield ("inHours",), spec.in_hours
    if spec.out_of_hours is not None:
        yield ("outOfHours",), spec.out_of_hours
    for index, line in enumerate(spec.lines):
        yield ("lines", index, "inHours"), line.in_hours
        if line.out_of_hours is not None:
            yield ("lines", index, "outOfHours"), line.out_of_hours
