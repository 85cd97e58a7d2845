"""A folder of FreeSWITCH's files into a `ForeignPbx`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from schema.foreign.freeswitch.dial_plan import variables_asked
from schema.foreign.freeswitch.directory import Found, read_directory
from schema.foreign.freeswitch.document import Node, read_documents
from schema.foreign.freeswitch.machine import Machine
from schema.foreign.pbx import ForeignPbx, Leftovers, NotRead, Row
from schema.mark import Mark
from schema.problem import shown


def read_freeswitch(files: Mapping[str, str], leftovers: Leftovers) -> ForeignPbx:
    """`files`: texts by path within the folder. NotRead, with the place, for what can't be read or must not be followed."""
    if not any(name.startswith(("directory/", "dialplan/")) or name == "freeswitch.xml" for name in files):
        mark = Mark("freeswitch.xml", 1, 1)
        raise NotRead(
            mark, "the folder has neither freeswitch.xml nor directory/ nor dialplan/", "name FreeSWITCH's conf folder"
        )
    root, _ = read_documents(files, leftovers)
    found = read_directory(root, leftovers)
    asked = _of_users(found, variables_asked(root))
    menus = {menu.get("name"): menu for menu in root.all("menu")}
    # Who calls from outside has no variables of users.
    machine = Machine(found, leftovers, {**dict.fromkeys(asked, ""), **found.shared}, menus, _pins(root))
    machine.read(root)
    inside: dict[str, Sequence[Row]] = {}
    phones = dict(found.phones)
    for context, variables, members in _alike(found, asked):
        theirs = replace(machine, shared={**found.shared, **variables})
        theirs.read(root)
        rows = _for_all(theirs.rows(context), leftovers)
        name = next((name for name, known in inside.items() if known == rows), context)
        if inside.get(name, rows) != rows:
            name = f"{context}-{len(inside) + 1}"
        inside[name] = rows
        phones |= {member: replace(phones[member], context=name) for member in members}
    arriving: dict[str, list[Row]] = {}
    for name, carrier in found.carriers.items():
        arriving[name] = machine.rows(carrier.context)
        if not arriving[name]:
            what = f"calls of gateway {shown(name)} begin in context {shown(carrier.context)}, which leads nowhere that is known here"
            leftovers.add(carrier.mark, what, "write InboundRules for them")
    return ForeignPbx(
        phones=phones,
        carriers=found.carriers,
        inside=inside,
        arriving=arriving,
        queues=found.queues,
        boxes=found.boxes,
        menus=machine.menus,
        rooms=machine.rooms,
        listeners=found.listeners,
        ports=_ports(root),
        domain=found.domain if _is_domain(found.domain) else "",
    )


def _of_users(found: Found, asked: Collection[str]) -> list[str]:
    """Those of the variables that any user has."""
    return sorted(name for name in asked if any(name in variables for variables in found.variables.values()))


def _alike(found: Found, asked: Sequence[str]) -> Iterator[tuple[str, Mapping[str, str], Sequence[str]]]:
    """Users of one context of whom the dial plan asks the same: their context, what they have, and who they are."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for phone in found.phones.values():
        variables = found.variables.get(phone.name, {})
        groups.setdefault((phone.context, *(variables.get(name, "") for name in asked)), []).append(phone.name)
    for (context, *values), members in sorted(groups.items()):
        yield context, dict(zip(asked, values, strict=True)), members


def _for_all(rows: list[Row], leftovers: Leftovers) -> list[Row]:
    """Of phones' calls: those that do not ask who calls."""
    for row in rows:
        if row.callers:
            leftovers.add(row.mark, f"{row.pattern} is for some callers only", "it is left out for calls of phones")
    return [row for row in rows if not row.callers]


def _pins(root: Node) -> dict[str, dict[str, str]]:
    """Of conference rooms, by the profile that has them."""
    return {
        profile.get("name"): {name: value for name, (value, _) in profile.named("param").items()}
        for configuration in root.all("configuration")
        if configuration.get("name") == "conference.conf"
        for profile in configuration.all("profile")
    }


def _ports(root: Node) -> tuple[int, int] | None:
    params: dict[str, tuple[str, Mark]] = {}
    for configuration in root.all("configuration"):
        params |= configuration.named("param")
    first, last = (params.get(name, ("", root.mark))[0] for name in ("rtp-start-port", "rtp-end-port"))
    if first.isdecimal() and last.isdecimal() and 1024 <= int(first[:6]) < int(last[:6]) <= 65535:
        return int(first), int(last)
    return None


def _is_domain(text: str) -> bool:
    return (
        bool(text)
        and all(c.isascii() and (c.isalnum() or c in ".-") for c in text)
        and text[0].isalnum()
        and text[-1].isalnum()
    )
