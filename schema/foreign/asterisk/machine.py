"""What the dial plan does with a call: its steps are gone through without one, for a number or for a set of numbers at once.

A jump to a number that was made of the dialled one may cut the set in pieces, each with its own way. A condition that only a call can tell
is taken as not met, and said. A program (AGI), a PIN that is asked for, or an application that is not known ends it: where the call would
go is then not told, and no way is made up for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from schema.foreign.asterisk.applications import ENDINGS, SILENT, SOUNDS, WITHOUT_EFFECT_HERE
from schema.foreign.asterisk.arguments import split_arguments
from schema.foreign.asterisk.call import (
    Call,
    Way,
    at_question,
    ending,
    only,
    only_or_none,
    priority_of,
    seconds_of,
    short,
    without_dashes,
)
from schema.foreign.asterisk.callers import callers
from schema.foreign.asterisk.dial_plan import SPECIAL, DialPlan, Exten, Found, Step
from schema.foreign.asterisk.rooms import PIN_SET, Rooms
from schema.foreign.asterisk.targets import Accounts, Local, ToCarrier, ToNobody, ToPhone, read_target
from schema.foreign.asterisk.time_range import read_moment
from schema.foreign.asterisk.variables import is_met, substituted
from schema.foreign.digits import Digits, NeedsNumber, Unclear
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
from schema.foreign.pbx import Leftovers, MenuDraft, Row
from schema.problem import shown

MOST_STEPS: Final = 3_000
"""Of one call."""
MOST_STEPS_IN_ALL: Final = 2_000_000
MOST_NUMBERS: Final = 1_000
"""A pattern of more is looked at only for the names and numbers that there are."""
DEEPEST: Final = 20
_KEYS: Final = frozenset("0123456789*#")
_PARTS_WAYS: Final = frozenset({"dial", "page", "gotoiftime", "queue", "background", "read", "waitexten"})
"""What is done with the call, or depends on something else, from there on."""
_DIALLED: Final = _KEYS | {"+", "-"}


@dataclass(slots=True)
class Machine:
    """`candidates`: names and numbers that a wide pattern may be for."""

    plan: DialPlan
    accounts: Accounts
    leftovers: Leftovers
    candidates: frozenset[str]
    rooms: Rooms = field(default_factory=lambda: Rooms((), ()))
    menus: dict[str, MenuDraft] = field(default_factory=dict)
    _steps: int = 0
    _in_all: int = 0
    _depth: int = 0
    _asks_status: bool = False

    def __post_init__(self) -> None:
        self._asks_status = any(
            "DIALSTATUS" in step.arguments
            for context in self.plan.contexts.values()
            for exten in context.extens.values()
            for step in exten.steps.values()
        )

    # Rows

    def rows(self, context: str, start: Digits | None = None) -> list[Row]:
        """What becomes of the numbers dialled in a context. `start`: the numbers for which its `s` stands, None = none."""
        found: list[Row] = self._screened(context, start)
        for one in self.plan.extens(context):
            if one.exten.name == "s" and start is not None:
                found += self._ways(one, start, screens=True)
            elif one.exten.name not in SPECIAL and self._is_dialled(one.exten, start):
                found += self._ways(one, one.exten.pattern, screens=start is not None)
        return found

    def _screened(self, context: str, start: Digits | None) -> list[Row]:
        """Of the context's own extensions for some callers only; from phones they are left out."""
        known = self.plan.contexts.get(context)
        rows: list[Row] = []
        for exten in known.screening if known is not None else ():
            if start is None or exten.name.startswith("s/"):
                self.left_screening(context, exten)
                continue
            found = self._ways(Found(context, exten, None), exten.pattern)
            rows += [replace(row, callers=exten.callers) for row in found]
        return rows

    def left_screening(self, context: str, exten: Exten) -> None:
        what = f"extension {shown(exten.name)} of [{context}] is for some callers only"
        self.leftovers.add(exten.mark, what, "it is left out, and their calls go as those of all others")

    def _is_dialled(self, exten: Exten, start: Digits | None) -> bool:
        """Names with letters are places to jump to, unless a phone or our Contact is called so."""
        if exten.is_pattern or set(exten.name) <= _DIALLED or exten.name in self.accounts.phones:
            return True
        return start is not None and start.text == exten.name

    def _ways(self, found: Found, pattern: Digits, *, screens: bool = False) -> Iterator[Row]:
        mark = found.exten.mark
        for way in self.ways(found, pattern, screens=screens):
            if way.outcome is not None:
                yield Row(way.dialled, way.outcome, mark, found.when, way.callers)
                continue
            for text in self._numbers(way.dialled):
                for one in self.ways(found, Digits.of(text), screens=screens):
                    if one.outcome is not None and not isinstance(one.outcome, Nobody):
                        yield Row(Digits.of(text), one.outcome, mark, found.when, one.callers)

    def _numbers(self, pattern: Digits) -> Sequence[str]:
        count = pattern.count
        if count is not None and count <= MOST_NUMBERS:
            return list(pattern.texts(MOST_NUMBERS))
        return sorted(text for text in self.candidates if pattern.matches(text))

    def ways(self, found: Found, pattern: Digits, *, screens: bool = False) -> list[Way]:
        """What becomes of calls to these numbers at this extension."""
        self._steps = 0
        dialled = pattern.dialled()
        variables = {name: Digits.of(value) for name, value in self.plan.variables.items()}
        for name, value in self.plan.variables.items():
            if "${" in value:
                try:
                    variables[name] = substituted(value, variables)
                except Unclear:
                    del variables[name]
        exten = Digits.of("s") if found.exten.name == "s" else dialled
        screens = screens and found.when is None
        return self._go(Call(found.context, found.exten, exten, 1, dialled, variables, screens=screens))

    # Steps

    def _go(self, call: Call) -> list[Way]:
        self._depth += 1
        try:
            if self._depth > DEEPEST:
                return [Way(call.dialled, Untold("it goes from one to the next without an end", call.at.mark))]
            return self._walk(call)
        finally:
            self._depth -= 1

    def _walk(self, call: Call) -> list[Way]:
        while True:
            step = call.step
            if step is None:
                if not call.back:
                    return [Way(call.dialled, self._end(call))]
                call = self._returned(call)
                continue
            self._steps += 1
            self._in_all += 1
            if self._steps > MOST_STEPS or self._in_all > MOST_STEPS_IN_ALL:
                return [Way(call.dialled, Untold("it goes in circles, or is too long to follow", step.mark))]
            try:
                done = self._do(call, step)
            except NeedsNumber:
                return [Way(call.dialled, None)]
            except Unclear as error:
                return [Way(call.dialled, Untold(f"{step.application}: {error}", step.mark))]
            if isinstance(done, list):
                return done
            call = done

    def _do(self, call: Call, step: Step) -> Call | list[Way]:
        """The call one step further, or all that becomes of it."""
        name = step.application.lower()
        arguments = split_arguments(step.arguments)
        if call.screens and name in _PARTS_WAYS:
            call = replace(call, screens=False)
        match name:
            case "dial" | "page":
                return [Way(call.dialled, self._dial(call, step, arguments, is_paging=name == "page"))]
            case "goto":
                return self._jump(call, step, arguments)
            case "gotoif" | "gosubif" | "execif":
                return self._if(call, step, name)
            case "gotoiftime":
                return self._if_time(call, step)
            case "gosub" | "macro":
                return self._call_routine(call, step, name, arguments)
            case "return" | "macroexit":
                return self._returned(call) if call.back else [Way(call.dialled, self._end(call))]
            case "set" | "mset":
                return self._set(call, step, arguments if name == "mset" else [step.arguments])
            case "queue":
                return [Way(call.dialled, self._queue(call, step, arguments))]
            case "voicemail":
                return [Way(call.dialled, Mailbox(self._box(call, arguments[0]), step.mark))]
            case "voicemailmain":
                return [Way(call.dialled, Listens(step.mark))]
            case "confbridge" | "meetme":
                room = substituted(arguments[0], call.names).known or "room"
                pin = call.variables.get(PIN_SET, Digits()).text or ""
                given = [substituted(one, call.names).text or "" for one in arguments]
                self.rooms.enter(room, name, given, pin, step.mark)
                return [Way(call.dialled, Room(room, step.mark))]
            case "background" | "read":
                return replace(self._next(call), prompts=(*call.prompts, arguments[0]))
            case "waitexten":
                return [Way(call.dialled, self._menu(call, step, arguments))]
            case "hangup" | "busy" | "congestion":
                return [Way(call.dialled, self._hang_up(call, step, name, arguments))]
        return self._other(call, step, name)

    def _other(self, call: Call, step: Step, name: str) -> Call | list[Way]:
        if name in SILENT:
            return self._next(call)
        if name in SOUNDS:
            self.leftovers.add(step.mark, f"{step.application}({short(step)})", "what is played is not carried over")
            return self._next(call)
        if name in WITHOUT_EFFECT_HERE:
            self.leftovers.add(step.mark, f"{step.application}({short(step)})", "it is left out, and the call goes on")
            return self._next(call)
        why = ENDINGS.get(name, f"{step.application} is not known here")
        return [Way(call.dialled, Untold(why, step.mark))]

    @staticmethod
    def _next(call: Call) -> Call:
        return replace(call, priority=call.priority + 1)

    def _end(self, call: Call) -> Outcome:
        """No further step: who was told something may still press a key; else the call ends as the last Dial did."""
        if call.prompts:
            return self._menu(call, Step("", "", call.at.mark), [])
        return Ends(ending(call.failed, "declined"), call.at.mark)

    @staticmethod
    def _hang_up(call: Call, step: Step, name: str, arguments: Sequence[str]) -> Ends:
        by_cause = {"17": "busy", "1": "notFound", "21": "declined", "20": "unavailable", "19": "unavailable"}
        by_name = {"busy": "busy", "congestion": "unavailable"}
        how = by_name.get(name) or by_cause.get(arguments[0]) or ending(call.failed, "declined")
        return Ends(how, step.mark)

    # Jumps

    def _jump(self, call: Call, step: Step, arguments: Sequence[str]) -> list[Way]:
        """`[[context,]extension,]priority`."""
        parts = [substituted(argument, call.names) for argument in arguments[-3:]]
        context = parts[-3].known if len(parts) == 3 else call.context
        if len(parts) == 1 or not (parts[-2].spots or parts[-2].rest):
            return self._go_to(call, step, call.context, None, parts[-1].known)
        return self._go_to(call, step, context, parts[-2], parts[-1].known)

    def _go_to(self, call: Call, step: Step, context: str, exten: Digits | None, priority: str) -> list[Way]:
        if exten is None:
            number = priority_of(call.at, priority, call.priority)
            if number is None:
                return [Way(call.dialled, Nobody(f"{call.at.name} has no priority {shown(priority)}", step.mark))]
            return self._go(replace(call, priority=number))
        if context not in self.plan.contexts:
            return [Way(call.dialled, Nobody(f"there is no context {shown(context)}", step.mark))]
        return self._matching(call, step, [*self.plan.extens(context)], exten, priority)

    def _matching(self, call: Call, step: Step, asked: Sequence[Found], exten: Digits, priority: str) -> list[Way]:
        ways: list[Way] = []
        exten = without_dashes(exten)
        for place, found in enumerate(asked):
            met = exten.meet(found.exten.pattern)
            number = None if met is None else priority_of(found.exten, priority, 1)
            if met is None or number is None or number not in found.exten.steps:
                continue
            whole = exten.is_within(found.exten.pattern)
            dialled = call.dialled if whole else call.dialled.narrowed(met)
            there = replace(call, context=found.context, at=found.exten, exten=met, priority=number, dialled=dialled)
            done = self._go(there)
            if found.when is not None:
                done = done if not there.screens else self._go(replace(there, screens=False))
                otherwise = self._matching(replace(call, dialled=dialled), step, asked[place + 1 :], met, priority)
                done = [Way(dialled, ByHours(found.when, only(done, step.mark), only(otherwise, step.mark), step.mark))]
            ways += done
            if whole:
                return ways
        if not ways:
            what = f"no extension of that context matches {exten}"
            return [Way(call.dialled, Nobody(what, step.mark))]
        return ways

    def _if(self, call: Call, step: Step, name: str) -> Call | list[Way]:
        condition, _, choices = at_question(step.arguments)
        chosen = split_arguments(choices, ":")
        met = is_met(condition, call.names)
        asked = callers(condition, call.names) if met is None and call.screens else None
        if asked is not None:
            branches = [self._branch(call, step, name, choice) for choice in (chosen[0], ":".join(chosen[1:]))]
            theirs, others = branches if asked.is_met else reversed(branches)
            return [*(replace(way, callers=asked.masks) for way in theirs if not way.callers), *others]
        if met is None:
            what = f"{step.application}({short(step)}): whether that holds can't be told beforehand"
            self.leftovers.add(step.mark, what, "it is taken as not met")
        return self._chosen(call, step, name, chosen[0] if met else ":".join(chosen[1:]))

    def _branch(self, call: Call, step: Step, name: str, choice: str) -> list[Way]:
        """All that becomes of it one way."""
        done = self._chosen(call, step, name, choice)
        return done if isinstance(done, list) else self._go(done)

    def _chosen(self, call: Call, step: Step, name: str, choice: str) -> Call | list[Way]:
        choice = choice.strip()
        if not choice:
            return self._next(call)
        if name == "execif":
            application, _, inside = choice.partition("(")
            return self._do(call, Step(application.strip(), inside.removesuffix(")"), step.mark))
        if name == "gosubif":
            return self._call_routine(call, step, "gosub", split_arguments(choice))
        return self._jump(call, step, split_arguments(choice))

    def _if_time(self, call: Call, step: Step) -> list[Way]:
        times, _, choices = at_question(step.arguments)
        moment = read_moment([substituted(part, call.names).known for part in split_arguments(times)])
        chosen = [*split_arguments(choices, ":"), ""]
        at = self._jump(call, step, split_arguments(chosen[0])) if chosen[0] else self._go(self._next(call))
        otherwise = self._jump(call, step, split_arguments(chosen[1])) if chosen[1] else self._go(self._next(call))
        if moment.is_always:
            return at
        return [Way(call.dialled, ByHours(moment, only(at, step.mark), only(otherwise, step.mark), step.mark))]

    def _call_routine(self, call: Call, step: Step, name: str, arguments: Sequence[str]) -> Call | list[Way]:
        if len(call.back) >= DEEPEST:
            raise Unclear("routines call each other in circles")
        if name == "macro":
            context, exten, priority, given = (
                f"macro-{substituted(arguments[0], call.names).known}",
                "s",
                "1",
                [*arguments[1:]],
            )
        else:
            last, _, inside = arguments[-1].partition("(")
            given = split_arguments(inside.removesuffix(")")) if inside else []
            rest = [substituted(one, call.names).known for one in [*arguments[:-1], last]]
            context, exten, priority = ([call.context, call.at.name, "1"][: 3 - len(rest)] + rest)[:3]
        values = {f"ARG{place}": substituted(one, call.names) for place, one in enumerate(given, start=1)}
        if name == "macro":
            values |= {"MACRO_EXTEN": call.exten, "MACRO_CONTEXT": Digits.of(call.context)}
        wanted = without_dashes(Digits.of(exten))
        for found in self.plan.extens(context):
            number = priority_of(found.exten, priority, 1)
            if found.exten.pattern.meet(wanted) is not None and number is not None:
                return replace(
                    call,
                    context=found.context,
                    at=found.exten,
                    exten=wanted,
                    priority=number,
                    variables={**call.variables, **values},
                    back=(*call.back, self._next(call)),
                )
        self.leftovers.add(step.mark, f"{step.application}({short(step)}): there is no such routine", "it is left out")
        return self._next(call)

    @staticmethod
    def _returned(call: Call) -> Call:
        return replace(call.back[-1], failed=call.failed, dialled=call.dialled)

    def _set(self, call: Call, step: Step, assignments: Sequence[str]) -> Call:
        variables = dict(call.variables)
        for assignment in assignments:
            name, _, value = (part.strip() for part in assignment.partition("="))
            if "(" in name:
                if name.upper().startswith(("CALLERID", "CALLERPRES", "CONNECTEDLINE")):
                    what = f"{name} is set before the call goes on"
                    hint = "set outboundCallerId of the Extension, or callerId of the Trunk or route"
                    self.leftovers.add(step.mark, what, hint)
                elif name.replace(" ", "").lower() == PIN_SET:
                    variables[PIN_SET] = substituted(value.strip('"'), call.names)
                continue
            name = name.lstrip("_")
            try:
                variables[name] = substituted(value.strip('"'), call.names)
            except Unclear:
                variables.pop(name, None)
        return replace(self._next(call), variables=variables)

    # Outcomes

    def _dial(self, call: Call, step: Step, arguments: Sequence[str], *, is_paging: bool) -> Outcome:
        phones: list[str] = []
        carriers: list[ToCarrier] = []
        missing: list[str] = []
        # What variables hold is split, too: ${OPTIONS} may be ",30,tT".
        dialled, *options = substituted(arguments[0], call.names).split(",")
        for part in dialled.split("&"):
            match read_target(part, self.accounts):
                case ToPhone(name):
                    phones.append(name)
                case ToCarrier() as carrier:
                    carriers.append(carrier)
                case ToNobody(why):
                    missing.append(why)
                case Local(context, exten):
                    inner = only(self._go_to(replace(call, failed=None), step, context, exten, "1"), step.mark)
                    if isinstance(inner, Rings):
                        phones += inner.phones
                    elif len(arguments[0].split("&")) == 1:
                        return inner
                    else:
                        missing.append(f"Local/{exten}@{context} is no phone")
        phones = list(dict.fromkeys(phones))
        if missing and (phones or carriers):
            for why in missing:
                self.leftovers.add(step.mark, f"Dial: {why}", "it is left out")
        if carriers and phones:
            names = ", ".join(carrier.name for carrier in carriers)
            self.leftovers.add(step.mark, f"Dial rings phones and {names} at once", "only the phones are rung")
        if phones:
            options += [substituted(one, call.names) for one in arguments[1:2]]
            seconds = seconds_of(options[0].text if options else None)
            return Rings(tuple(phones), seconds, self._after(call), step.mark, is_paging)
        if carriers:
            after = only_or_none(self._go(self._next(replace(call, failed=Failure.OFFLINE))), step.mark)
            return Outside(carriers[0].name, carriers[0].number, after, step.mark)
        return Nobody(missing[0] if missing else "it dials nobody", step.mark)

    def _after(self, call: Call) -> Mapping[Failure, Outcome]:
        """What comes after each failure."""
        first = self._after_one(call, Failure.NO_ANSWER)
        if not self._asks_status and not isinstance(first, Ends):
            return dict.fromkeys(Failure, first)  # nothing asks which one it was
        return {one: first if one is Failure.NO_ANSWER else self._after_one(call, one) for one in Failure}

    def _after_one(self, call: Call, failure: Failure) -> Outcome:
        return only(self._go(self._next(replace(call, failed=failure))), call.at.mark)

    def _queue(self, call: Call, step: Step, arguments: Sequence[str]) -> Queues:
        name = substituted(arguments[0], call.names).known
        seconds = seconds_of(substituted(arguments[4], call.names).text) if len(arguments) > 4 else None
        after = only_or_none(self._go(self._next(replace(call, failed=Failure.NO_ANSWER))), step.mark)
        return Queues(name, seconds, after, step.mark)

    def _box(self, call: Call, text: str) -> str:
        return substituted(text.split("&", maxsplit=1)[0], call.names).known.partition("@")[0]

    # Menus

    def _menu(self, call: Call, step: Step, arguments: Sequence[str]) -> Menu:
        key = call.context
        if key not in self.menus:
            seconds = seconds_of(arguments[0]) if arguments else None
            draft = MenuDraft(key=key, mark=call.at.mark, prompts=call.prompts, seconds=seconds)
            self.menus[key] = draft
            self._fill(draft)
        return Menu(key, step.mark)

    def _fill(self, draft: MenuDraft) -> None:
        for found in self.plan.extens(draft.key):
            name = found.exten.name
            if name in ("i", "t"):
                outcome = self._quietly(found, Digits.of(name))
                if name == "i":
                    draft.on_invalid = draft.on_invalid or outcome
                else:
                    draft.on_timeout = draft.on_timeout or outcome
            elif name in SPECIAL:
                continue
            elif not found.exten.is_pattern:
                if not set(name) <= _KEYS:
                    continue
                if found.exten.mark == draft.mark:
                    continue  # what leads into the menu is no key of it
                outcome = self._quietly(found, Digits.of(name))
                if found.context != draft.key and isinstance(outcome, Rings):
                    draft.has_direct_dial = True
                elif len(name) <= 8:
                    draft.keys.setdefault(name, outcome)
            else:
                self._pattern_of_menu(draft, found)

    def _pattern_of_menu(self, draft: MenuDraft, found: Found) -> None:
        rows = [*self._ways(found, found.exten.pattern)]
        outcomes = [row.outcome for row in rows]
        if any(isinstance(outcome, Rings) for outcome in outcomes) and all(
            isinstance(outcome, Rings | Nobody) for outcome in outcomes
        ):
            draft.has_direct_dial = True
        elif any(not isinstance(outcome, Nobody | Ends) for outcome in outcomes):
            what = f"callers of the menu [{draft.key}] may dial {found.exten.name}"
            self.leftovers.add(
                found.exten.mark, what, "a Receptionist connects to what its keys name, and to extensions"
            )

    def _quietly(self, found: Found, exten: Digits) -> Outcome:
        steps, self._steps = self._steps, 0
        try:
            return only(self.ways(found, exten), found.exten.mark)
        except Unclear as error:
            return Untold(str(error), found.exten.mark)
        finally:
            self._steps = steps
