"""Outcomes into Destinations; what a Destination needs besides (a ring group, a queue, a receptionist) is drafted on the way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from schema.destination import FORMS
from schema.foreign.hours import Hours
from schema.foreign.names import secret_file
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
from schema.foreign.pbx import MenuDraft, RoomDraft
from schema.foreign.work import Work, told
from schema.mark import Mark
from schema.problem import shown
from schema.registry import KINDS

MOST_MEMBERS: Final = 100
_SECONDS: Final = (5, 600)
_EXTERNAL: Final = frozenset("0123456789*#+")


class Going:
    """`outside`: tells how a number is to be dialled so that it goes out over a carrier as it did there."""

    def __init__(self, work: Work, hours: Hours) -> None:
        self._work = work
        self.hours = hours
        self._groups: dict[str, str] = {}
        self._queues: dict[str, str] = {}
        self._rooms: dict[str, str] = {}
        self._menus: dict[str, str] = {}
        self.own: dict[str, Outcome] = {}
        """What each extension's own number does, by its number."""
        self.numbers: dict[tuple[str, str], str] = {}
        """The numbers that are dialled for queues, rooms and menus, by their names there."""
        self.wanted_outside: list[Outside] = []

    def to(self, outcome: Outcome, wanted: str) -> dict[str, object] | None:
        """The Destination; None if there is none, which is said. `wanted`: a name for what is drafted."""
        match outcome:
            case Rings():
                return self._rings(outcome, wanted)
            case Ends(how):
                return {"hangUp": how}
            case Outside():
                return self._outside(outcome)
            case Queues():
                return self._if_known("queue", "Queue", outcome.mark, lambda: self._queue(outcome))
            case Menu(key):
                return self._if_known("receptionist", "Receptionist", outcome.mark, lambda: self._menu(key))
            case Room(name):
                return self._if_known("conference", "Conference", outcome.mark, lambda: self._room(name, outcome.mark))
            case Mailbox(box):
                return self._mailbox(box, outcome.mark)
            case ByHours():
                split = self.hours.split(outcome, wanted)
                if split.hours is not None:
                    self._work.left(
                        outcome.mark,
                        "a time condition within what is called by a number or a key",
                        "it goes as in hours",
                    )
                return self.to(split.inside, wanted)
            case Untold(why) | Nobody(why):
                self._work.left(outcome.mark, why, "nothing is written for it")
                return None
            case Listens():
                self._work.left(outcome.mark, "callers listen to messages", "dial the number of the Voicemail")
                return None

    def _if_known(self, form: str, kind: str, mark: Mark, name: object) -> dict[str, object] | None:
        if form not in FORMS or kind not in KINDS:
            self._work.left(mark, f"a {kind.lower()}", "there is no such kind yet")
            return None
        made = name() if callable(name) else None
        return {form: made} if made else None

    # People

    def _rings(self, outcome: Rings, wanted: str) -> dict[str, object] | None:
        number = self.number_of_one(outcome)
        if number is not None and (outcome == self.own.get(number) or is_plain(outcome)):
            return {"extension": number}
        group = self.group(outcome, wanted, None)
        return None if group is None else {"ringGroup": group}

    def number_of_one(self, outcome: Outcome) -> str | None:
        """The extension that alone is rung."""
        if isinstance(outcome, Rings) and len(outcome.phones) == 1 and not outcome.is_paging:
            return self._work.number_of.get(outcome.phones[0])
        return None

    def group(self, outcome: Rings, wanted: str, number: str | None) -> str | None:
        """The name of a ring group for it. `number`: what is dialled for it; None = nobody dials it."""
        chain = [outcome]
        while isinstance(chain[-1].after, Rings) and all(len(one.phones) == 1 for one in [*chain, chain[-1].after]):
            chain.append(chain[-1].after)
        phones = list(dict.fromkeys(phone for one in chain for phone in one.phones))
        members = [self._work.number_of[phone] for phone in phones if phone in self._work.number_of][:MOST_MEMBERS]
        if not members:
            self._work.left(outcome.mark, "a group without members that are known here", "nothing is written for it")
            return None
        last = chain[-1].after
        after = None if isinstance(last, Ends) else self.to(last, f"{wanted}-then")
        each = _clamped(outcome.seconds)
        spec: dict[str, object] = {"members": members}
        if outcome.is_paging:
            spec["type"] = "paging"
        elif len(chain) > 1:
            total = sum(one.seconds or 30 for one in chain)
            spec |= {"strategy": "sequential", "memberRingTime": f"{each or 30}s", "ringTime": f"{_clamped(total)}s"}
        elif each is not None:
            spec["ringTime"] = f"{each}s"
        if after is not None and not outcome.is_paging:
            spec["noAnswer"] = after
        key = json.dumps(spec, sort_keys=True)
        if number is None and key in self._groups:
            return self._groups[key]
        name = self._work.names.new("RingGroup", wanted)
        self._groups.setdefault(key, name)
        self._work.add("RingGroup", name, {"number": number or name[:32], **spec}, outcome.mark)
        return name

    def forwarding(self, number: str, outcome: Rings) -> list[dict[str, object]]:
        """Of an extension: where its calls go that it does not take."""
        found: list[dict[str, object]] = []
        words = {Failure.OFFLINE: ("offline",), Failure.NO_ANSWER: ("noAnswer",), Failure.BUSY: ("busy", "unavailable")}
        for failure, whens in words.items():
            then = outcome.then[failure]
            if isinstance(then, Ends):
                continue
            to = self.to(then, f"{number}-then")
            if to is None or to == {"extension": number}:
                continue
            found += [{"when": when, "to": to} for when in whens]
        return found

    def _mailbox(self, box: str, mark: Mark) -> dict[str, object] | None:
        if "voicemail" not in FORMS:
            self._work.left(mark, f"voicemail of {shown(box)}", "there is no voicemail yet")
            return None
        number = self.number_of_box(box)
        if self._work.pbx.boxes and box not in self._work.pbx.boxes:
            self._work.left(mark, f"voicemail of {shown(box)}, which has no mailbox there", "nothing is written for it")
            return None
        if number is None:
            self._work.left(mark, f"voicemail of {shown(box)}, which is no extension's", "nothing is written for it")
            return None
        return {"voicemail": number}

    def number_of_box(self, box: str) -> str | None:
        """The extension whose mailbox it is."""
        for name, phone in self._work.pbx.phones.items():
            if phone.box == box and name in self._work.number_of:
                return self._work.number_of[name]
        return box if box in self._work.number_of.values() else None

    # The outside

    def _outside(self, outcome: Outside) -> dict[str, object] | None:
        number = outcome.number.text
        if number is None or not number or not set(number) <= _EXTERNAL or "+" in number[1:] or len(number) > 32:
            self._work.left(
                outcome.mark, "a number outside that depends on what was called", "write {external: NUMBER}"
            )
            return None
        self.wanted_outside.append(outcome)
        return {"external": number}

    # Services

    def _queue(self, outcome: Queues) -> str | None:
        name = outcome.queue
        if name in self._queues:
            return self._queues[name]
        draft = self._work.pbx.queues.get(name)
        members = [self._work.number_of[one] for one in (draft.members if draft else ()) if one in self._work.number_of]
        if draft is None or not members:
            why = "there is no such queue" if draft is None else "it has no members that are known here"
            self._work.left(outcome.mark, f"queue {shown(name)}: {why}", "nothing is written for it")
            return None
        ours = self._queues[name] = self._work.names.new("Queue", name)
        overflow = None if outcome.then is None else self.to(outcome.then, f"{ours}-overflow")
        wait = None if outcome.seconds is None else f"{min(max(outcome.seconds, 10), 43_200)}s"
        spec = told(
            {
                "number": self.numbers.get(("queue", name), ours[:32]),
                "members": members[:500],
                "strategy": draft.strategy if draft.strategy != "simultaneous" else None,
                "memberRingTime": None if draft.member_seconds is None else f"{_clamped(draft.member_seconds)}s",
                "maxCallers": draft.max_callers,
                "maxWait": wait,
                "overflow": overflow,
            }
        )
        if draft.position_seconds:
            spec["announcements"] = {
                "position": True,
                "positionEvery": f"{min(max(draft.position_seconds, 10), 3600)}s",
            }
        self._work.add("Queue", ours, spec, draft.mark)
        return ours

    def _room(self, name: str, mark: Mark) -> str | None:
        if name not in self._rooms:
            draft = self._work.pbx.rooms.get(name) or RoomDraft(mark=mark)
            for pin in (draft.pin, draft.admin_pin):
                if pin and not is_pin(pin):
                    what = f"the PIN of room {shown(name)} is none of 4 to 12 digits"
                    self._work.left(draft.mark, what, "the room is not written, else it would be open to all")
                    return None
            ours = self._rooms[name] = self._work.names.new("Conference", name)
            if draft.is_open and draft.pin:
                what = f"some calls enter room {shown(name)} without the PIN that others are asked for"
                self._work.left(draft.mark, what, "here everybody is asked for it")
            spec = told(
                {
                    "number": self.numbers.get(("room", name), ours[:32]),
                    "pin": self.pin(f"room.{ours}", draft.pin),
                    "adminPin": self.pin(f"room-admin.{ours}", draft.admin_pin),
                    "maxParticipants": None if draft.most is None else min(max(draft.most, 2), 1000),
                }
            )
            self._work.add("Conference", ours, spec, mark)
        return self._rooms[name]

    def _menu(self, key: str) -> str | None:
        if key in self._menus:
            return self._menus[key]
        draft = self._work.pbx.menus.get(key)
        if draft is None:
            return None
        ours = self._menus[key] = self._work.names.new("Receptionist", key)
        menu: dict[str, object] = {}
        for prompt in draft.prompts:
            self._work.left(
                draft.mark, f"the greeting {shown(prompt)} of menu [{key}]", "write greeting: {file: ...} or {say: ...}"
            )
        keys = {
            self._key(draft, pressed): self._action(draft, outcome, f"{ours}-{pressed}")
            for pressed, outcome in draft.keys.items()
        }
        menu |= told({"keys": {pressed: action for pressed, action in keys.items() if action is not None}})
        if draft.seconds is not None:
            menu["timeout"] = f"{min(max(draft.seconds, 1), 120)}s"
        if draft.on_timeout is not None:
            menu |= told({"onTimeout": self._action(draft, draft.on_timeout, f"{ours}-timeout")})
        if draft.on_invalid is not None:
            menu |= told({"onInvalid": self._action(draft, draft.on_invalid, f"{ours}-invalid")})
        spec: dict[str, object] = {"number": self.numbers.get(("menu", key), ours[:32]), "inHours": menu}
        if not draft.has_direct_dial:
            spec["directDial"] = {"enabled": False}
        self._work.add("Receptionist", ours, spec, draft.mark)
        return ours

    def _key(self, draft: MenuDraft, pressed: str) -> str:
        """With # where it is the beginning of somebody's number: then it waits whether more is pressed, as it did there."""
        if not draft.has_direct_dial or pressed.endswith("#"):
            return pressed
        is_longer = any(one.startswith(pressed) and one != pressed for one in self._work.number_of.values())
        return f"{pressed}#" if is_longer else pressed

    def _action(self, draft: MenuDraft, outcome: Outcome, wanted: str) -> object:
        if isinstance(outcome, Menu) and outcome.key == draft.key:
            return "repeat"
        return self.to(outcome, wanted)

    def pin(self, name: str, pin: str | None) -> Mapping[str, str] | None:
        """Where the PIN of a mailbox or room is kept; None if there is none that can be used."""
        if pin is None or not is_pin(pin):
            return None
        file = secret_file(self._work.settings.tenant, f"pin.{name}")
        self._work.out.secrets[file] = pin
        return {"file": file}


def is_pin(text: str) -> bool:
    return 4 <= len(text) <= 12 and text.isascii() and text.isdecimal()


def is_plain(outcome: Rings) -> bool:
    """Nothing comes after it but the end."""
    return all(isinstance(then, Ends) for then in outcome.then.values())


def _clamped(seconds: int | None) -> int | None:
    return None if seconds is None else min(max(seconds, _SECONDS[0]), _SECONDS[1])
