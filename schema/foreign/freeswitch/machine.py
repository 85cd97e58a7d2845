"""What FreeSWITCH's dial plan does with a call: conditions on the number and the time, then actions one after the other.

The first extension of a context whose conditions hold counts. Conditions on anything but number and time can be told during a call only;
such an extension is left out, and said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from schema.foreign.digits import Digits, NeedsNumber, Unclear
from schema.foreign.freeswitch.actions import ENDINGS, SILENT, SOUNDS, causes
from schema.foreign.freeswitch.dial_plan import Extension, read_dial_plan
from schema.foreign.freeswitch.directory import Found
from schema.foreign.freeswitch.document import Node
from schema.foreign.freeswitch.expression import Matched, read_expression
from schema.foreign.outcome import (
    ByHours,
    Ends,
    Failure,
    Listens,
    Mailbox,
    Menu,
    Nobody,
    Outcome,
    Outside,
    Queues,
    Rings,
    Room,
    Untold,
)
from schema.foreign.pbx import Leftovers, MenuDraft, RoomDraft, Row
from schema.mark import Mark
from schema.problem import shown

MOST_STEPS: Final = 2_000_000
MOST_NUMBERS: Final = 1_000
DEEPEST: Final = 20
_REFERENCE: Final = re.compile(r"\$\{([^{}]*)\}|\$([0-9])")
_KEYS: Final = re.compile("[0-9*#]{1,8}")


FoundWay: TypeAlias = tuple[Digits, Outcome | None]
"""For which of the dialled numbers, and what; None = each of them has its own."""


@dataclass(frozen=True, slots=True)
class _Call:
    """`number`: what is called now, made of `dialled`; `form`: which form of it matched."""

    context: str
    number: Digits
    form: Matched
    dialled: Digits
    variables: Mapping[str, str | Digits]
    depth: int = 0


@dataclass(slots=True)
class Machine:
    """`shared`: the variables of those who call; `contexts`: their extensions in order; `pins_of`: of conference rooms, by profile."""

    found: Found
    leftovers: Leftovers
    shared: Mapping[str, str]
    menus_of: Mapping[str, Node]
    pins_of: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    contexts: dict[str, list[Extension]] = field(default_factory=dict)
    menus: dict[str, MenuDraft] = field(default_factory=dict)
    rooms: dict[str, RoomDraft] = field(default_factory=dict)
    _steps: int = 0

    def read(self, root: Node) -> None:
        """The contexts of the dial plan."""
        self.contexts = read_dial_plan(root, self.shared, self.leftovers)

    # Rows

    def rows(self, context: str) -> list[Row]:
        """What becomes of the numbers dialled in a context."""
        return [
            row
            for extension in self.contexts.get(context, [])
            for form in extension.forms
            for row in self._of(extension, form)
        ]

    def _of(self, extension: Extension, form: Matched) -> Iterator[Row]:
        for way, outcome in self._ways(extension, form, form.pattern):
            if outcome is not None:
                yield Row(way, outcome, extension.mark, extension.when, extension.callers)
                continue
            for text in self._numbers(way):
                for one, found in self._ways(extension, form, Digits.of(text)):
                    if found is not None and not isinstance(found, Nobody):
                        yield Row(one, found, extension.mark, extension.when, extension.callers)

    def _numbers(self, pattern: Digits) -> Sequence[str]:
        count = pattern.count
        if count is not None and count <= MOST_NUMBERS:
            return list(pattern.texts(MOST_NUMBERS))
        known = {*self.found.phones, *self.found.aliases, *self.found.queues}
        return sorted(text for text in known if pattern.matches(text))

    def _ways(self, extension: Extension, form: Matched, pattern: Digits) -> list[FoundWay]:
        dialled = pattern.dialled()
        call = _Call(
            extension.context,
            dialled,
            form,
            dialled,
            {**self.shared, "domain_name": self.found.domain, "domain": self.found.domain},
        )
        return self._run(call, extension.actions, extension.mark, None)

    # Actions

    def _run(self, call: _Call, actions: Sequence[Node], mark: Mark, failed: Failure | None) -> list[FoundWay]:
        variables = dict(call.variables)
        for place, action in enumerate(actions):
            self._steps += 1
            if self._steps > MOST_STEPS or call.depth > DEEPEST:
                return [(call.dialled, Untold("it goes in circles, or is too long to follow", action.mark))]
            now = replace(call, variables=variables)
            name, data = action.get("application"), action.get("data")
            try:
                done = self._do(now, name, data, action, actions[place + 1 :], variables, failed)
            except NeedsNumber:
                return [(call.dialled, None)]
            except Unclear as error:
                return [(call.dialled, Untold(f"{name}: {error}", action.mark))]
            if done is not None:
                return done
        return [(call.dialled, Ends(_ending(failed, "declined"), mark))]

    def _do(
        self,
        call: _Call,
        name: str,
        data: str,
        action: Node,
        following: Sequence[Node],
        variables: dict[str, str | Digits],
        failed: Failure | None,
    ) -> list[FoundWay] | None:
        """All that becomes of it; None = the next action."""
        mark = action.mark
        match name:
            case "set" | "export":
                key, _, value = data.partition("=")
                if key.strip() == "sip_auto_answer":
                    hint = "write a RingGroup of type paging"
                    self.leftovers.add(mark, "phones are asked to answer by themselves (sip_auto_answer)", hint)
                try:
                    variables[key.strip().removeprefix("nolocal:")] = self._filled(value, call)
                except Unclear:
                    variables.pop(key.strip(), None)
                return None
            case "bridge":
                return [(call.dialled, self._bridge(call, data, mark, following))]
            case "transfer":
                return self._transfer(call, data, mark)
            case "voicemail":
                words = data.split()
                if words[:1] == ["check"] or not words:
                    return [(call.dialled, Listens(mark))]
                return [(call.dialled, Mailbox(self._filled(words[-1], call).known, mark))]
            case "ivr":
                return [(call.dialled, self._menu(data.strip(), mark))]
            case "conference":
                return [(call.dialled, self._room(call, data, mark))]
            case "callcenter":
                queue = self._filled(data, call).known
                known = (
                    queue
                    if queue in self.found.queues
                    else next((one for one in self.found.queues if one.partition("@")[0] == queue), queue)
                )
                return [(call.dialled, Queues(known, None, None, mark))]
            case "hangup" | "respond":
                return [(call.dialled, Ends(causes(data) or _ending(failed, "declined"), mark))]
            case "playback" if data.startswith(("tone_stream", "silence_stream")):
                return None
        if name in SILENT:
            return None
        if name in SOUNDS:
            self.leftovers.add(mark, f"{name} {shown(data)}", "what is played is not carried over")
            return None
        return [(call.dialled, Untold(ENDINGS.get(name, f"{shown(name)} is not known here"), mark))]

    def _filled(self, text: str, call: _Call) -> Digits:
        made = Digits()
        place = 0
        for match in _REFERENCE.finditer(text):
            made = made + Digits.of(text[place : match.start()])
            place = match.end()
            if match[2]:
                made = made + call.form.capture(call.number, int(match[2]))
                continue
            value = call.number if match[1] == "destination_number" else call.variables.get(match[1])
            if value is None:
                raise Unclear(f"${{{match[1]}}} is known only during a call")
            made = made + (Digits.of(value) if isinstance(value, str) else value)
        return made + Digits.of(text[place:])

    def _text(self, name: str, call: _Call) -> str:
        value = call.variables.get(name, "")
        return value if isinstance(value, str) else value.text or ""

    def _room(self, call: _Call, data: str, mark: Mark) -> Room:
        """`NAME@PROFILE+PIN+flags{moderator}`."""
        head, *further = data.split("+")
        name = self._filled(head.partition("@")[0], call).known.removesuffix(f"-{self.found.domain}")
        pin = next((one.strip() for one in further if not one.strip().startswith("flags{")), "")
        profile = head.partition("@")[2].strip() or "default"
        pin = self._filled(pin, call).text or self.pins_of.get(profile, {}).get("pin", "")
        draft = self.rooms.setdefault(name, RoomDraft(mark=mark))
        draft.admin_pin = draft.admin_pin or self.pins_of.get(profile, {}).get("moderator-pin", "")
        if any("moderator" in one for one in further):
            draft.admin_pin = draft.admin_pin or pin
        else:
            draft.pin = draft.pin or pin
        draft.is_open = draft.is_open or not pin
        return Room(name, mark)

    # Bridge

    def _bridge(self, call: _Call, data: str, mark: Mark, following: Sequence[Node]) -> Outcome:
        seconds = _whole(self._text("call_timeout", call))
        data = data.strip()
        while data[:1] in ("{", "<", "["):
            end = data.find({"{": "}", "<": ">", "[": "]"}[data[0]])
            if end < 0:
                raise Unclear("a bracket is not closed")
            for setting in data[1:end].split(","):
                key, _, value = setting.partition("=")
                if key.strip() in ("leg_timeout", "call_timeout", "originate_timeout"):
                    seconds = _whole(value) or seconds
            data = data[end + 1 :].strip()
        goes_on = self._text("continue_on_fail", call).lower() not in ("", "false")
        then: dict[Failure, Outcome] = {}
        for failure in Failure:
            ways = self._run(replace(call, depth=call.depth + 1), following, mark, failure) if goes_on else []
            then[failure] = _only(ways, mark) if ways else Ends(_ending(failure, ""), mark)
        for part in reversed(self._alternatives(data)):
            outcome = self._at_once(call, part, mark, seconds, then)
            then = dict.fromkeys(Failure, outcome)
        return then[Failure.NO_ANSWER]

    def _alternatives(self, data: str) -> list[str]:
        group = _group_named(data)
        if group is not None:
            name, in_order = group
            members = [f"user/{one}" for one in self.found.groups.get(name, [])]
            return members if in_order else [",".join(members)]
        return [part for part in data.split("|") if part.strip()] or [data]

    def _at_once(
        self, call: _Call, data: str, mark: Mark, seconds: int | None, then: Mapping[Failure, Outcome]
    ) -> Outcome:
        phones: list[str] = []
        missing: list[str] = []
        for part in data.replace(":_:", ",").split(","):
            text = re.sub(r"^\[[^\]]*\]", "", part.strip())
            target = self._filled(text, call)
            head, *rest = target.split("/")
            kind = head.text or ""
            if kind == "user" and rest:
                name = rest[0].split("@")[0].known
                name = self.found.aliases.get(name, name)
                (phones if name in self.found.phones else missing).append(
                    name if name in self.found.phones else f"there is no user {shown(name)}"
                )
            elif kind == "group" and rest:
                phones += self.found.groups.get(rest[0].split("@")[0].known, [])
            elif kind == "sofia" and len(rest) >= 3 and rest[0].text == "gateway":
                return self._gateway(rest[1].known, rest[2], then, mark)
            elif kind == "sofia" and len(rest) == 2:
                name = rest[1].split("@")[0].split("%")[0].known
                (phones if name in self.found.phones else missing).append(
                    name if name in self.found.phones else f"there is no user {shown(name)}"
                )
            elif kind == "loopback" and rest:
                return self._loopback(call, rest, mark)
            elif kind == "error" and rest:
                return Ends(causes(rest[0].known) or "declined", mark)
            else:
                missing.append(f"bridge to {shown(str(target))}")
        phones = [name for name in dict.fromkeys(phones) if name in self.found.phones]
        if not phones:
            return Nobody(missing[0] if missing else "the group has no members", mark)
        for why in missing:
            self.leftovers.add(mark, why, "it is left out")
        return Rings(tuple(phones), seconds, dict(then), mark)

    def _gateway(self, name: str, number: Digits, then: Mapping[Failure, Outcome], mark: Mark) -> Outcome:
        if name not in self.found.carriers:
            return Nobody(f"there is no gateway {shown(name)}", mark)
        after = then[Failure.OFFLINE]
        return Outside(name, number, None if isinstance(after, Ends) else after, mark)

    def _loopback(self, call: _Call, rest: Sequence[Digits], mark: Mark) -> Outcome:
        text = rest[0].text or ""
        if text.startswith("app="):
            name, _, data = text.removeprefix("app=").partition(":")
            node = Node("action", {"application": name, "data": data}, mark)
            ways = self._run(replace(call, depth=call.depth + 1), [node], mark, None)
        else:
            context = rest[1].known if len(rest) > 1 else "default"
            ways = self._go(replace(call, depth=call.depth + 1), context, rest[0], mark)
        return _only(ways, mark)

    # Jumps

    def _transfer(self, call: _Call, data: str, mark: Mark) -> list[FoundWay]:
        words = data.split()
        if not words or words[0].startswith("-"):
            raise Unclear("it transfers the other side")
        if len(words) > 1 and words[1].upper() != "XML":
            raise Unclear(f"it asks {shown(words[1])}, another dial plan")
        context = self._filled(words[2], call).known if len(words) > 2 else call.context
        return self._go(replace(call, depth=call.depth + 1), context, self._filled(words[0], call), mark)

    def _go(self, call: _Call, context: str, number: Digits, mark: Mark) -> list[FoundWay]:
        asked = [(extension, form) for extension in self.contexts.get(context, []) for form in extension.forms]
        return self._matching(call, asked, number, mark)

    def _matching(
        self, call: _Call, asked: Sequence[tuple[Extension, Matched]], number: Digits, mark: Mark
    ) -> list[FoundWay]:
        ways: list[FoundWay] = []
        for place, (extension, form) in enumerate(asked):
            met = number.meet(form.pattern)
            if met is None:
                continue
            if extension.callers:
                what = f"extension {shown(extension.name)} is for some callers only"
                self.leftovers.add(extension.mark, what, "it is left out where calls are sent on to it")
                continue
            whole = number.is_within(form.pattern)
            dialled = call.dialled if whole else call.dialled.narrowed(met)
            there = replace(call, context=extension.context, number=met, form=form, dialled=dialled)
            done = self._run(there, extension.actions, extension.mark, None)
            if extension.when is not None:
                otherwise = self._matching(replace(call, dialled=dialled), asked[place + 1 :], met, mark)
                at, rest = _only(done, extension.mark), _only(otherwise, extension.mark)
                done = [(dialled, ByHours(extension.when, at, rest, extension.mark))]
            ways += done
            if whole:
                return ways
        return ways or [(call.dialled, Nobody(f"no extension matches {number}", mark))]

    # Menus

    def _menu(self, name: str, mark: Mark) -> Outcome:
        node = self.menus_of.get(name)
        if node is None:
            return Nobody(f"there is no menu {shown(name)}", mark)
        if name not in self.menus:
            milliseconds = _whole(node.get("timeout"))
            seconds = None if milliseconds is None else max(milliseconds // 1000, 1)
            prompts = (node.get("greet-long"),) if node.get("greet-long") else ()
            self.menus[name] = draft = MenuDraft(key=name, mark=node.mark, prompts=prompts, seconds=seconds)
            for entry in node.all("entry"):
                self._entry(draft, entry)
        return Menu(name, mark)

    def _entry(self, draft: MenuDraft, entry: Node) -> None:
        digits, action, param = entry.get("digits"), entry.get("action"), entry.get("param")
        if digits.startswith("/"):
            self._entry_of_numbers(draft, entry, digits.strip("/"), param)
            return
        if not _KEYS.fullmatch(digits):
            self.leftovers.add(entry.mark, f"entry {shown(digits)} of menu {shown(draft.key)}", "it is left out")
            return
        call = _Call("default", Digits.of(digits), Matched(), Digits.of(digits), {"domain_name": self.found.domain})
        match action:
            case "menu-top":
                draft.keys[digits] = Menu(draft.key, entry.mark)
            case "menu-sub":
                draft.keys[digits] = self._menu(param, entry.mark)
            case "menu-exit":
                draft.keys[digits] = Ends("declined", entry.mark)
            case "menu-exec-app":
                name, _, data = param.partition(" ")
                node = Node("action", {"application": name, "data": data}, entry.mark)
                draft.keys[digits] = _only(self._run(call, [node], entry.mark, None), entry.mark)
            case _:
                self.leftovers.add(entry.mark, f"{action} of menu {shown(draft.key)}", "it is left out")

    def _entry_of_numbers(self, draft: MenuDraft, entry: Node, expression: str, param: str) -> None:
        name, _, data = param.partition(" ")
        node = Node("action", {"application": name, "data": data}, entry.mark)
        rings = False
        try:
            for form in read_expression(expression):
                for text in self._numbers(form.pattern):
                    call = _Call("default", Digits.of(text), form, Digits.of(text), {"domain_name": self.found.domain})
                    rings = rings or isinstance(self._run(call, [node], entry.mark, None)[0][1], Rings)
        except Unclear as error:
            self.leftovers.add(
                entry.mark, f"entry {shown(expression)} of menu {shown(draft.key)}: {error}", "it is left out"
            )
        draft.has_direct_dial = draft.has_direct_dial or rings


def _only(ways: Sequence[FoundWay], mark: Mark) -> Outcome:
    """The one outcome of all numbers. NeedsNumber if each has its own."""
    if any(outcome is None for _, outcome in ways):
        raise NeedsNumber("it depends on the number that is dialled")
    if len(ways) == 1 and ways[0][1] is not None:
        return ways[0][1]
    return Untold("where it goes depends on the number", mark)


def _group_named(data: str) -> tuple[str, bool] | None:
    """`${group_call(sales@domain+E)}`, `${group(call:sales@domain:order)}`: its name, and whether members are rung in order."""
    match = re.fullmatch(r"\$\{group(?:_call)?\((?:call:)?([^@:+)]+)[^)]*?(:order|\+[A-Z])?\)\}", data)
    return None if match is None else (match[1], match[2] == ":order")


def _ending(failed: Failure | None, otherwise: str) -> str:
    return {Failure.BUSY: "busy", Failure.NO_ANSWER: "unavailable", Failure.OFFLINE: "unavailable", None: otherwise}[
        failed
    ]


def _whole(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdecimal() and 0 < len(text) < 8 and int(text) > 0 else None
