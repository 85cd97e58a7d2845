"""What can be bound here, who has a port, what DNS says. Nothing is sent but DNS questions."""

from __future__ import annotations

import errno
import socket
import time
from ipaddress import ip_address
from pathlib import Path
from typing import Final

import dns.exception
import dns.message
import dns.query
import dns.rdatatype
import dns.resolver

PROC: Final = Path("/proc")
ANSWER_S: Final = 2.0
_LISTENING: Final = "0A"
_KINDS: Final = {"udp": socket.SOCK_DGRAM, "tcp": socket.SOCK_STREAM}


def is_local(address: str) -> bool:
    """Whether it is this machine's: whether something can be bound there."""
    return refusal("udp", address, 0) is None


def refusal(transport: str, address: str, port: int) -> str | None:
    """Why that can't be bound now; None if it can. What was bound is closed again."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, _KINDS[transport]) as tried:
            if transport == "tcp":
                tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does
            tried.bind((address, port))
    except OSError as error:
        return {
            errno.EADDRINUSE: "another program has the port",
            errno.EADDRNOTAVAIL: "the address is not this machine's",
            errno.EACCES: "ports below 1024 need CAP_NET_BIND_SERVICE",
        }.get(error.errno or 0, error.strerror or str(error))
    return None


def holder(transport: str, address: str, port: int) -> str | None:
    """Which program has the port, as `name (process N)`; None if that can't be seen from here."""
    inodes: set[str] = set()
    for table in (transport, f"{transport}6"):
        try:
            inodes |= parse_sockets((PROC / "net" / table).read_text("ascii"), port, only_listening=transport == "tcp")
        except OSError:
            continue
    if not inodes:
        return None
    for process in sorted(PROC.glob("[0-9]*"), key=lambda path: int(path.name)):
        try:
            for descriptor in (process / "fd").iterdir():
                target = str(descriptor.readlink())
                if target.startswith("socket:[") and target[8:-1] in inodes:
                    return f"{(process / 'comm').read_text('utf-8').strip()} (process {process.name})"
        except OSError:
            continue
    return None


def parse_sockets(table: str, port: int, *, only_listening: bool) -> set[str]:
    """Inodes of the sockets of /proc/net/udp or tcp with that local port."""
    found: set[str] = set()
    for line in table.splitlines()[1:]:
        cells = line.split()
        if len(cells) < 10 or int(cells[1].rpartition(":")[2], 16) != port:
            continue
        if not only_listening or cells[3] == _LISTENING:
            found.add(cells[9])
    return found


def resolvers(own: tuple[str, ...]) -> tuple[tuple[str, float | None], ...] | None:
    """The servers that are asked (`own`: of the System, else this machine's), each with the milliseconds of an answer."""
    try:
        servers = list(own) or [str(one) for one in dns.resolver.Resolver().nameservers]
    except dns.exception.DNSException:
        return ()
    except OSError:
        return None
    return tuple([(server, _asked_ms(server)) for server in servers])


def _asked_ms(server: str) -> float | None:
    host, port = split(server)
    question = dns.message.make_query(".", dns.rdatatype.NS)
    began = time.monotonic()
    try:
        dns.query.udp(question, host, timeout=ANSWER_S, port=port, ignore_unexpected=True)
    except (dns.exception.DNSException, OSError, ValueError):
        return None
    return (time.monotonic() - began) * 1000


def split(server: str) -> tuple[str, int]:
    """An address, perhaps with a port; 53 without one."""
    try:
        return str(ip_address(server)), 53
    except ValueError:
        host, _, port = server.rpartition(":")
        return host.strip("[]"), int(port)


def lookup(name: str, port: int, transport: str, own: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """What a server's name leads to (RFC 3263 §4): without a port SRV, then addresses; and why to nothing."""
    resolver = dns.resolver.Resolver(configure=not own)
    if own:
        resolver.nameservers = [split(one)[0] for one in own]
        resolver.port = split(own[0])[1]
    resolver.lifetime = 2 * ANSWER_S
    error = "no address"
    names = [name]
    if not port:
        found, _ = _ask(resolver, _service(resolver, name, transport), "SRV")
        names = [text.split()[3].rstrip(".") for text in found] or names
    addresses: list[str] = []
    for one in names:
        for kind in ("A", "AAAA"):
            texts, said = _ask(resolver, one, kind)
            addresses += texts
            error = said or error
    return tuple(dict.fromkeys(addresses)), "" if addresses else error


def _service(resolver: dns.resolver.Resolver, name: str, transport: str) -> str:
    """Where its SRV records are: as NAPTR says for the transport, else at the usual place (RFC 3263 §4.1)."""
    wanted = f'"SIP+D2{transport[0].upper()}"'
    for text in sorted(_ask(resolver, name, "NAPTR")[0], key=lambda text: [int(one) for one in text.split()[:2]]):
        cells = text.split()
        if len(cells) == 6 and cells[3].upper() == wanted:
            return cells[5].rstrip(".")
    return f"_sip._{transport}.{name}"


def _ask(resolver: dns.resolver.Resolver, name: str, kind: str) -> tuple[list[str], str]:
    try:
        return [record.to_text() for record in resolver.resolve(name, kind)], ""
    except dns.resolver.NXDOMAIN:
        return [], "the name does not exist"
    except dns.resolver.NoAnswer:
        return [], ""
    except dns.exception.DNSException as error:
        return [], str(error).partition(":")[0] or type(error).__name__
