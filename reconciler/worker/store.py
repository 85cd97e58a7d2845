"""What was applied last, on disk: so that a restart serves it at once, and a tenant that is broken now stays at its last good one.

    state/applied.json       which units run at which revision, and the manifests they were compiled from
    state/compiled.json      the same, compiled: rows that the parent loads without the child
    state/revisions/N.json   applied.json of the last revisions
    state/blobs/ab/abc...    contents of manifests, by SHA-256
    state/hold.json          why following rests, if it does
    state/sealed.json        the files with secrets of what runs, as SOPS and age encrypted them

`applied.json` is renamed into place last; `compiled.json` names the one it belongs to. So a crash at any moment leaves the state
before or the state after, at worst without its cache, which is compiled anew. Nothing here holds a secret that can be read without our key.
"""

from __future__ import annotations

import json
import os
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

from engine.config.ref import ConfigRef, Origin, Revision
from reconciler.compile.rows import LAYOUT, from_row, to_row
from reconciler.errors import StateCorrupt
from reconciler.source.commit import GitCommit
from reconciler.state import DesiredState, UnitChange, UnitState
from reconciler.worker.order import Account, Hold, Trigger

FORMAT: Final = 1
KEPT_REVISIONS: Final = 100
_RECORD: Final = re.compile(r"[0-9]{10}\.json")
_UNUSABLE: Final = (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError, RecursionError)
"""What reading a file of ours raises when it holds something else, whatever that is."""


@dataclass(frozen=True, slots=True)
class AppliedUnit:
    """One unit as it was applied; `files`: (path, digest) of the manifests to compile it from.

    `commit`: with which it came to be at this revision, however often others changed since; None where git does not know.
    """

    unit: str
    revision: Revision
    origins_revision: str
    files: tuple[tuple[str, str], ...]
    commit: GitCommit | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Applied:
    """`sequence`: counts revisions, from 1; `revision`: of the whole Snapshot; `at`: ISO 8601, UTC.

    `account`: how it came to be applied, None in what a version wrote that did not keep it.
    """

    sequence: int
    revision: Revision
    at: str
    units: tuple[AppliedUnit, ...]
    account: Account | None = None

    def to_bytes(self) -> bytes:
        units = [
            {
                "unit": unit.unit,
                "revision": unit.revision,
                "origins": unit.origins_revision,
                "files": unit.files,
                "commit": _commit_shape(unit.commit),
            }
            for unit in self.units
        ]
        shape = {
            "format": FORMAT,
            "sequence": self.sequence,
            "revision": self.revision,
            "at": self.at,
            "account": _account_shape(self.account) if self.account is not None else None,
            "units": units,
        }
        return json.dumps(shape, indent=1).encode() + b"\n"

    @classmethod
    def parse(cls, content: bytes) -> Applied:
        """One of `_UNUSABLE` for anything else than what `to_bytes` writes."""
        shape = json.loads(content)
        if shape["format"] != FORMAT:
            raise ValueError(f"format {shape['format']!r} instead of {FORMAT}")
        return cls(
            int(shape["sequence"]),
            Revision(str(shape["revision"])),
            str(shape["at"]),
            tuple(
                AppliedUnit(
                    str(unit["unit"]),
                    Revision(str(unit["revision"])),
                    str(unit["origins"]),
                    tuple((str(path), str(digest)) for path, digest in unit["files"]),
                    GitCommit.from_json(unit.get("commit")),
                )
                for unit in shape["units"]
            ),
            _account(shape.get("account")),
        )

    @property
    def manifests(self) -> Mapping[str, str]:
        """Digest of each manifest file by its path."""
        return {path: digest for unit in self.units for path, digest in unit.files}


def _account(shape: Mapping[str, object] | None) -> Account | None:
    if shape is None:
        return None
    return Account(
        trigger=Trigger(str(shape["trigger"])),
        author=str(shape["author"]),
        digest=str(shape["digest"]),
        source=str(shape["source"]),
        disruption=str(shape["disruption"]),
        created=int(str(shape["created"])),
        updated=int(str(shape["updated"])),
        deleted=int(str(shape["deleted"])),
        duration_s=float(str(shape["duration_s"])),
        note=str(shape["note"]),
        commit=GitCommit.from_json(shape.get("commit")),
    )


def _account_shape(account: Account) -> Mapping[str, object]:
    return {**asdict(account), "commit": _commit_shape(account.commit)}


def _commit_shape(commit: GitCommit | None) -> Mapping[str, str] | None:
    return None if commit is None else commit.to_json()


def applied_units(
    desired: DesiredState, commits: Mapping[str, GitCommit | None] | None = None
) -> tuple[AppliedUnit, ...]:
    """What is recorded of a state. `commits`: of each unit, as far as it is known."""
    known = commits or {}
    return tuple(
        AppliedUnit(unit.unit, unit.revision, unit.origins_revision, unit.files, known.get(unit.unit))
        for _, unit in sorted(desired.units.items())
    )


class StateStore:
    """The folder `state` below the data folder. Its methods block on the disk. `sync`: makes a descriptor's content durable."""

    def __init__(self, folder: Path, sync: Callable[[int], None] = os.fsync) -> None:
        self._folder = folder
        self._sync = sync
        self._damaged: set[str] = set()

    def applied(self) -> Applied | None:
        """What was applied last; None before the first time. StateCorrupt if it can't be read."""
        path = self._folder / "applied.json"
        try:
            return Applied.parse(path.read_bytes())
        except FileNotFoundError:
            if not self._records():
                return None
            raise StateCorrupt(f"{path} is missing") from None
        except _UNUSABLE as error:
            raise StateCorrupt(f"{path} can't be used ({_words(error)})") from None

    def newest(self) -> Applied | None:
        """The newest of the revisions that are kept: what was applied last, where `applied.json` no longer says it."""
        return next(self.revisions(), None)

    def blob(self, digest: str) -> bytes:
        """The manifest with that digest. StateCorrupt if it is missing or damaged."""
        path = self._blob_path(digest)
        try:
            content = path.read_bytes()
        except OSError as error:
            self._damaged.add(digest)
            raise StateCorrupt(f"{path} can't be read: {_words(error)}") from None
        if sha256(content).hexdigest() != digest:
            self._damaged.add(digest)
            raise StateCorrupt(f"{path} is damaged: its content does not have the hash that is its name")
        return content

    def compiled(self) -> tuple[UnitChange, ...] | None:
        """All units of what was applied last, whole; None if the cache is missing, damaged or not of this version."""
        try:
            applied = (self._folder / "applied.json").read_bytes()
            head, _, body = (self._folder / "compiled.json").read_bytes().partition(b"\n")
            if json.loads(head) != _compiled_head(applied, body):
                return None
            return tuple(_unit_of(shape) for shape in json.loads(body))
        except _UNUSABLE:
            return None

    def revision(self, sequence: int) -> Applied:
        """One of the revisions that are kept. StateCorrupt if there is none with that number, or it can't be read."""
        path = self._record_path(sequence)
        try:
            return Applied.parse(path.read_bytes())
        except FileNotFoundError:
            raise StateCorrupt(
                f"there is no revision {sequence}; `trunkline get revisions` lists those that are kept"
            ) from None
        except _UNUSABLE as error:
            raise StateCorrupt(f"{path} can't be used: {_words(error)}") from None

    def revisions(self) -> Iterator[Applied]:
        """Those that are kept and can be read, newest first."""
        for path in reversed(self._records()):
            try:
                yield Applied.parse(path.read_bytes())
            except _UNUSABLE:
                continue

    def _records(self) -> list[Path]:
        """Of revisions, oldest first. What else somebody put there, as a copy, is none of ours."""
        return sorted(path for path in (self._folder / "revisions").glob("*.json") if _RECORD.fullmatch(path.name))

    def hold(self) -> Hold | None:
        """Why following rests, None if it does not. A file that can't be read is a reason to rest: nobody knows what it says."""
        path = self._folder / "hold.json"
        try:
            shape = json.loads(path.read_bytes())
            source = shape["source"]
            return Hold(
                by=str(shape["by"]),
                at=str(shape["at"]),
                reason=str(shape["reason"]),
                source=None if source is None else str(source),
            )
        except FileNotFoundError:
            return None
        except _UNUSABLE as error:
            return Hold(by="trunkline", at="", reason=f"{path} can't be used: {_words(error)}")

    def save_hold(self, hold: Hold | None) -> None:
        """Keep why following rests, or that it does not. OSError if the disk refuses."""
        path = self._folder / "hold.json"
        if hold is None:
            path.unlink(missing_ok=True)
        else:
            self._write(path, json.dumps(asdict(hold)).encode() + b"\n")

    def sealed(self) -> Mapping[str, bytes]:
        """Encrypted files by path; none where none were kept, or what was kept is damaged: then the source has to give them."""
        try:
            shape = json.loads((self._folder / "sealed.json").read_bytes())
            return {str(path): b64decode(text, validate=True) for path, text in shape["files"].items()}
        except _UNUSABLE:
            return {}

    def save_sealed(self, files: Mapping[str, bytes]) -> None:
        """OSError if the disk refuses."""
        path = self._folder / "sealed.json"
        if files:
            shape = {"files": {name: b64encode(content).decode() for name, content in files.items()}}
            self._write(path, json.dumps(shape).encode() + b"\n")
        else:
            path.unlink(missing_ok=True)

    def save(
        self,
        desired: DesiredState,
        revision: Revision,
        at: str,
        content: Callable[[str], bytes],
        account: Account | None = None,
        commits: Mapping[str, GitCommit | None] | None = None,
    ) -> Applied:
        """Record what has just been applied. `content`: of a manifest by its digest; `commits`: of its units. OSError if the disk refuses.

        A revision of its own is one that changed something; lines that moved are written into the record that is there.
        """
        try:
            before = self.applied()
        except StateCorrupt:
            before = self.newest()
        is_new = before is None or before.revision != revision or (account is not None and account.changes > 0)
        if before is not None and not is_new:
            at, account = before.at, before.account
        sequence = (before.sequence if before is not None else self._last_sequence()) + is_new
        applied = Applied(sequence, revision, at, applied_units(desired, commits), account)
        known = {digest for unit in before.units for _, digest in unit.files} if before is not None else set()
        for unit in applied.units:
            for _, digest in unit.files:
                path = self._blob_path(digest)
                if digest in self._damaged or digest not in known or not path.exists():
                    self._save_blob(path, digest, content(digest))
                    known.add(digest)
        encoded = applied.to_bytes()
        body = json.dumps([_shape_of(unit) for unit in desired.units.values()], separators=(",", ":")).encode()
        self._write(self._record_path(sequence), encoded)
        self._write(self._folder / "compiled.json", json.dumps(_compiled_head(encoded, body)).encode() + b"\n" + body)
        self._write(self._folder / "applied.json", encoded)
        self._forget_old()
        return applied

    def _record_path(self, sequence: int) -> Path:
        return self._folder / "revisions" / f"{sequence:010}.json"

    def _last_sequence(self) -> int:
        """Of what is recorded, where `applied.json` does not say: a number is never given twice."""
        return max((int(path.stem) for path in self._records()), default=0)

    def _save_blob(self, path: Path, digest: str, content: bytes) -> None:
        if digest in self._damaged or not path.exists():
            self._write(path, content)
            self._damaged.discard(digest)

    def _write(self, path: Path, content: bytes) -> None:
        """Whole or not at all, and on the disk before it has its name."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                self._sync(file.fileno())
            draft.replace(path)
        except OSError:
            draft.unlink(missing_ok=True)  # half a file would take what room is left on a full disk
            raise
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            self._sync(folder)
        finally:
            os.close(folder)

    def _blob_path(self, digest: str) -> Path:
        return self._folder / "blobs" / digest[:2] / digest

    def _forget_old(self) -> None:
        """Keep the last revisions and the blobs that they name."""
        records = self._records()
        if len(records) <= KEPT_REVISIONS:
            return
        for record in records[:-KEPT_REVISIONS]:
            record.unlink(missing_ok=True)
        wanted: set[str] = set()
        for record in records[-KEPT_REVISIONS:]:
            try:
                wanted.update(digest for unit in Applied.parse(record.read_bytes()).units for _, digest in unit.files)
            except _UNUSABLE:
                return  # better too many blobs than one too few
        for blob in (self._folder / "blobs").glob("??/*"):
            if blob.name not in wanted:
                blob.unlink(missing_ok=True)


def _compiled_head(applied: bytes, body: bytes) -> Mapping[str, str]:
    return {"layout": LAYOUT, "applied": sha256(applied).hexdigest(), "body": sha256(body).hexdigest()}


def _shape_of(unit: UnitState) -> Mapping[str, object]:
    files = sorted({origin.file for origin in unit.origins.values()})
    index = {file: number for number, file in enumerate(files)}
    return {
        "unit": unit.unit,
        "revision": unit.revision,
        "origins_revision": unit.origins_revision,
        "rows": [to_row(item) for item in unit.items.values()],
        "files": files,
        "origins": [[*ref, index[origin.file], origin.line] for ref, origin in unit.origins.items()],
    }


def _unit_of(shape: Mapping[str, object]) -> UnitChange:
    rows, files, origins = shape["rows"], shape["files"], shape["origins"]
    if not (isinstance(rows, list) and isinstance(files, list) and isinstance(origins, list)):
        raise ValueError("rows, files and origins are lists")
    return UnitChange(
        unit=str(shape["unit"]),
        revision=Revision(str(shape["revision"])),
        origins_revision=str(shape["origins_revision"]),
        whole=True,
        upserts=tuple(map(from_row, rows)),
        origins={
            ConfigRef(tenant, kind, name): Origin(files[file], line) for tenant, kind, name, file, line in origins
        },
    )


def _words(error: Exception) -> str:
    if isinstance(error, OSError):
        return (error.strerror or str(error)).lower()
    return f"{type(error).__name__}: {error}"
