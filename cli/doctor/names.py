"""DNS: resolvers, and the names that trunks need."""

from __future__ import annotations

from typing import Final

from cli.doctor.finding import Finding, ok, problem, unknown, warning
from cli.doctor.machine import Machine

SLOW_MS: Final = 500


def resolvers(machine: Machine) -> list[Finding]:
    asked = machine.resolvers
    if asked is None:
        return [unknown("which DNS servers this machine asks is not known", "look at /etc/resolv.conf")]
    needed = bool(machine.names)
    silent = [address for address, took_ms in asked if took_ms is None]
    if not asked or len(silent) == len(asked):
        said = f"no DNS server answers: {', '.join(silent)}" if silent else "no DNS server is configured"
        do = "correct /etc/resolv.conf, or System.spec.dnsServers"
        return [problem(said, do) if needed else warning(said, do)]
    found = [
        warning(f"DNS server {one} does not answer: each question waits for it", "take it out of /etc/resolv.conf")
        for one in silent
    ]
    found += [
        warning(f"DNS server {one} takes {took_ms:.0f} ms", "ask one that is nearer")
        for one, took_ms in asked
        if took_ms is not None and took_ms > SLOW_MS
    ]
    return found or [ok("DNS servers answer: " + ", ".join(f"{one} in {took_ms:.0f} ms" for one, took_ms in asked))]


def names(machine: Machine) -> list[Finding]:
    if not machine.names:
        return [ok("no trunk needs a name resolved")]
    found: list[Finding] = []
    for one in machine.names:
        if one.found:
            found.append(ok(f"trunk {one.trunk}: {one.name} is {', '.join(one.found)}"))
        else:
            found.append(
                problem(
                    f"trunk {one.trunk}: {one.name} does not resolve: {one.error}",
                    "correct the name in the Trunk, or the zone: NAPTR, SRV or an address",
                )
            )
    return found
