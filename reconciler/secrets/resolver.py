"""Resolves secret references: `env:NAME` from the environment, `file:PATH` from a file, relative ones below the data folder,
`sops:PATH#KEY` and `age:PATH` from what is encrypted beside the manifests.

No message holds a value, a part of one or its length. Files are read again when they change, so a rotated password is noticed.

A secret is one line; a private key is a text of PEM, and only where one is meant: a password that comes out as a key is the wrong file.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Final

from engine.config.secret import LOCK_MARK, SecretRef, Secrets
from reconciler.secrets.private_key import MOST_BYTES as MOST_OF_KEY
from reconciler.secrets.private_key import is_pem, key_fault
from reconciler.secrets.sealed import SCHEMES, SealedSecrets
from reconciler.secrets.unusable import Unusable
from reconciler.source.tree import SealedFiles
from schema.confinement import DATA

MOST_BYTES: Final = 4096
"""Of a line."""
_CONTROL: Final = re.compile("[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Resolved:
    """`missing`, `warnings`: what is wrong with a reference and what to do, by reference."""

    values: Mapping[SecretRef, str] = field(repr=False)
    missing: Mapping[SecretRef, str]
    warnings: Mapping[SecretRef, str]


@dataclass(frozen=True, slots=True)
class _FileSecret:
    stamp: tuple[int, int, int, int, int]
    value: str = field(repr=False)
    warning: str


class Resolver:
    """`key`: of the version's hash; whoever shares it computes equal versions for equal values."""

    def __init__(self, data: Path, environ: Mapping[str, str], key: bytes) -> None:
        self._data = data
        self._environ = environ
        self._key = key
        self._files: dict[SecretRef, _FileSecret] = {}
        self._places: dict[str, Path] = {}
        self._locks: dict[SecretRef, str] = {}
        self._sealed = SealedSecrets(data, environ)

    def use(self, files: SealedFiles) -> None:
        """These are encrypted beside the manifests now."""
        self._sealed.use(files)

    def keep(self, files: Mapping[str, bytes]) -> None:
        """These were encrypted beside the manifests that ran last, until it is known what is there now."""
        self._sealed.keep(files)

    def resolve(self, refs: Iterable[SecretRef], keys: Container[SecretRef] = ()) -> Resolved:
        """Look every reference up, each file only if it changed since. `keys`: those that a private key is meant by."""
        values: dict[SecretRef, str] = {}
        missing: dict[SecretRef, str] = {}
        warnings: dict[SecretRef, str] = {}
        has_looked = False
        for ref in refs:
            scheme, name = _parts(ref)
            try:
                if scheme == "env":
                    found = self._variable(name)
                elif scheme == "file":
                    file = self._file(ref, name)
                    found = file.value
                    if file.warning:
                        warnings[ref] = file.warning
                elif scheme in SCHEMES:
                    if not has_looked:
                        self._sealed.look()
                        has_looked = True
                    found = self._sealed.value(name, scheme)
                else:
                    raise Unusable(f'is of the unknown sort "{scheme}"; use env, file, sops or age')
                values[ref] = (_key if ref in keys else _line)(found, self._what(scheme, name))
            except Unusable as error:
                missing[ref] = str(error)
        return Resolved(values, missing, warnings)

    def lock(self, ref: SecretRef) -> str:
        """A value that nobody knows, for a reference that can't be resolved but is in use: it authenticates no one (law 10)."""
        return self._locks.setdefault(ref, LOCK_MARK + secrets.token_urlsafe(32))

    def version(self, values: Mapping[SecretRef, str]) -> str:
        """A keyed hash of all references and values."""
        digest = blake2b(key=self._key, digest_size=10)
        for ref in sorted(values):
            for part in (ref.encode(), values[ref].encode("utf-8", "surrogatepass")):
                digest.update(len(part).to_bytes(4, "big") + part)
        return digest.hexdigest()

    def secrets(self, refs: Iterable[SecretRef]) -> Secrets:
        """The map for what runs: resolved where possible, locked where not."""
        wanted = set(refs)
        resolved = self.resolve(wanted)
        values = {ref: resolved.values.get(ref) or self._last_good(ref) or self.lock(ref) for ref in wanted}
        return Secrets(self.version(values), values)

    def sealed_of(self, refs: Iterable[SecretRef]) -> Mapping[str, bytes]:
        """The encrypted files that these were last found in: with them and our key they are found without the manifests."""
        return self._sealed.good_contents(name for scheme, name in map(_parts, refs) if scheme in SCHEMES)

    def _last_good(self, ref: SecretRef) -> str | None:
        scheme, name = _parts(ref)
        return self._sealed.last_good(name, scheme) if scheme in SCHEMES else None

    def _variable(self, name: str) -> str:
        value = self._environ.get(name)
        if value is None:
            raise Unusable(f"environment variable {name} is not set; set it where trunkline serve is started")
        return value

    def _file(self, ref: SecretRef, name: str) -> _FileSecret:
        path = self._place(name)
        try:
            status = os.stat(path)  # noqa: PTH116  # ten thousand at each look
            stamp = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
            known = self._files.get(ref)
            if known is not None and known.stamp == stamp:
                return known
            if not stat.S_ISREG(status.st_mode):
                raise Unusable(f"file {path} is not a regular file")
            if status.st_mode & 0o002:
                raise Unusable(
                    f"file {path} may be written by everybody (mode {status.st_mode & 0o777:04o}); run: chmod 600 {path}"
                )
            self._check_confined(name, path)
            text = _read(path)
        except FileNotFoundError:
            raise Unusable(
                f"file {path} does not exist; create it with the secret as its only line, readable by its owner"
            ) from None
        except OSError as error:
            raise Unusable(f"file {path} can't be read: {(error.strerror or str(error)).lower()}") from None
        warning = ""
        if status.st_mode & 0o024:
            warning = f"file {path} is open to others (mode {status.st_mode & 0o777:04o}); run: chmod 600 {path}"
        found = _FileSecret(stamp, text, warning)
        self._files[ref] = found
        return found

    def _what(self, scheme: str, name: str) -> str:
        """Where the value stands, as a message begins with it."""
        match scheme:
            case "env":
                return f"environment variable {name}"
            case "file":
                return f"file {self._place(name)}"
            case "sops":
                path, _, key = name.partition("#")
                return f"the value at {key} of file {path}"
            case _:
                return f"file {name}"

    def _check_confined(self, name: str, path: Path) -> None:
        """What a tenant's own source names stays below that tenant's folder, wherever symbolic links lead."""
        parts = name.split("/")
        if parts[0] == DATA and len(parts) > 2:
            own = os.path.realpath(self._data / DATA / parts[1])
            if not Path(os.path.realpath(path)).is_relative_to(own):
                raise Unusable(
                    f"file {path} is a link that leads out of its tenant's folder; put the file itself there"
                )

    def _place(self, name: str) -> Path:
        place = self._places.get(name)
        if place is None:
            place = Path(name)
            if not place.is_absolute():
                place = Path(os.path.normpath(self._data / place))
                if not place.is_relative_to(os.path.normpath(self._data)):
                    raise Unusable(
                        f'file "{name}" leads out of the data folder; name a file below it, or an absolute path'
                    )
            self._places[name] = place
        return place


def is_sealed(ref: SecretRef) -> bool:
    """True for what is encrypted beside the manifests."""
    return _parts(ref)[0] in SCHEMES


def _parts(ref: SecretRef) -> tuple[str, str]:
    scheme, _, name = ref.partition(":")
    return scheme, name


def _read(path: Path) -> str:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(MOST_OF_KEY + 1)
    if len(content) > MOST_OF_KEY:
        raise Unusable(f"file {path} has more than {MOST_OF_KEY} bytes; it must hold the secret and nothing else")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise Unusable(f"file {path} is not UTF-8 text; it must hold the secret and nothing else") from None


def _line(text: str, what: str) -> str:
    value = text.removesuffix("\n").removesuffix("\r")
    if not value.strip():
        raise Unusable(f"{what} is empty; put the secret there")
    if is_pem(value):
        raise Unusable(f"{what} holds a key or certificate in PEM, and one line is wanted; is it the right one?")
    if len(value) > MOST_BYTES:
        raise Unusable(f"{what} has more than {MOST_BYTES} characters; it must hold the secret and nothing else")
    if _CONTROL.search(value) is not None:
        raise Unusable(
            f"{what} holds more than one line or a control character; it must hold the secret and nothing else"
        )
    return value


def _key(text: str, what: str) -> str:
    fault = key_fault(text)
    if fault is not None:
        raise Unusable(f"{what} {fault}")
    return text
