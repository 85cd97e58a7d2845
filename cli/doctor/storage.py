"""Where records live."""

from __future__ import annotations

from typing import Final

from cli.doctor.finding import Finding, ok, problem, unknown, warning
from cli.doctor.machine import Machine

MEBI: Final = 1024 * 1024
LITTLE_BYTES: Final = 200 * MEBI
FAIR_BYTES: Final = 2048 * MEBI
REMOTE: Final = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "9p", "afs", "fuse.sshfs", "fuse.glusterfs", "ceph", "vboxsf"}
)
PASSING: Final = frozenset({"tmpfs", "ramfs", "overlay"})
BACKLOG_BYTES: Final = 64 * MEBI


def disk(machine: Machine) -> list[Finding]:
    folder = machine.folder
    if not folder.exists:
        return [unknown(f"there is no data folder {folder.path} yet")]
    said = f"{folder.free_bytes / MEBI:,.0f} of {folder.total_bytes / MEBI:,.0f} MiB are free at {folder.path}"
    room = "make room, or shorten Tenant.spec.retention; when it is full, records wait in bounded memory"
    if folder.free_bytes < LITTLE_BYTES:
        return [problem(said, room)]
    if folder.free_bytes < FAIR_BYTES:
        return [warning(said, room)]
    return [ok(said)]


def folder(machine: Machine) -> list[Finding]:
    place = machine.folder
    if not place.exists:
        return [
            warning(f"there is no data folder {place.path}", "trunkline serve makes it; or name another with --data")
        ]
    found: list[Finding] = []
    if not place.writable:
        found.append(
            problem(f"{place.path} can't be written by this user", "run this as the server's user, or chown the folder")
        )
    if place.mode & 0o077:
        found.append(
            warning(f"{place.path} is open to others (mode {place.mode & 0o777:03o})", f"chmod 700 {place.path}")
        )
    found += [
        problem(f"the secret {name} can be read by others", f"chmod 600 {place.path}/{name}, and change the secret")
        for name in place.open_secrets
        if place.mode & 0o077
    ]
    return found or [ok(f"{place.path} is writable, and nobody else's")]


def filesystem(machine: Machine) -> list[Finding]:
    place = machine.folder
    if not place.exists:
        return [unknown(f"there is no data folder {place.path} yet")]
    if place.filesystem in REMOTE:
        return [
            problem(
                f"{place.path} is on {place.filesystem}: SQLite's log (WAL) does not work over a network, records may be lost",
                "put the data folder on a disk of this machine, or name a PostgreSQL database",
            )
        ]
    if place.filesystem in PASSING:
        return [
            warning(
                f"{place.path} is on {place.filesystem}: it is gone with the next start of this machine or container",
                "mount a volume there",
            )
        ]
    return [ok(f"{place.path} is on {place.filesystem}")]


def database(machine: Machine) -> list[Finding]:
    found = machine.database
    if not found.exists:
        return [ok("there is no database yet")]
    if found.check is None:
        return [
            unknown("the database is so large that its check was given up", "sqlite3 trunkline.db 'PRAGMA quick_check'")
        ]
    if found.check != "ok":
        return [
            problem(
                f"the database is damaged: {found.check}",
                "stop the server, keep a copy, `sqlite3 trunkline.db .recover | sqlite3 new.db`, and put that in its place",
            )
        ]
    return [ok("SQLite finds nothing wrong with the database")]


def journal(machine: Machine) -> list[Finding]:
    found = machine.database
    said = f"{found.journal_bytes / MEBI:,.1f} MiB in {found.journal_files} files of the journal"
    if machine.server is not None and not machine.server.storage_ok:
        return [problem(f"records are not stored: {said}", "trunkline get status says why; they are kept meanwhile")]
    if found.journal_bytes > BACKLOG_BYTES:
        return [warning(f"{said}: the database does not keep up", "look for a slow disk, or what locks the database")]
    return [ok(said)]
