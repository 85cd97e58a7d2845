"""Conference rooms: confbridge.conf's profiles, meetme.conf's rooms, and what ConfBridge and MeetMe are told in the dial plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from schema.foreign.asterisk.arguments import split_arguments
from schema.foreign.asterisk.config_file import Section, read_sections
from schema.foreign.pbx import RoomDraft
from schema.mark import Mark

PIN_SET: Final = "confbridge(user,pin)"
"""The function by which the dial plan says the PIN itself, without its spaces."""
_YES: Final = frozenset({"yes", "true", "y", "1", "on"})
USER: Final = "default_user"
BRIDGE: Final = "default_bridge"
"""The profiles that count where none is named."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """How one enters. `most`: of the room."""

    pin: str = field(default="", repr=False)
    admin_pin: str = field(default="", repr=False)
    is_admin: bool = False


class Rooms:
    """`drafts`: those that calls were seen to enter, by name."""

    def __init__(self, confbridge: Sequence[Section], meetme: Sequence[Section]) -> None:
        sections = [section for section in confbridge if not section.is_template]
        self._users = {section.name: _user(section) for section in sections if section.value("type") == "user"}
        self._most = {section.name: _whole(section.value("max_members")) for section in sections}
        self._meetme = dict(_meetme(meetme))
        self.drafts: dict[str, RoomDraft] = {}

    def enter(self, name: str, application: str, arguments: Sequence[str], pin: str, mark: Mark) -> None:
        """A call enters by `ConfBridge(name,bridge,user,menu)` or `MeetMe(name,options,pin)`. `pin`: that was set before."""
        given = [*arguments, "", "", ""]
        draft = self.drafts.setdefault(name, RoomDraft(mark=mark))
        if application == "confbridge":
            entry = self._users.get(given[2].strip() or USER, _Entry())
            entry = replace(entry, pin=pin or entry.pin)
            draft.most = draft.most or self._most.get(given[1].strip() or BRIDGE)
        else:
            known = self._meetme.get(name, _Entry())
            entry = _Entry(given[2].strip() or known.pin, known.admin_pin)
        if entry.is_admin:
            draft.admin_pin = draft.admin_pin or entry.pin
        else:
            draft.pin = draft.pin or entry.pin
            draft.admin_pin = draft.admin_pin or entry.admin_pin
        draft.is_open = draft.is_open or not entry.pin


def read_rooms(files: Mapping[str, str]) -> Rooms:
    return Rooms(read_sections(files, "confbridge.conf"), read_sections(files, "meetme.conf"))


def _user(section: Section) -> _Entry:
    return _Entry(section.value("pin"), is_admin=section.value("admin").lower() in _YES)


def _meetme(sections: Sequence[Section]) -> list[tuple[str, _Entry]]:
    """`conf => 1234,PIN,ADMINPIN`."""
    found = []
    for section in sections:
        for entry in section.all("conf"):
            name, pin, admin_pin, *_ = [*(part.strip() for part in split_arguments(entry.value)), "", "", ""]
            found.append((name, _Entry(pin, admin_pin)))
    return found


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and 0 < len(text) < 7 and int(text) > 0 else None
