"""A folder of Asterisk's files into a `ForeignPbx`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from schema.foreign.asterisk.accounts import Found, read_chan_sip
from schema.foreign.asterisk.config_file import read_sections
from schema.foreign.asterisk.dial_plan import read_dial_plan
from schema.foreign.asterisk.machine import Machine
from schema.foreign.asterisk.pjsip import read_pjsip
from schema.foreign.asterisk.rooms import read_rooms
from schema.foreign.asterisk.services import read_boxes, read_music, read_ports, read_queues
from schema.foreign.asterisk.targets import Accounts
from schema.foreign.digits import ANY, Digits, Rest
from schema.foreign.pbx import ForeignPbx, Leftovers, NotRead, Row
from schema.mark import Mark

DIALLED: Final = frozenset("0123456789*#+")
LONGEST_KEY: Final = 2
NOT_READ: Final[Mapping[str, str]] = {
    "users.conf": "it is not read: write these people as Extensions, or import them as a table",
    "iax.conf": "only SIP is carried over",
    "chan_dahdi.conf": "only SIP is carried over",
    "sccp.conf": "only SIP is carried over; phones of this sort need SIP firmware",
    "skinny.conf": "only SIP is carried over; phones of this sort need SIP firmware",
    "followme.conf": "write forwarding of the Extensions, or RingGroups",
    "agents.conf": "name the agents' phones as members of the queues",
}
"""Files that have a part in where calls go, and what is to be done instead."""


def read_asterisk(files: Mapping[str, str], leftovers: Leftovers) -> ForeignPbx:
    """`files`: texts by path within the folder. NotRead, with the place, for what can't be read or must not be followed."""
    if "extensions.conf" not in files and not {"pjsip.conf", "sip.conf"} & files.keys():
        mark = Mark("extensions.conf", 1, 1)
        raise NotRead(
            mark,
            "the folder has neither extensions.conf nor pjsip.conf nor sip.conf",
            "name the folder of Asterisk's files",
        )
    found = _accounts(files, leftovers)
    plan = read_dial_plan(read_sections(files, "extensions.conf"), leftovers)
    for name in sorted(NOT_READ.keys() & files.keys()):
        sections = [one for one in read_sections(files, name) if one.name != "general" and not one.is_template]
        if sections:
            leftovers.add(sections[0].mark, f"what {name} says, of [{sections[0].name}] and others", NOT_READ[name])
    if "extensions.ael" in files or "extensions.lua" in files:
        name = "extensions.ael" if "extensions.ael" in files else "extensions.lua"
        leftovers.add(Mark(name, 1, 1), f"the dial plan in {name}", "only extensions.conf is read")
    queues = read_queues(read_sections(files, "queues.conf"), leftovers)
    boxes = read_boxes(read_sections(files, "voicemail.conf"), leftovers)
    callers = (phone.caller_number for phone in found.phones.values())
    numbers = (name for context in plan.contexts.values() for name in context.extens if set(name) <= DIALLED)
    candidates = frozenset([*found.phones, *boxes, *queues, *callers, *numbers])
    accounts = Accounts(frozenset(found.phones), frozenset(found.carriers), found.elsewhere)
    machine = Machine(plan, accounts, leftovers, candidates - {""}, read_rooms(files))
    read_music(read_sections(files, "musiconhold.conf"), leftovers)
    contexts = sorted({phone.context for phone in found.phones.values()})
    for context in contexts:
        if context not in plan.contexts and "extensions.conf" in files:
            phone = next(phone for phone in found.phones.values() if phone.context == context)
            leftovers.add(
                phone.mark,
                f"calls of [{phone.name}] begin in context [{context}], which there is not",
                "write rules for them",
            )
    inside = {context: machine.rows(context) for context in contexts}
    arriving: dict[str, list[Row]] = {}
    for name, carrier in found.carriers.items():
        arriving[name] = machine.rows(carrier.context, _called(carrier.contact_user)) if carrier.context else []
        arriving[name] = _without_keys(arriving[name], machine)
        if not arriving[name]:
            what = f"calls of carrier [{name}] begin in context [{carrier.context}], which leads nowhere that is known here"
            leftovers.add(carrier.mark, what, "write InboundRules for them")
    begun = {carrier.context for carrier in found.carriers.values()}
    for asked in [one for one in plan.contexts.values() if one.name not in begun]:
        for exten in asked.screening:
            machine.left_screening(asked.name, exten)
    return ForeignPbx(
        phones=found.phones,
        carriers=found.carriers,
        inside=inside,
        arriving=arriving,
        queues=queues,
        boxes=boxes,
        menus=machine.menus,
        rooms=machine.rooms.drafts,
        listeners=found.listeners,
        ports=read_ports(read_sections(files, "rtp.conf")),
    )


def _without_keys(rows: list[Row], machine: Machine) -> list[Row]:
    """A carrier's context may include a menu's, whose keys nobody calls from outside."""
    keys = {
        exten.mark
        for draft in machine.menus.values()
        for exten in machine.plan.contexts[draft.key].extens.values()
        if exten.mark != draft.mark and len(exten.name) <= LONGEST_KEY
    }
    return [row for row in rows if row.mark not in keys]


def _called(contact_user: str) -> Digits:
    """The numbers for which a call is at `s`: what our own Contact is called there; whatever, where none is said."""
    return Digits.of(contact_user) if contact_user and contact_user != "s" else Digits((), Rest(ANY, 0))


def _accounts(files: Mapping[str, str], leftovers: Leftovers) -> Found:
    sections = [*read_sections(files, "pjsip.conf"), *read_sections(files, "pjsip_wizard.conf")]
    found = read_pjsip(sections, leftovers)
    old = read_chan_sip(read_sections(files, "sip.conf"), leftovers)
    if not found.has_any:
        return old
    for kind, names in (("phone", _new(old.phones, found.phones)), ("carrier", _new(old.carriers, found.carriers))):
        for name in names:
            account = old.phones[name] if kind == "phone" else old.carriers[name]
            leftovers.add(account.mark, f"{kind} [{name}] of sip.conf", "pjsip.conf is there, so sip.conf is not read")
    return found


def _new(old: Mapping[str, object], known: Mapping[str, object]) -> Iterable[str]:
    return [name for name in old if name not in known]
