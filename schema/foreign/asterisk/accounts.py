"""What pjsip.conf and sip.conf come to: phones, carriers, sockets."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Final

from schema.foreign.asterisk.config_file import Section
from schema.foreign.pbx import Carrier, Leftovers, ListenerDraft, Phone

_CALLER: Final = re.compile(r'\s*"?([^"<]*?)"?\s*(?:<([^>]*)>)?\s*')
_URI: Final = re.compile(
    r"(?:(sips?):)?(?:([^@;]*)@)?(\[[0-9A-Fa-f:.]+\]|[^:;@\[\]]+)(?::([0-9]{1,5}))?(?:;(.*))?", re.IGNORECASE
)
YES: Final = frozenset({"yes", "true", "y", "t", "1", "on"})


@dataclass(slots=True)
class Found:
    """`elsewhere`: other names of accounts."""

    phones: dict[str, Phone] = field(default_factory=dict)
    carriers: dict[str, Carrier] = field(default_factory=dict)
    listeners: list[ListenerDraft] = field(default_factory=list)
    elsewhere: dict[str, str] = field(default_factory=dict)
    has_any: bool = False


@dataclass(frozen=True, slots=True)
class Uri:
    """`port`: "" = none; `transport`: as its parameter says."""

    user: str
    host: str
    port: str
    transport: str

    @property
    def server(self) -> str:
        """Host and port as we write them."""
        return f"{self.host}:{self.port}" if self.port and self.port != "5060" else self.host


def read_uri(text: str) -> Uri | None:
    """`sip:user:secret@host:port;transport=tcp`."""
    match = _URI.fullmatch(text.strip().strip('"'))
    if match is None:
        return None
    transport = re.search(r"transport=([a-z]+)", match[5] or "", re.IGNORECASE)
    user = (match[2] or "").partition(":")[0]
    return Uri(user, match[3].lower(), match[4] or "", transport[1].lower() if transport else "")


def read_caller(text: str) -> tuple[str, str]:
    """Name and number of `Ada <101>`."""
    match = _CALLER.fullmatch(text)
    if match is None:
        return "", ""
    name, number = match[1].strip(), (match[2] or "").strip()
    return ("", name) if not number and name.isdecimal() else (name, number)


def address_of(text: str) -> str | None:
    """A network as we write it; None if it is a name."""
    try:
        network = ip_network(text.strip(), strict=False)
    except ValueError:
        return None
    return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)


# sip.conf


def read_chan_sip(sections: Sequence[Section], leftovers: Leftovers) -> Found:
    """Peers of sip.conf; `host=dynamic` makes a phone of one."""
    found = Found()
    registers: list[tuple[Section, str]] = []
    for section in sections:
        if section.is_template:
            continue
        found.has_any = True
        if section.name == "general":
            _sockets_of_general(section, found, leftovers)
            registers += [(section, entry.value) for entry in section.all("register")]
        elif section.name != "authentication":
            _peer(section, found, leftovers)
    for section, text in registers:
        _register(section, text, found, leftovers)
    return found


def _sockets_of_general(section: Section, found: Found, leftovers: Leftovers) -> None:
    _, _, bound = section.value("udpbindaddr", section.value("bindaddr")).rpartition(":")
    port = bound if bound.isdecimal() else section.value("bindport", "5060")
    number = int(port) if port.isdecimal() and len(port) < 6 else 5060
    found.listeners.append(ListenerDraft(name="udp", mark=section.mark, transport="udp", port=number))
    if section.value("tcpenable").lower() in YES:
        found.listeners.append(ListenerDraft(name="tcp", mark=section.mark, transport="tcp", port=number))
    if section.value("allowguest", "yes").lower() in YES:
        what, hint = (
            "allowguest lets strangers call (it is on unless it says no)",
            "here nobody calls without a password or a trunk",
        )
        leftovers.add(section.mark, what, hint)


def _peer(section: Section, found: Found, leftovers: Leftovers) -> None:
    name, host = section.name, section.value("host", "dynamic")
    caller_name, caller_number = read_caller(section.value("callerid", section.value("fullname")))
    password = section.value("remotesecret" if host != "dynamic" and section.last("remotesecret") else "secret") or None
    if section.last("md5secret") is not None and password is None:
        leftovers.add(section.mark, f"[{name}] has md5secret only, a hash of its password", "give it a new password")
    user = section.value("defaultuser", section.value("username"))
    context = section.value("context", "default")
    if host == "dynamic":
        found.phones[name] = Phone(
            name=name,
            mark=section.mark,
            auth_user=user or name,
            password=password,
            display_name=caller_name,
            caller_number=caller_number,
            context=context,
            box=section.value("mailbox").split(",")[0].partition("@")[0].strip(),
        )
        return
    networks = [address_of(host)] if address_of(host) else []
    networks += [address_of(entry.value) for entry in section.all("permit")]
    port = section.value("port")
    proxy = read_uri(section.value("outboundproxy")) if section.last("outboundproxy") else None
    found.carriers[name] = Carrier(
        name=name,
        mark=section.mark,
        host=f"{host}:{port}" if port.isdecimal() and port != "5060" else host,
        proxy=proxy.server if proxy else "",
        transport="tcp" if section.value("transport").lower().startswith("tcp") else "udp",
        domain=section.value("fromdomain"),
        auth_user=(user or section.value("fromuser") or name) if password else "",
        password=password,
        addresses=tuple(network for network in dict.fromkeys(networks) if network),
        context=context,
        number=caller_number,
    )


def _register(section: Section, text: str, found: Found, leftovers: Leftovers) -> None:
    """`[transport://][peer?]user[@domain][:secret[:authuser]]@host[:port][/extension][~expiry]`."""
    mark = next((entry.mark for entry in section.all("register") if entry.value == text), section.mark)
    body, _, expiry = text.partition("~")
    body = body.split("?")[-1].split("://")[-1]
    who, at, where = body.rpartition("@")
    host, _, exten = where.partition("/")
    user, *secrets = who.split(":")
    if not at or not host or not user:
        leftovers.add(mark, "a register line can't be read", "write a Trunk with registration")
        return
    name = next(
        (one.name for one in found.carriers.values() if one.host.partition(":")[0] == host.partition(":")[0]), None
    )
    base = found.carriers.get(name or "") or Carrier(
        name=host.partition(":")[0], mark=mark, host=host, context="default"
    )
    found.carriers[base.name] = Carrier(
        name=base.name,
        mark=base.mark,
        host=base.host,
        proxy=base.proxy,
        transport=base.transport,
        domain=base.domain,
        register_user=user.partition("@")[0],
        seconds=int(expiry) if expiry.isdecimal() and len(expiry) < 7 else None,
        auth_user=(secrets[1] if len(secrets) > 1 else base.auth_user) or user.partition("@")[0],
        password=(secrets[0] if secrets else "") or base.password,
        addresses=base.addresses,
        context=base.context,
        contact_user=exten,
        number=base.number,
    )


def named(sections: Sequence[Section], kind: str) -> Mapping[str, Section]:
    """Sections of pjsip.conf of a type, by name."""
    return {
        section.name: section
        for section in sections
        if not section.is_template and section.value("type").lower() == kind
    }
