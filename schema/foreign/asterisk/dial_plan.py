"""extensions.conf as contexts: which extension matches a number, in Asterisk's own order.

Within a context extensions that are no pattern come first, then patterns, the more particular one first (main/pbx.c: position by position,
the smaller set of characters; `.` and `!` last), then included contexts in their order. Hints say nothing of calls.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from schema.foreign.asterisk.arguments import split_arguments
from schema.foreign.asterisk.config_file import Section
from schema.foreign.asterisk.time_range import read_moment
from schema.foreign.digits import ANY, DIGITS, Digits, Rest, Spot, Unclear
from schema.foreign.masks import inbound
from schema.foreign.moment import Moment
from schema.foreign.pbx import Leftovers
from schema.mark import Mark
from schema.problem import shown

MOST_INCLUDES: Final = 64
SPECIAL: Final = frozenset({"s", "i", "t", "h", "o", "a", "T", "e", "fax", "failed", "invalid", "hang"})
_PRIORITY: Final = re.compile(r"([0-9]+|n|s)(?:\+([0-9]+))?\s*(?:\(([^)]*)\))?", re.IGNORECASE)
_APPLICATION: Final = re.compile(r"([A-Za-z_][\w-]*)\s*(?:\((.*)\)\s*|[,|](.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Step:
    """`Application(arguments)` at a priority."""

    application: str
    arguments: str
    mark: Mark


@dataclass(slots=True)
class Exten:
    """`pattern`: what it matches; `callers`: masks of those whose calls it is for, () = all."""

    name: str
    pattern: Digits
    mark: Mark
    callers: tuple[str, ...] = ()
    steps: dict[int, Step] = field(default_factory=dict)
    labels: dict[str, int] = field(default_factory=dict)

    @property
    def is_pattern(self) -> bool:
        """Whether it begins with `_`."""
        return self.name.startswith("_")

    @property
    def order(self) -> tuple[object, ...]:
        """The sort key among those of its context."""
        spots = [(len(spot.chars), min(spot.chars)) for spot in self.pattern.spots]
        rest = self.pattern.rest
        end = (1002, "") if rest is None else (1000, "") if rest.least else (1001, "")
        return (self.is_pattern, [*spots, end])


@dataclass(slots=True)
class Include:
    """Another context that is asked afterwards; `when`: None = always."""

    context: str
    when: Moment | None
    mark: Mark


@dataclass(slots=True)
class Context:
    """A section of extensions.conf."""

    name: str
    mark: Mark
    extens: dict[str, Exten] = field(default_factory=dict)
    includes: list[Include] = field(default_factory=list)
    in_order: list[Exten] = field(default_factory=list)
    """Those for all callers."""

    @property
    def screening(self) -> list[Exten]:
        """Those for some callers only, which are asked before the others."""
        return [exten for exten in self.extens.values() if exten.callers and exten.steps]


@dataclass(frozen=True, slots=True)
class Found:
    """An extension that is asked; `when`: through includes that hold at times only."""

    context: str
    exten: Exten
    when: Moment | None


@dataclass(slots=True)
class DialPlan:
    """All contexts, and the global variables."""

    contexts: dict[str, Context] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)

    def extens(self, name: str) -> Iterator[Found]:
        """The extensions that a call in this context may match, in the order in which they are asked."""
        yield from self._extens(name, None, set(), 0)

    def _extens(
        self, name: str, when: Moment | None, seen: set[tuple[str, Moment | None]], depth: int
    ) -> Iterator[Found]:
        context = self.contexts.get(name)
        if context is None or (name, when) in seen or depth > MOST_INCLUDES:
            return
        seen.add((name, when))
        for exten in context.in_order:
            yield Found(name, exten, when)
        for include in context.includes:
            # Of two conditions, one within the other, the inner one is taken; that is said where includes are read.
            yield from self._extens(include.context, include.when or when, seen, depth + 1)


def read_dial_plan(sections: Sequence[Section], leftovers: Leftovers) -> DialPlan:
    """Contexts of the sections of extensions.conf. What is no extension or include is left behind, and said."""
    plan = DialPlan()
    for section in sections:
        if section.is_template:
            continue
        if section.name == "globals":
            plan.variables |= {entry.written: entry.value for entry in section.entries}
        elif section.name != "general":
            context = plan.contexts.setdefault(section.name, Context(section.name, section.mark))
            _ContextReading(context, leftovers).take(section)
    for context in plan.contexts.values():
        context.in_order = sorted(
            (exten for exten in context.extens.values() if exten.steps and not exten.callers), key=lambda one: one.order
        )
    return plan


def _callers(text: str) -> tuple[str, ...]:
    """Masks of what stands behind the slash of `100/6175550123`; behind nothing stands who shows no number. Unclear."""
    if not text:
        return ("anonymous",)
    found = inbound(read_pattern(text))
    if found is None or not found[1]:
        raise Unclear(f"no mask says the callers {shown(text)}")
    return found[0]


class _ContextReading:
    def __init__(self, context: Context, leftovers: Leftovers) -> None:
        self._context = context
        self._leftovers = leftovers
        self._exten: Exten | None = None
        self._last = 0

    def take(self, section: Section) -> None:
        for entry in section.entries:
            match entry.key:
                case "exten":
                    self._take_exten(entry.mark, entry.value)
                case "same":
                    self._take_same(entry.mark, entry.value)
                case "include":
                    self._include(entry.mark, entry.value)
                case "ignorepat" | "autohints":
                    pass  # dial tone and lamps
                case _:
                    what = f"{entry.key} in [{self._context.name}]"
                    self._leftovers.add(entry.mark, what, "only extensions and includes are carried over")

    def _take_exten(self, mark: Mark, value: str) -> None:
        name, comma, rest = _head(value)
        self._exten = None
        if not comma or not name:
            self._leftovers.add(
                mark, f"the extension {shown(value)} has no priority", "write NAME,PRIORITY,Application()"
            )
            return
        called, slash, caller = name.partition("/")
        try:
            pattern = read_pattern(called)
            callers = _callers(caller.strip()) if slash else ()
        except Unclear as error:
            self._leftovers.add(
                mark, f"extension {shown(name)} of [{self._context.name}] can't be read: {error}", "correct it"
            )
            return
        self._exten = self._context.extens.setdefault(name, Exten(name, pattern, mark, callers))
        self._step(mark, rest)

    def _take_same(self, mark: Mark, value: str) -> None:
        if self._exten is not None:
            self._step(mark, value)

    def _step(self, mark: Mark, text: str) -> None:
        exten = self._exten
        assert exten is not None  # noqa: S101  # both callers see to it
        priority, _, application = _head(text)
        if priority.lower() == "hint":
            return
        match = _PRIORITY.fullmatch(priority)
        if match is None or len(match[1]) > 9 or len(match[2] or "") > 9:
            self._leftovers.add(mark, f"priority {shown(priority)} of {shown(exten.name)}", "write a number or n")
            return
        word, ahead = match[1].lower(), int(match[2] or 0)
        number = {"n": self._last + 1, "s": self._last}.get(word, 0) or (int(word) if word.isdecimal() else 1)
        self._last = number + ahead
        if match[3]:
            exten.labels[match[3].strip()] = self._last
        called = _APPLICATION.fullmatch(application.strip())
        if called is None:
            self._leftovers.add(mark, f"{shown(application)} is no application", "write Application(arguments)")
            return
        arguments = called[2] if called[2] is not None else (called[3] or "").replace("|", ",")
        exten.steps.setdefault(self._last, Step(called[1], arguments.strip(), mark))

    def _include(self, mark: Mark, value: str) -> None:
        name, *times = split_arguments(value.replace("|", ","))
        when = None
        if times:
            try:
                when = read_moment(times)
            except Unclear as error:
                what = f"include of {shown(name)} in [{self._context.name}] holds at {shown(','.join(times))}: {error}"
                self._leftovers.add(mark, what, "it is left out")
                return
        self._context.includes.append(Include(name.strip(), when, mark))


def _head(text: str) -> tuple[str, str, str]:
    """What stands before the first comma that is in no bracket: `_1[2,3]X`, `1(label)`."""
    depth = 0
    for place, c in enumerate(text):
        if c in "[(":
            depth += 1
        elif c in "])":
            depth -= 1
        elif c in ",|" and depth <= 0:
            return text[:place].strip(), c, text[place + 1 :].strip()
    return text.strip(), "", ""


def read_pattern(name: str) -> Digits:
    """What an extension's name matches. Unclear."""
    if not name.startswith("_"):
        return Digits.of(name.replace("-", ""))
    spots: list[Spot] = []
    place = 1
    while place < len(name):
        c = name[place]
        if c in ".!":
            return Digits(tuple(spots), Rest(ANY, 1 if c == "." else 0))
        if c == "[":
            end = name.find("]", place)
            if end < 0:
                raise Unclear("the [ has no ]")
            spots.append(Spot(_of_class(name[place + 1 : end])))
            place = end
        elif c in "-\\":
            pass  # a separator for the eye
        else:
            spots.append(
                Spot({"X": DIGITS, "Z": DIGITS - {"0"}, "N": DIGITS - {"0", "1"}}.get(c.upper(), frozenset((c,))))
            )
        place += 1
    return Digits(tuple(spots))


def _of_class(text: str) -> frozenset[str]:
    chars: set[str] = set()
    place = 0
    while place < len(text):
        if text[place + 1 : place + 2] == "-" and place + 2 < len(text):
            first, last = ord(text[place]), ord(text[place + 2])
            if not 0 <= last - first <= 128:
                raise Unclear(f"the range {shown(text[place : place + 3])} goes nowhere")
            chars |= {chr(code) for code in range(first, last + 1)}
            place += 3
        else:
            chars.add(text[place])
            place += 1
    if not chars:
        raise Unclear("a [] holds nothing")
    return frozenset(chars)
