"""Regular expressions on the number that is dialled, as sets of numbers with their captures: `^(10[01][0-9])$`.

A part of the language: literals, classes, `\\d`, `.`, groups, `|`, and repetition. What repeats without bound may stand at the end only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from schema.foreign.digits import ANY, DIGITS, Digits, Rest, Spot, Unclear

MOST_ALTERNATIVES: Final = 200
LONGEST: Final = 200
MOST_REPEATED: Final = 40


@dataclass(frozen=True, slots=True)
class Matched:
    """One form of a number. `captures`: from and to (None = to its end) which place each of them is."""

    spots: tuple[frozenset[str], ...] = ()
    rest: Rest | None = None
    captures: Mapping[int, tuple[int, int | None]] = field(default_factory=dict)

    @property
    def pattern(self) -> Digits:
        """The numbers."""
        return Digits(tuple(Spot(chars) for chars in self.spots), self.rest)

    def capture(self, number: Digits, which: int) -> Digits:
        """`$1` of a number of this form. Unclear."""
        if which == 0:
            return number
        if which not in self.captures:
            return Digits()
        first, last = self.captures[which]
        return number.part(first, None if last is None else last - first)


def read_expression(text: str) -> list[Matched]:
    """All forms. Unclear."""
    if len(text) > LONGEST:
        raise Unclear("the expression is too long")
    reader = _Reader(text)
    found = reader.alternatives()
    if reader.place < len(text):
        raise Unclear(f"the expression has a {text[reader.place]} that begins nothing")
    return found


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self.place = 0
        self._groups = 0
        self._depth = 0

    def _peek(self) -> str:
        return self._text[self.place : self.place + 1]

    def alternatives(self) -> list[Matched]:
        """At the top each has to begin with ^; one without $ goes on with anything."""
        found: list[Matched] = []
        while True:
            is_top = self._depth == 0
            if is_top and self._peek() != "^":
                raise Unclear("the expression does not begin with ^")
            self.place += is_top
            forms = self._sequence()
            if is_top and self._peek() == "$":
                self.place += 1
            elif is_top:
                forms = _then(forms, [Matched(rest=Rest(ANY, 0))])
            found += forms
            if len(found) > MOST_ALTERNATIVES:
                raise Unclear("the expression has too many forms")
            if self._peek() != "|":
                return found
            self.place += 1

    def _sequence(self) -> list[Matched]:
        forms = [Matched()]
        while self._peek() and self._peek() not in "|)$":
            forms = _then(forms, self._repeated(self._atom()))
        return forms

    def _atom(self) -> list[Matched]:
        c = self._peek()
        self.place += 1
        match c:
            case "(":
                return self._group()
            case "[":
                return [Matched((self._class(),))]
            case ".":
                return [Matched((ANY,))]
            case "\\":
                escaped = self._peek()
                self.place += 1
                if escaped == "d":
                    return [Matched((DIGITS,))]
                if not escaped or escaped.isalnum():
                    raise Unclear(f"\\{escaped} is not understood")
                return [Matched((frozenset((escaped,)),))]
            case "*" | "+" | "?" | "{" | "^":
                raise Unclear(f"a {c} stands behind nothing")
        return [Matched((frozenset((c,)),))]

    def _group(self) -> list[Matched]:
        number: int | None = None
        if self._text.startswith("?:", self.place):
            self.place += 2
        elif self._peek() == "?":
            raise Unclear("a (?...) is not understood")
        else:
            self._groups += 1
            number = self._groups
        self._depth += 1
        if self._depth > 20:
            raise Unclear("groups are too deep")
        forms = self.alternatives()
        self._depth -= 1
        if self._peek() != ")":
            raise Unclear("a ( has no )")
        self.place += 1
        if number is None:
            return forms
        return [
            replace(form, captures={**form.captures, number: (0, None if form.rest else len(form.spots))})
            for form in forms
        ]

    def _class(self) -> frozenset[str]:
        end = self._text.find("]", self.place + 1)
        if end < 0:
            raise Unclear("a [ has no ]")
        inside = self._text[self.place : end]
        self.place = end + 1
        negated = inside.startswith("^")
        inside = inside.removeprefix("^").replace("\\d", "0-9")
        chars: set[str] = set()
        place = 0
        while place < len(inside):
            if inside[place + 1 : place + 2] == "-" and place + 2 < len(inside):
                chars |= {chr(code) for code in range(ord(inside[place]), min(ord(inside[place + 2]), 127) + 1)}
                place += 3
            else:
                if inside[place] != "\\":
                    chars.add(inside[place])
                place += 1
        found = ANY - chars if negated else frozenset(chars)
        if not found:
            raise Unclear("a [] holds nothing")
        return found

    def _repeated(self, forms: list[Matched]) -> list[Matched]:
        c = self._peek()
        least = 1
        bound: int | None = 1
        if c and c in "*+?":
            self.place += 1
            least, bound = {"*": (0, None), "+": (1, None), "?": (0, 1)}[c]
        elif c == "{":
            end = self._text.find("}", self.place)
            first, comma, last = self._text[self.place + 1 : end].partition(",") if end > 0 else ("", "", "")
            if not first.isdecimal() or not (last.isdecimal() or not last) or len(first + last) > 6:
                raise Unclear("a {} is not understood")
            self.place = end + 1
            least = int(first)
            bound = int(last) if last else None if comma else least
        else:
            return forms
        if self._peek() in ("?", "+") and self._peek():
            self.place += 1  # how greedy it is does not matter for the whole
        if least > MOST_REPEATED or (bound is not None and not least <= bound <= MOST_REPEATED):
            raise Unclear("it repeats too often")
        if len(forms) == 1 and len(forms[0].spots) == 1 and forms[0].rest is None:
            chars = forms[0].spots[0]
            if bound == least:
                return [Matched((chars,) * least, None, _all(forms[0], least))]
            return [Matched((), Rest(chars, least, bound), dict.fromkeys(forms[0].captures, (0, None)))]
        if bound is None:
            raise Unclear("a group repeats without bound")
        found: list[Matched] = []
        for count in range(least, bound + 1):
            once = [Matched()]
            for _ in range(count):
                once = _then(once, forms)
            found += once
        return found


def _all(form: Matched, count: int) -> dict[int, tuple[int, int | None]]:
    """Of a group that repeats, the last one counts."""
    return {number: (max(count - 1, 0), count) for number in form.captures}


def _then(forms: list[Matched], following: list[Matched]) -> list[Matched]:
    found: list[Matched] = []
    for form in forms:
        for one in following:
            for left in _fixed(form) if form.rest is not None and (one.spots or one.rest) else [form]:
                shift = len(left.spots)
                captures = {
                    number: (first + shift, None if last is None else last + shift)
                    for number, (first, last) in one.captures.items()
                }
                found.append(Matched(left.spots + one.spots, one.rest or left.rest, {**left.captures, **captures}))
                if len(found) > MOST_ALTERNATIVES:
                    raise Unclear("the expression has too many forms")
    return found


def _fixed(form: Matched) -> list[Matched]:
    """The form in each of its lengths."""
    rest = form.rest
    assert rest is not None  # noqa: S101  # the caller asked
    if rest.most is None:
        raise Unclear("what repeats without bound stands before something else")
    found: list[Matched] = []
    for count in range(rest.least, rest.most + 1):
        end = len(form.spots) + count
        captures = {number: (first, end if last is None else last) for number, (first, last) in form.captures.items()}
        found.append(Matched(form.spots + (rest.chars,) * count, None, captures))
    return found
