"""A folder of FreeSWITCH's files into a `ForeignPbx`."""

from __future__ import annotations

from collections.abc import Mapping

from schema.foreign.freeswitch.directory import read_directory
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
    machine = Machine(found, leftovers, {menu.get("name"): menu for menu in root.all("menu")})
    machine.read(root)
    contexts = sorted({phone.context for phone in found.phones.values()})
    inside = {context: machine.rows(context) for context in contexts}
    arriving: dict[str, list[Row]] = {}
    for name, carrier in found.carriers.items():
        arriving[name] = machine.rows(carrier.context)
        if not arriving[name]:
            what = f"calls of gateway {shown(name)} begin in context {shown(carrier.context)}, which leads nowhere that is known here"
            leftovers.add(carrier.mark, what, "write InboundRules for them")
    return ForeignPbx(
        phones=found.phones,
        carriers=found.carriers,
        inside=inside,
        arriving=arriving,
        queues=found.queues,
        boxes=found.boxes,
        menus=machine.menus,
        listeners=found.listeners,
        ports=_ports(root),
        domain=found.domain if _is_domain(found.domain) else "",
    )


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
