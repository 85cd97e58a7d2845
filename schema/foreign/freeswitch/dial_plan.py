"""The dial plan of FreeSWITCH: contexts with their extensions, each with the numbers and times that it is for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from schema.foreign.digits import Unclear
from schema.foreign.freeswitch.document import Node
from schema.foreign.freeswitch.expression import Matched, read_expression
from schema.foreign.freeswitch.time_condition import TIMES, read_times
from schema.foreign.masks import inbound
from schema.foreign.moment import Moment
from schema.foreign.pbx import Leftovers
from schema.mark import Mark
from schema.problem import shown

CALLER: Final = frozenset({"caller_id_number", "${caller_id_number}", "ani", "${ani}"})
_WORD: Final = re.compile(r"(\^?)([A-Za-z0-9_.@-]+)(\$?)")


@dataclass(frozen=True, slots=True)
class Extension:
    """One that can be told. `forms`: of the number; `actions`: of all its conditions, in order; `callers`: only for these, by masks."""

    name: str
    context: str
    forms: tuple[Matched, ...]
    when: Moment | None
    actions: tuple[Node, ...]
    mark: Mark
    callers: tuple[str, ...] = ()


def read_dial_plan(root: Node, shared: Mapping[str, str], leftovers: Leftovers) -> dict[str, list[Extension]]:
    """By context, in order; those that can't be told are left out, and said. `shared`: variables that all users have alike."""
    found: dict[str, list[Extension]] = {}
    for context in root.all("context"):
        name = context.get("name")
        found.setdefault(name, []).extend(
            read
            for extension in context.all("extension")
            if (read := _extension(extension, name, shared, leftovers)) is not None
        )
    return found


def _extension(extension: Node, context: str, shared: Mapping[str, str], leftovers: Leftovers) -> Extension | None:
    name = extension.get("name") or "?"
    goes_on = extension.get("continue").lower() == "true"
    forms: tuple[Matched, ...] | None = None
    when: Moment | None = None
    callers: tuple[str, ...] = ()
    actions: list[Node] = []
    for condition in _conditions(extension):
        if any(child.tag in ("regex", "anti-action") for child in condition.children):
            if not goes_on:
                _left(
                    leftovers,
                    extension,
                    f"extension {shown(name)} has several expressions in a condition, or says what happens if one fails",
                )
                return None
            continue
        try:
            field_name = condition.get("field")
            if field_name == "destination_number":
                forms = tuple(read_expression(condition.get("expression")))
            elif field_name in CALLER and not goes_on:
                callers = _masks(condition.get("expression"), extension, leftovers)
            elif field_name and (holds := _holds(field_name, condition.get("expression"), shared)) is not None:
                if not holds:
                    return None  # it is for others
            elif field_name and not goes_on:
                _left(
                    leftovers,
                    extension,
                    f"extension {shown(name)} asks for {shown(field_name)}, which only a call can tell",
                )
                return None
            if set(condition.attributes) & TIMES:
                when = read_times(condition.attributes)
        except Unclear as error:
            if not goes_on:
                _left(leftovers, extension, f"extension {shown(name)}: {error}")
            return None
        actions += [child for child in condition.children if child.tag == "action"]
    if goes_on:
        return None  # what it sets is for the call, not for where it goes
    every = (Matched(rest=read_expression("^")[0].rest),) if forms is None else forms
    return Extension(name, context, every, when, tuple(actions), extension.mark, callers)


def _masks(expression: str, extension: Node, leftovers: Leftovers) -> tuple[str, ...]:
    """Of the callers' numbers. Unclear."""
    found: list[str] = []
    for form in read_expression(expression):
        masks = inbound(form.pattern)
        if masks is None or not (masks[1] or form.rest is not None):
            raise Unclear(f"no mask says the callers {shown(expression)}")
        if not masks[1]:
            what = f"the callers {shown(expression)} are taken by {', '.join(masks[0])}"
            leftovers.add(extension.mark, what, "shorter numbers fall under it, too")
        found += masks[0]
    return tuple(dict.fromkeys(found))


def _conditions(node: Node) -> Iterator[Node]:
    """All of them have to hold: those within one are asked after it."""
    for child in node.children:
        if child.tag == "condition":
            yield child
            yield from _conditions(child)


def _left(leftovers: Leftovers, extension: Node, what: str) -> None:
    leftovers.add(extension.mark, what, "it is left out")


def variables_asked(root: Node) -> set[str]:
    """The names of all variables that conditions ask for."""
    return {
        field_name[2:-1]
        for context in root.all("context")
        for condition in context.all("condition")
        if (field_name := condition.get("field")).startswith("${") and field_name.endswith("}")
    }


def _holds(asked: str, expression: str, shared: Mapping[str, str]) -> bool | None:
    """Whether a condition on a variable of these users (`${toll_allow}`) holds; None: that can't be told. Of expressions only words
    are tried."""
    value, word = shared.get(asked.removeprefix("${").removesuffix("}")), _WORD.fullmatch(expression)
    if value is None or word is None:
        return None
    begins, text, ends = word.groups()
    if begins and ends:
        return value == text
    return value.startswith(text) if begins else value.endswith(text) if ends else text in value
