"""What the system allows this process."""

from __future__ import annotations

from typing import Final

from cli.doctor.finding import Finding, ok, problem, unknown, warning
from cli.doctor.machine import Machine
from engine.media.ports import pairs_for

WANTED_BUFFER: Final = 8 * 1024 * 1024
"""What a UDP listener asks for (`engine/runtime/udp_listener.py`)."""
CALLS_FEW: Final = 25
CALLS_FAIR: Final = 250
CONNTRACK_FULL: Final = 0.95
CONNTRACK_HIGH: Final = 0.75
UDP_TIMEOUT_S: Final = 30


def descriptors(machine: Machine) -> list[Finding]:
    limit = machine.descriptors
    if limit is None:
        return [unknown("how many files may be open is not known", "look at ulimit -Hn")]
    pairs = pairs_for(limit)
    shown = "any number of" if limit < 0 else f"{limit:,}"
    if machine.media is not None:
        pairs = min(pairs, (machine.media.last_port + 1 - machine.media.first_port) // 2)
    calls = pairs // 2
    said = f"{shown} files may be open: room for {calls:,} calls"
    raise_it = "raise LimitNOFILE= of the unit, or the hard limit (ulimit -Hn), to 65536"
    if limit >= 0 and pairs_for(limit) // 2 < CALLS_FEW:
        return [problem(said, raise_it)]
    if limit >= 0 and pairs_for(limit) // 2 < CALLS_FAIR:
        return [warning(said, raise_it)]
    return [ok(said)]


def buffers(machine: Machine) -> list[Finding]:
    if machine.may_force_buffers:
        return [ok("UDP buffers may be as deep as we ask for (CAP_NET_ADMIN)")]
    found: list[Finding] = []
    for name, most in (("rmem_max", machine.receive_buffer), ("wmem_max", machine.send_buffer)):
        if most is None:
            found.append(unknown(f"net.core.{name} can't be read"))
        elif most < WANTED_BUFFER:
            found.append(
                warning(
                    f"net.core.{name} is {most:,} bytes, {WANTED_BUFFER:,} are asked for: a burst may be lost",
                    f"sysctl -w net.core.{name}={WANTED_BUFFER} (and in /etc/sysctl.d)",
                )
            )
    return found or [ok(f"UDP buffers may have {WANTED_BUFFER:,} bytes")]


def conntrack(machine: Machine) -> list[Finding]:
    table = machine.conntrack
    if table is None:
        return [ok("no table of connections: the firewall does not follow any")]
    share = table.count / table.most if table.most else 1.0
    said = f"{table.count:,} of {table.most:,} entries of the firewall's table are in use"
    more = f"sysctl -w net.netfilter.nf_conntrack_max={2 * table.most}, or let SIP and audio past it (notrack)"
    found: list[Finding] = []
    if share >= CONNTRACK_FULL:
        found.append(problem(f"{said}: packets are dropped when it is full", more))
    elif share >= CONNTRACK_HIGH:
        found.append(warning(said, more))
    if table.udp_timeout_s is not None and table.udp_timeout_s < UDP_TIMEOUT_S:
        found.append(
            warning(
                f"the firewall forgets UDP after {table.udp_timeout_s} s",
                f"sysctl -w net.netfilter.nf_conntrack_udp_timeout={UDP_TIMEOUT_S}",
            )
        )
    return found or [ok(said)]
