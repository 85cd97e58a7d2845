"""What registered phones tell of the way to them.

A router's SIP helper (application layer gateway) rewrites Contact and Via: audio goes one way, calls end after half a minute. Behind plain
NAT a phone's contact is private and its source public, which is as it should be.
"""

from __future__ import annotations

from collections import Counter
from ipaddress import ip_address
from typing import Final

from cli.doctor.finding import Finding, ok, unknown, warning
from cli.doctor.machine import Machine, PhoneFact

SHOWN: Final = 5
MANY_BEHIND_ONE: Final = 50
UNREADABLE_SHARE: Final = 0.01
TURN_OFF: Final = (
    "switch off `SIP ALG` (`SIP helper`, `SIP fixup`) in the router of that site, or use TCP or another port than 5060"
)


def alg(machine: Machine) -> list[Finding]:
    server = machine.server
    if server is None:
        return [unknown("no server runs: phones can't be looked at")]
    rewritten = [phone for phone in server.phones if _is_rewritten(phone)]
    found: list[Finding] = []
    if rewritten:
        shown = ", ".join(
            f"{one.tenant}/{one.number} (contact {one.contact_host}:{one.contact_port}, from {one.source_host}:{one.source_port})"
            for one in rewritten[:SHOWN]
        )
        found.append(
            warning(
                f"the contacts of {len(rewritten)} phones look as if a router had rewritten them: {shown}", TURN_OFF
            )
        )
    if server.unreadable > 10 and server.unreadable > UNREADABLE_SHARE * server.received:
        found.append(
            warning(
                f"{server.unreadable:,} messages could not be read: a router that rewrites SIP spoils their length",
                TURN_OFF,
            )
        )
    return found or [ok(f"no sign of one in {len(server.phones):,} registrations")]


def _is_rewritten(phone: PhoneFact) -> bool:
    """A public contact that is not where its datagrams come from: a phone behind NAT knows its private address only."""
    if phone.transport != "udp":
        return False
    try:
        contact, source = ip_address(phone.contact_host), ip_address(phone.source_host)
    except ValueError:
        return False  # a name
    if contact.is_private or source.is_private:
        return False
    return (contact, phone.contact_port) != (source, phone.source_port)


def nat(machine: Machine) -> list[Finding]:
    server = machine.server
    if server is None:
        return [unknown("no server runs: phones can't be looked at")]
    behind = Counter(phone.source_host for phone in server.phones if phone.contact_host != phone.source_host)
    found = [
        warning(
            f"{count} phones come from {host}: one that guesses passwords has all of them banned",
            "write the address into System.spec.security.allow, if it is a site of yours",
        )
        for host, count in behind.most_common(SHOWN)
        if count >= MANY_BEHIND_ONE
    ]
    return found or [ok(f"at most {max(behind.values(), default=0)} phones behind one address")]
