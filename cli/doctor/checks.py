"""All checks, in the order in which they are told. Each is a function of the facts, in the file of its subject; docs/doctor.md is drawn
from here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cli.doctor import addresses, limits, machine_checks, names, phones, serving, storage
from cli.doctor.finding import Finding
from cli.doctor.machine import Machine


@dataclass(frozen=True, slots=True)
class Check:
    """`about`: what is looked at, for the page; `judge`: one finding at least."""

    id: str
    about: str
    judge: Callable[[Machine], list[Finding]]


CHECKS: Final[tuple[Check, ...]] = (
    Check("server", "whether a server answers on the data folder, and stores what happens", serving.server),
    Check(
        "manifests",
        "whether the manifests are followed, which tenants are held back and why, and what the server warns of",
        serving.manifests,
    ),
    Check("trunks", "trunks that no call goes over", serving.trunks),
    Check(
        "address",
        "whether what phones are told is an address of this machine that they can reach",
        addresses.advertised,
    ),
    Check("ports", "SIP ports: bound by the server, or free for it; which program holds one", addresses.ports),
    Check(
        "media-ports",
        "the range of audio ports: room, and what the kernel hands to others from it",
        addresses.media_ports,
    ),
    Check("encryption", "whether phones may use TLS", addresses.encryption),
    Check("resolvers", "whether the DNS servers of this machine answer", names.resolvers),
    Check("names", "whether the names of trunks' servers resolve (NAPTR, SRV, addresses)", names.names),
    Check("clock", "whether the clock is synchronised: call records and digest nonces need it", machine_checks.clock),
    Check("descriptors", "files that may be open, against what audio ports need", limits.descriptors),
    Check("buffers", "how deep UDP buffers may be: a burst of registrations must fit", limits.buffers),
    Check("conntrack", "the firewall's table of connections: when it is full, packets are dropped", limits.conntrack),
    Check("disk", "room for records and the journal", storage.disk),
    Check("folder", "the data folder: there, writable, nobody else's", storage.folder),
    Check("filesystem", "whether SQLite can lock and keep its log where the data folder is", storage.filesystem),
    Check("database", "SQLite's own quick check of the database", storage.database),
    Check("journal", "call records that wait in the journal for the database", storage.journal),
    Check("cpu", "cores, and CPU time that the hypervisor gives to others", machine_checks.cpu),
    Check("memory", "whether the server is swapped out", machine_checks.memory),
    Check("kernel", "whether the kernel has what the media thread uses", machine_checks.kernel),
    Check("media", "whether audio is moved by native code", machine_checks.media),
    Check("compiled", "whether the protocol modules run compiled", machine_checks.compiled),
    Check("alg", "signs of a router that rewrites SIP (an application layer gateway)", phones.alg),
    Check("nat", "many phones behind one address", phones.nat),
)
