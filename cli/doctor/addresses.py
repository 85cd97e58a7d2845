"""Addresses and ports: can phones reach what they are told?"""

from __future__ import annotations

from ipaddress import ip_address

from cli.doctor.finding import Finding, ok, problem, unknown, warning
from cli.doctor.machine import Machine

PAIRS_FEW = 100
NO_CONFIGURATION = (
    "there is no configuration to look at: nothing was applied on this data folder, and no MANIFESTS are named"
)
NAME_THEM = "name them: trunkline doctor MANIFESTS"


def advertised(machine: Machine) -> list[Finding]:
    if machine.listeners is None or machine.media is None:
        return [unknown(NO_CONFIGURATION, NAME_THEM)]
    places = [(f"listener {one.name}", one.host, one.advertised) for one in machine.listeners]
    places.append(("media", machine.media.host, machine.media.advertised))
    found: list[Finding] = []
    for where, bound, told in dict.fromkeys(places):
        found += _advertised(machine, where, bound, told)
    return found or [ok("phones are told " + ", ".join(sorted({told for _, _, told in places})))]


def _advertised(machine: Machine, where: str, bound: str, told: str) -> list[Finding]:
    if bound in machine.named and bound not in machine.local:
        return [
            problem(
                f"{where}: {bound} is no address of this machine",
                "start with --host and one of this machine's addresses (`ip address`), or correct `address` in the manifest",
            )
        ]
    address, of_socket = ip_address(told), ip_address(bound)
    if address.is_loopback and not of_socket.is_loopback:
        return [
            problem(
                f"{where}: phones are told {told}, which is each phone itself, while {bound} is listened on",
                "write the address that phones reach this machine at as `advertisedAddress`",
            )
        ]
    if address.is_loopback:
        return [
            warning(
                f"{where}: {told} is reached from this machine only",
                "for phones on the network start with --host and this machine's address there",
            )
        ]
    if address.is_private and machine.trunk_is_public:
        return [
            warning(
                f"{where}: {told} is a private address, and a trunk's servers are on the internet: their audio can't reach it",
                "behind NAT write the public address as `advertisedAddress` and forward the ports; see examples/nat",
            )
        ]
    return []


def ports(machine: Machine) -> list[Finding]:
    if machine.listeners is None:
        return [unknown(NO_CONFIGURATION, NAME_THEM)]
    found: list[Finding] = []
    for one in machine.listeners:
        where = f"listener {one.name}: {one.transport} {one.host}:{one.port}"
        held = f"; {one.holder} has the port" if one.holder is not None else ""
        if one.listens is False or (one.listens is None and one.refusal is not None):
            found.append(
                problem(
                    f"{where} {'is not listened on' if one.listens is False else 'can not be bound'}: {one.refusal}{held}",
                    "end that program, or give the listener another port"
                    if held
                    else "correct the listener's address or port",
                )
            )
        else:
            found.append(ok(f"{where} is {'listened on' if one.listens else 'free'}"))
    return found or [problem("there is no listener: no phone can register", "write a Listener")]


def media_ports(machine: Machine) -> list[Finding]:
    media = machine.media
    if media is None:
        return [unknown(NO_CONFIGURATION, NAME_THEM)]
    pairs = (media.last_port + 1 - media.first_port - media.first_port % 2) // 2
    where = f"UDP {media.first_port}-{media.last_port}"
    found: list[Finding] = []
    if media.bindable is False:
        found.append(
            problem(
                f"{where}: no port of it can be bound at {media.host}", "choose another range, or end what holds it"
            )
        )
    if pairs < PAIRS_FEW:
        found.append(warning(f"{where} has room for {pairs // 2} calls", "widen System.spec.media.ports"))
    found += [
        problem(f"{where} holds the port of listener {one.name}, {one.port}", "let the range begin elsewhere")
        for one in machine.listeners or ()
        if one.transport == "udp" and media.first_port <= one.port <= media.last_port
    ]
    found += _handed_out(machine, media.first_port, media.last_port, where)
    return found or [ok(f"{where}: room for {pairs // 2} calls")]


def _handed_out(machine: Machine, first: int, last: int, where: str) -> list[Finding]:
    """Ports that the kernel gives to any program that asks for one are taken when a call needs them."""
    if machine.local_ports is None:
        return [unknown("which ports the kernel hands out is not known", "look at net.ipv4.ip_local_port_range")]
    begin, end = max(first, machine.local_ports[0]), min(last, machine.local_ports[1])
    if begin > end:
        return []
    reserved = sum(max(0, min(end, b) - max(begin, a) + 1) for a, b in machine.reserved_ports)
    if reserved >= end - begin + 1:
        return []
    return [
        warning(
            f"{where}: the kernel hands out {begin}-{end} of it to other programs",
            f"sysctl -w net.ipv4.ip_local_reserved_ports={begin}-{end} (and in /etc/sysctl.d), or choose a range outside",
        )
    ]


def encryption(machine: Machine) -> list[Finding]:
    if machine.listeners is None:
        return [unknown(NO_CONFIGURATION, NAME_THEM)]
    open_ones = [
        one for one in machine.listeners if one.transport in ("udp", "tcp") and not ip_address(one.host).is_loopback
    ]
    if not open_ones:
        return [ok("no listener without encryption is open to a network")]
    names = ", ".join(one.name for one in open_ones)
    return [
        warning(
            f"SIP and audio of {names} are not encrypted: whoever is on the way can listen (TLS is not supported yet)",
            "let phones outside your own network come through a VPN",
        )
    ]
