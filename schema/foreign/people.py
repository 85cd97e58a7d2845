"""Phones into Extensions, and what the numbers of the inside ring."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from schema.foreign.going import Going
from schema.foreign.names import secret_file
from schema.foreign.outcome import (
    ByHours,
    Ends,
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
from schema.foreign.pbx import Phone
from schema.foreign.work import Work, resolve, told
from schema.kinds.extension import ExtensionSpec
from schema.mark import Mark
from schema.problem import shown
from schema.registry import KINDS
from schema.text import EXTENSION_NUMBER_PATTERN

_AUTH_USER: Final = re.compile("[A-Za-z0-9*#+._@-]{1,64}")
_NUMBER: Final = re.compile(EXTENSION_NUMBER_PATTERN)
_MAIL: Final = re.compile(r"[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_DIALLED: Final = frozenset("0123456789*#+")
MOST_ROOMS: Final = 20
_FULL: Final = re.compile(r"\+[1-9][0-9]{6,14}")


class People:
    """`groups_of`: the extension groups of those whose calls begin in a context."""

    def __init__(self, work: Work, going: Going) -> None:
        self._work = work
        self._going = going
        self.numbers: dict[str, tuple[Outcome, Mark]] = {}

    def find_numbers(self) -> None:
        """Which numbers there are, and whose they are."""
        work = self._work
        places: dict[str, list[str]] = {}
        for context, rows in work.pbx.inside.items():
            for row in rows:
                number = row.pattern.text
                if number is None or (set(number) - _DIALLED and number not in work.pbx.phones):
                    continue  # a name to jump to
                outcome = resolve(rows, number)
                if outcome is None or isinstance(outcome, Nobody | Outside):
                    continue
                places.setdefault(number, [])
                if context not in places[number]:
                    places[number].append(context)
                if number not in self.numbers or isinstance(self.numbers[number][0], Untold):
                    self.numbers[number] = (outcome, row.mark)
        self._assign()
        self._widened(places)

    def _widened(self, places: Mapping[str, list[str]]) -> None:
        """Numbers that some phones could not dial."""
        kept: dict[str, list[str]] = {}
        for number, contexts in places.items():
            if isinstance(self.numbers[number][0], Ends | Untold):
                continue
            for context in set(self._work.pbx.inside) - set(contexts):
                kept.setdefault(context, []).append(number)
        for context, numbers in sorted(kept.items()):
            told = ", ".join(numbers[:5]) + (f" and {len(numbers) - 5} more" if len(numbers) > 5 else "")
            what = f"phones of context [{context}] can't dial {told}"
            phone = next(phone for phone in self._work.pbx.phones.values() if phone.context == context)
            self._work.left(phone.mark, what, "here everybody of a tenant can dial its numbers")

    def _assign(self) -> None:
        """Each phone's number: its name, else its caller id, else the first that rings it alone."""
        work = self._work
        ringing: dict[str, list[str]] = {}
        for number, (outcome, _) in self.numbers.items():
            alone = _alone(outcome)
            if alone is not None and _NUMBER.fullmatch(number):
                ringing.setdefault(alone, []).append(number)
        taken: set[str] = set()
        for name, phone in work.pbx.phones.items():
            numbers = [number for number in ringing.get(name, []) if number not in taken]
            wanted = [one for one in (name, phone.caller_number) if one in numbers]
            number = (wanted or sorted(numbers, key=lambda one: (len(one), one)) or [name])[0]
            if number in taken or not _NUMBER.fullmatch(number):
                work.left(
                    phone.mark, f"phone {shown(name)}, which has no number that is free", "write an Extension for it"
                )
                continue
            if number not in numbers:
                if number in self.numbers:
                    what = f"phone {shown(name)}, whose name is dialled for something else"
                    work.left(phone.mark, what, "write an Extension with another number for it")
                    continue
                work.left(
                    phone.mark, f"no number of the dial plan rings phone {shown(name)} alone", "here its name does"
                )
            elif number != name:
                what = f"phone {shown(name)} has the number {number}"
                work.left(phone.mark, what, f"let it register as {number}, with its own name and password to log in")
            taken.add(number)
            work.number_of[name] = number
            if number in self.numbers:
                self._going.own[number] = _at_first(self.numbers[number][0])

    def write(self, groups: Mapping[str, list[str]], may_call: frozenset[str]) -> None:
        """The extensions, then what else has a number. `may_call`: contexts from which one may call outside."""
        for name, phone in self._work.pbx.phones.items():
            if name in self._work.number_of:
                self._extension(
                    phone, self._work.number_of[name], groups.get(phone.context, []), phone.context in may_call
                )
        self._services()

    def _extension(self, phone: Phone, number: str, groups: list[str], may_call: bool) -> None:
        work = self._work
        name = work.names.new("Extension", number)
        file = secret_file(work.settings.tenant, number)
        if phone.password:
            work.out.secrets[file] = phone.password
        else:
            work.out.unset[number] = file
        user = phone.auth_user if phone.auth_user and phone.auth_user != number else None
        if user is not None and not _AUTH_USER.fullmatch(user):
            work.left(phone.mark, f"the user name of phone {shown(phone.name)}", "it logs in by its number")
            user = None
        outcome = self._going.own.get(number)
        ringing = outcome if isinstance(outcome, Rings) else None
        full = next((one for one in (phone.outbound_number, phone.caller_number) if _FULL.fullmatch(one)), None)
        spec = told(
            {
                "number": None if name == number else number,
                "displayName": " ".join(phone.display_name.split())[:64],
                "authUser": user,
                "maxContacts": None if phone.max_contacts is None else min(max(phone.max_contacts, 1), 100),
                "ringTime": None
                if ringing is None or ringing.seconds is None
                else f"{min(max(ringing.seconds, 5), 600)}s",
                "groups": ["Default", *groups] if groups else None,
                "outboundCallerId": full,
                "mayCallOutside": True if may_call else None,
                "forwarding": [] if ringing is None else self._going.forwarding(number, ringing),
            }
        )
        spec |= self._mailbox(phone, number)
        work.add("Extension", name, {**spec, "password": {"file": file}}, phone.mark)

    def _mailbox(self, phone: Phone, number: str) -> dict[str, object]:
        """PIN and mail of its mailbox."""
        box = self._work.pbx.boxes.get(phone.box) or self._work.pbx.boxes.get(number)
        fields = ExtensionSpec.model_fields
        if box is None or not (box.pin or box.mail):
            return {}
        found: dict[str, object] = {}
        pin = self._going.pin(number, box.pin) if "voicemail" in fields else None
        if pin is not None:
            found["voicemail"] = {"pin": pin}
        elif box.pin:
            self._work.left(box.mark, f"the PIN of mailbox {shown(box.name)}", "it has none here")
        if "person" in fields and _MAIL.fullmatch(box.mail):
            found["person"] = {"mail": box.mail}
        elif box.mail:
            self._work.left(box.mark, f"the mail address of mailbox {shown(box.name)}", "no mail is sent to it")
        return found

    def _services(self) -> None:
        for number, (outcome, _) in self.numbers.items():
            first = _at_first(outcome)
            match first:
                case Queues(queue):
                    self._name(number, ("queue", queue), first.mark)
                case Room(room):
                    self._name(number, ("room", room), first.mark)
                case Menu(key):
                    self._name(number, ("menu", key), first.mark)
        for number, (outcome, mark) in self.numbers.items():
            if not _NUMBER.fullmatch(number):
                continue
            if isinstance(outcome, ByHours):
                self._work.left(
                    outcome.mark, f"{number} goes elsewhere at some times", "only InboundRules do; it goes as in hours"
                )
            self._service(number, _at_first(outcome), mark)

    def _name(self, number: str, key: tuple[str, str], mark: Mark) -> None:
        known = self._going.numbers.setdefault(key, number)
        if known != number:
            self._work.left(
                mark, f"{number} leads to {key[0]} {shown(key[1])}, as {known} does", "it has one number here"
            )

    def _service(self, number: str, outcome: Outcome, mark: Mark) -> None:
        match outcome:
            case Rings():
                if self._going.own.get(number) == outcome and number in self._work.number_of.values():
                    return
                self._going.group(outcome, f"group-{number}", number)
            case Room() if self._too_many_rooms(mark):
                self._work.left(mark, "a pattern of many conference rooms", "write a Conference for each that is used")
            case Queues() | Room() | Menu():
                self._going.to(outcome, number)
            case Listens():
                self._listens(number, mark)
            case Mailbox(box):
                self._work.left(mark, f"{number} leads to the voicemail of {shown(box)}", "no number does so here")
            case Untold(why):
                self._work.left(outcome.mark, f"{number}: {why}", "nothing is written for it")
            case _:
                pass  # the end, or nobody

    def _too_many_rooms(self, mark: Mark) -> bool:
        """Of one pattern."""
        return (
            sum(1 for outcome, place in self.numbers.values() if place == mark and isinstance(outcome, Room))
            > MOST_ROOMS
        )

    def _listens(self, number: str, mark: Mark) -> None:
        if "Voicemail" not in KINDS:
            self._work.left(mark, f"{number} listens to messages", "there is no voicemail yet")
            return
        if any(draft.kind == "Voicemail" for draft in self._work.out.drafts):
            self._work.left(mark, f"{number} listens to messages, too", "a Voicemail has one number")
            return
        self._work.add("Voicemail", self._work.names.new("Voicemail", "voicemail"), {"number": number}, mark)


def _alone(outcome: Outcome) -> str | None:
    first = _at_first(outcome)
    return first.phones[0] if isinstance(first, Rings) and len(first.phones) == 1 and not first.is_paging else None


def _at_first(outcome: Outcome) -> Outcome:
    """In hours, or at the first time that is named."""
    while isinstance(outcome, ByHours):
        outcome = outcome.at
    return outcome
