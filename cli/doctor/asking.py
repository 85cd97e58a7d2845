"""What the running server says of itself, over its control socket."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import httpx

from api import control_socket
from cli.client import ClientError, ask, control_client
from cli.doctor.machine import HeldFact, PhoneFact, ServerFact, TrunkFact

Item = Mapping[str, object]
MOST_PHONES: Final = 20_000
PAGE: Final = "1000"


def server(data: Path) -> tuple[ServerFact, tuple[Item, ...]] | None:
    """The server and its listeners; None if none answers."""
    try:
        with control_client(data) as client:
            status = ask(client, "/v1/status", {})
            listeners = tuple(_items(client, "/v1/listeners"))
            trunks = tuple([_trunk(one) for one in _items(client, "/v1/trunks")])
            phones = tuple([_phone(one) for one in _items(client, "/v1/registrations")])
            figures = client.get("/metrics").text
    except ClientError:
        return None
    engine, reconcile = _object(status, "engine"), _object(status, "reconcile")
    counters = _object(engine, "counters")
    unreadable = sum(
        int(str(count)) for words, count in counters.items() if words.startswith(("unreadable", "refused: 400"))
    )
    problem = reconcile.get("source_problem")
    return (
        ServerFact(
            pid=_pid(data),
            compiled_media=str(engine.get("media")).startswith("native"),
            storage_ok="\ntrunkline_storage_ok 0.0" not in figures,
            source_problem=None if problem is None else str(problem),
            held=tuple(_held(reconcile)),
            warnings=tuple(_warnings(reconcile)),
            trunks=trunks,
            phones=phones,
            unreadable=unreadable,
            received=len(phones) + sum(int(str(count)) for count in counters.values()),
        ),
        listeners,
    )


def _items(client: httpx.Client, path: str) -> Iterator[Item]:
    """All pages, up to a bound."""
    query = {"limit": PAGE}
    count = 0
    while True:
        page = ask(client, path, query)
        items = page.get("items")
        for one in items if isinstance(items, list) else []:
            if isinstance(one, dict):
                count += 1
                yield one
        following = page.get("next")
        if not isinstance(following, str) or count >= MOST_PHONES:
            return
        query = {"limit": PAGE, "cursor": following}


def _object(value: Item, key: str) -> Item:
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def _held(reconcile: Item) -> Iterator[HeldFact]:
    units = reconcile.get("units")
    for unit in units if isinstance(units, list) else []:
        for condition in unit.get("conditions", []):
            if condition.get("type") == "Applied" and condition.get("is_true") is False:
                yield HeldFact(
                    unit=str(unit.get("unit")),
                    reason=str(condition.get("reason")),
                    message=str(condition.get("message")),
                )


def _warnings(reconcile: Item) -> Iterator[str]:
    warnings = reconcile.get("warnings")
    for one in warnings if isinstance(warnings, list) else []:
        yield f"{one.get('file')}:{one.get('line')}: {one.get('message')} [{one.get('rule')}]"


def _trunk(one: Item) -> TrunkFact:
    tenant = one.get("tenant")
    name = f"{tenant}/{one.get('name')}" if tenant else str(one.get("name"))
    return TrunkFact(name=name, state=str(one.get("state")), reason=str(one.get("reason")))


def _phone(one: Item) -> PhoneFact:
    contact = str(one.get("contact"))
    contact_host, contact_port = parse_contact(contact)
    source_host, _, source_port = str(one.get("source")).rpartition(":")
    return PhoneFact(
        tenant=str(one.get("tenant")),
        number=str(one.get("number")),
        contact_host=contact_host,
        contact_port=contact_port,
        source_host=source_host.strip("[]"),
        source_port=int(source_port) if source_port.isdigit() else 0,
        transport="tcp" if "transport=tcp" in contact.lower() else "udp",
        user_agent=str(one.get("user_agent")),
    )


def parse_contact(contact: str) -> tuple[str, int]:
    """Host and port of a SIP URI, 5060 where it has none."""
    place = contact.partition("sip:")[2].partition(";")[0].partition("?")[0].rpartition("@")[2].strip("<>")
    if place.startswith("["):
        host, _, rest = place[1:].partition("]")
        return host, int(rest[1:]) if rest[1:].isdigit() else 5060
    host, _, port = place.partition(":")
    return host, int(port) if port.isdigit() else 5060


def _pid(data: Path) -> int | None:
    """Of the process at the other end of the control socket."""
    try:
        with control_socket.connect(data, 2.0) as client:
            found = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    except OSError:
        return None
    return int(struct.unpack("3i", found)[0]) or None
