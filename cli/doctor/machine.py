"""The facts that checks judge: this machine, the configuration, and the running server as far as there is one.

None: not known, for whatever reason. Probing makes them (`probe.py`, `asking.py`); tests write them by hand.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerFact:
    """`listens`: whether the running server does, None where none runs; `refusal`: why it can't be bound, or is not; `holder`: which
    program has the port."""

    name: str
    transport: str
    host: str
    port: int
    advertised: str
    listens: bool | None = None
    refusal: str | None = None
    holder: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFact:
    """`bindable`: whether a port of the range could be bound, None where it was not tried."""

    host: str
    advertised: str
    first_port: int
    last_port: int
    bindable: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NameFact:
    """A name of a trunk's server. `found`: its addresses, through NAPTR, SRV or by itself; `error`: why there are none."""

    trunk: str
    name: str
    found: tuple[str, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkFact:
    name: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneFact:
    """A registered contact: where it says that it is, and where it came from."""

    tenant: str
    number: str
    contact_host: str
    contact_port: int
    source_host: str
    source_port: int
    transport: str = "udp"
    user_agent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockFact:
    synchronised: bool
    error_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderFact:
    """The data folder. `mode`: its permission bits; `open_secrets`: files below secrets/ that others may read."""

    path: str
    exists: bool
    writable: bool = True
    mode: int = 0o700
    free_bytes: int = 1 << 40
    total_bytes: int = 1 << 40
    filesystem: str = "ext4"
    open_secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseFact:
    """`check`: what SQLite says of it, "ok" or the fault, None where it took too long; `journal_bytes`: of segments not stored yet."""

    exists: bool
    check: str | None = "ok"
    journal_bytes: int = 0
    journal_files: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ConntrackFact:
    count: int
    most: int
    udp_timeout_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFact:
    """`steal`: share of CPU time that the hypervisor gave to others; `swapped_bytes`: of the server's own memory, or of all."""

    cores: int
    steal: float
    swapped_bytes: int
    kernel: tuple[int, int]
    kernel_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldFact:
    unit: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFact:
    """The running server. `held`: units that don't run what their manifests say; `warnings`: of manifests, in words;
    `unreadable`: messages that could not be read."""

    pid: int | None
    compiled_media: bool
    storage_ok: bool
    source_problem: str | None
    held: tuple[HeldFact, ...]
    warnings: tuple[str, ...] = ()
    trunks: tuple[TrunkFact, ...]
    phones: tuple[PhoneFact, ...]
    unreadable: int
    received: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """`local`: addresses that were asked about and are this machine's; `named`: those and the others; `resolvers`: each with the
    milliseconds that an answer took, None for none; `native`, `compiled`: whether the C media thread, and compiled protocol modules,
    are there; `why_plain`: why not."""

    host: str
    named: frozenset[str]
    local: frozenset[str]
    listeners: tuple[ListenerFact, ...] | None
    media: MediaFact | None
    server: ServerFact | None
    clock: ClockFact | None
    resolvers: tuple[tuple[str, float | None], ...] | None
    names: tuple[NameFact, ...]
    trunk_is_public: bool
    descriptors: int | None
    receive_buffer: int | None
    send_buffer: int | None
    may_force_buffers: bool
    local_ports: tuple[int, int] | None
    reserved_ports: tuple[tuple[int, int], ...]
    folder: FolderFact
    database: DatabaseFact
    conntrack: ConntrackFact | None
    machine: HostFact | None
    native: bool
    compiled: bool
    why_plain: str
