"""Our age keys: where they are, and that nobody else can read them.

In this order, the first that is set: the file that TRUNKLINE_AGE_KEY_FILE names; SOPS's own SOPS_AGE_KEY_FILE and SOPS_AGE_KEY, both if
both are set; `age/key.txt` in the data folder. Of the form that `age-keygen` writes: a key a line, comments with `#`. Left out: keys of
plugins, of SSH, post-quantum ones, and key files that are themselves encrypted: nobody is there to type a passphrase.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Final

from reconciler.secrets.age import Identity, NoKey, identity
from reconciler.secrets.unusable import Unusable

OWN_FILE: Final = "TRUNKLINE_AGE_KEY_FILE"
SOPS_FILE: Final = "SOPS_AGE_KEY_FILE"
SOPS_KEY: Final = "SOPS_AGE_KEY"
PLACE: Final = "age/key.txt"
PREFIX: Final = "AGE-SECRET-KEY-1"
MOST_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Keys:
    """`recipients`: their public halves; `version`: another one for other keys, and says nothing about them."""

    identities: tuple[Identity, ...] = field(repr=False)
    recipients: tuple[str, ...]
    version: bytes


class AgeKeys:
    """Reads a key file again when it has changed. `environ`: None = no variable names a key, which is so for a tenant's own."""

    def __init__(self, data: Path, environ: Mapping[str, str] | None) -> None:
        self._data = data
        self._environ = environ or {}
        self._or = "" if environ is None else f", or name its file in {OWN_FILE} where trunkline is started"
        self._known: tuple[object, Keys] | None = None

    def keys(self) -> Keys:
        """Those that are there now. Unusable if there are none, or if others can read them."""
        texts, stamps = [], []
        for place in self._places():
            text, stamp = place if isinstance(place, tuple) else _read(place, self._or)
            texts.append(text)
            stamps.append(stamp)
        if self._known is not None and self._known[0] == stamps:
            return self._known[1]
        found = _parsed(texts)
        self._known = stamps, found
        return found

    def _places(self) -> list[Path | tuple[str, object]]:
        """Files, and texts with what tells them from others."""
        if own := self._environ.get(OWN_FILE):
            return [Path(own)]
        places: list[Path | tuple[str, object]] = []
        if file := self._environ.get(SOPS_FILE):
            places.append(Path(file))
        if text := self._environ.get(SOPS_KEY):
            places.append((text, text))
        return places or [self._data / PLACE]


def _read(path: Path, otherwise: str) -> tuple[str, object]:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise Unusable(f"the age key {path} is no regular file; put the key into a file", is_broken=True)
            if status.st_mode & 0o077:
                raise Unusable(
                    f"the age key {path} is open to others (mode {status.st_mode & 0o777:04o}); run: chmod 600 {path}",
                    is_broken=True,
                )
            content = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise Unusable(
            f"there is no age key at {path}; put it there{otherwise}",
            is_broken=True,
        ) from None
    except OSError as error:
        raise Unusable(
            f"the age key {path} can't be read: {(error.strerror or str(error)).lower()}; mend that", is_broken=True
        ) from None
    if len(content) > MOST_BYTES:
        raise Unusable(f"the age key {path} has more than {MOST_BYTES} bytes; is it the right file?", is_broken=True)
    return content.decode("utf-8", "replace"), content


def _parsed(texts: list[str]) -> Keys:
    identities: list[Identity] = []
    others: set[str] = set()
    for line in (line.strip() for text in texts for line in text.splitlines()):
        if not line or line.startswith("#"):
            continue
        try:
            identities.append(identity(line))
        except NoKey:
            others.add(_sort_of(line))
    if not identities:
        why = f" ({', '.join(sorted(others))})" if others else ""
        raise Unusable(f"no age key is in what should hold it{why}; make one: trunkline secret keygen", is_broken=True)
    digest = blake2b(digest_size=16)
    for one in identities:
        digest.update(str(one).encode() + b"\n")
    recipients = tuple(str(one.to_public()) for one in identities)
    return Keys(tuple(identities), recipients, digest.digest())


def _sort_of(line: str) -> str:
    if line.startswith("AGE-PLUGIN-"):
        return "a key of a plugin is there, and plugins are not run"
    if line.startswith("AGE-SECRET-KEY-PQ-"):
        return "a post-quantum key is there, and only X25519 ones are read"
    if line.startswith(("age-encryption.org/", "-----BEGIN AGE")):
        return "the key file is itself encrypted"
    if "PRIVATE KEY" in line:
        return "an SSH key is there, and only age's own are read"
    return f"a line is there that does not begin with {PREFIX}"
