"""Secrets in files that are encrypted beside the manifests: `sops:PATH#KEY` and `age:PATH`. Opened in memory, once for each content.

The surprising thing: a file that can't be opened any more (half a save, a merge that broke its MAC, a key of ours that went away) takes
nothing away. Its last good values go on, and the reference is told as missing, as a fault in a manifest changes nothing of what
runs. A file or a key in it that is gone was taken away by somebody, and then nobody authenticates by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from reconciler.secrets.age_file import opened
from reconciler.secrets.age_keys import AgeKeys, Keys
from reconciler.secrets.known_values import KnownValues
from reconciler.secrets.sops_file import MOST_BYTES, KeyPath, OpenValue, SopsFile
from reconciler.secrets.unusable import Unusable
from reconciler.source.tree import SealedFiles
from schema.confinement import data_of, tenant_of_file
from schema.nearest import nearest

SCHEMES: Final = frozenset({"sops", "age"})
_SEGMENT: Final = re.compile('"([^"]*)"|([^."]+)')


@dataclass(frozen=True, slots=True)
class _Opened:
    """`content`: of the file; `version`: of our keys; `problem`: why there are no values."""

    content: bytes = field(repr=False)
    version: bytes
    values: Mapping[KeyPath, OpenValue] = field(repr=False)
    problem: str = ""
    known: KnownValues = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "known", KnownValues(self.values))


class SealedSecrets:
    """Use: `look` at what is there now, then `value` for each reference."""

    def __init__(self, data: Path, environ: Mapping[str, str]) -> None:
        self._data = data
        self._keys: dict[str | None, AgeKeys] = {None: AgeKeys(data, environ)}
        self._ours: dict[str | None, Keys | str] = {}
        self._files = SealedFiles()
        self._opened: dict[str, _Opened] = {}
        self._good: dict[str, _Opened] = {}
        self._kept: Mapping[str, bytes] = {}

    def keep(self, files: Mapping[str, bytes]) -> None:
        """These could be opened before a restart; they stand in for what is there now until that is known."""
        self._kept = files
        self._files = SealedFiles(files)

    def use(self, files: SealedFiles) -> None:
        """These are there now."""
        self._files = files

    def look(self) -> None:
        """Our keys may be others than at the last look."""
        self._ours = {}

    def _keys_for(self, path: str) -> Keys | str:
        """What opens a file, or why there is nothing: what a tenant's own source holds is opened by a key of that tenant's alone, so
        that nobody has another's files opened by putting them there."""
        tenant = tenant_of_file(path)
        if tenant not in self._ours:
            if tenant not in self._keys:
                self._keys[tenant] = AgeKeys(self._data / data_of(tenant or ""), None)
            try:
                self._ours[tenant] = self._keys[tenant].keys()
            except Unusable as error:
                self._ours[tenant] = str(error)
        return self._ours[tenant]

    def value(self, name: str, scheme: str) -> str:
        """What a reference names, not checked. Unusable says why it has none, without anything of its value."""
        path, key = split(name)
        found = self._open(path)
        if found.problem:
            raise Unusable(found.problem, is_broken=True)
        return _value(found, path, key if scheme == "sops" else None)

    def last_good(self, name: str, scheme: str) -> str | None:
        """What it was before the file could no longer be opened; None for a file that can be, or is gone."""
        path, key = split(name)
        now = self._opened.get(path)
        if path not in self._files.contents or now is None or not now.problem:
            return None
        good = self._good.get(path) or self._of_before(path)
        if good is None:
            return None
        try:
            return _value(good, path, key if scheme == "sops" else None)
        except Unusable:
            return None

    def good_contents(self, names: Iterable[str]) -> Mapping[str, bytes]:
        """The files of these references as they were when they could be opened: what has to be kept to open them after a restart."""
        paths = {split(name)[0] for name in names}
        there = {path for path in paths if path in self._files.contents}
        good = {path: self._good[path].content for path in there if path in self._good}
        return {**{path: content for path, content in self._kept.items() if path in there}, **good}

    def _of_before(self, path: str) -> _Opened | None:
        content, ours = self._kept.get(path), self._keys_for(path)
        if content is None or isinstance(ours, str):
            return None
        try:
            found = _Opened(content, ours.version, _opened_values(path, content, ours))
        except Unusable:
            return None
        self._good[path] = found
        return found

    def _open(self, path: str) -> _Opened:
        content = self._files.contents.get(path)
        if content is None:
            self._opened.pop(path, None)
            self._good.pop(path, None)
            raise Unusable(not_there(self._files, path))
        ours = self._keys_for(path)
        version = b"" if isinstance(ours, str) else ours.version
        known = self._opened.get(path)
        if known is not None and known.version == version and known.content == content:
            return known
        good = self._good.get(path)
        if good is not None and good.version == version and good.content == content:
            self._opened[path] = good
            return good
        try:
            if isinstance(ours, str):
                raise Unusable(f"file {path} can't be opened: {ours}")
            found = _Opened(content, version, _opened_values(path, content, ours))
            self._good[path] = found
        except Unusable as error:
            found = _Opened(content, version, {}, str(error))
        self._opened[path] = found
        return found


def _opened_values(path: str, content: bytes, keys: Keys) -> Mapping[KeyPath, OpenValue]:
    if path.endswith(".age"):
        if len(content) > MOST_BYTES:
            raise Unusable(f"file {path} has {len(content):,} bytes; it must hold the secret and nothing else")
        return {(): OpenValue(opened(content, keys, f"file {path}"), is_secret=True)}
    file = SopsFile.parse(path, content)
    return file.values(file.data_key(keys))


def _value(opened_file: _Opened, path: str, key: str | None) -> str:
    where = () if key is None else key_path(key)
    found = opened_file.values.get(where)
    if found is None:
        raise Unusable(no_value(opened_file.known, path, key or ""))
    if not found.is_secret:
        raise Unusable(
            f"the value at {key} of file {path} stands there in clear text; let sops encrypt it, and change it first"
        )
    try:
        return found.content.decode("utf-8")
    except UnicodeDecodeError:
        raise Unusable(f"what file {path} holds is not UTF-8 text; it must hold the secret and nothing else") from None


def in_clear(path: str, key: str) -> str:
    return f"the value at {key} of file {path} stands there in clear text; let sops encrypt it, and change it first"


def not_there(files: SealedFiles, path: str) -> str:
    """Why there is no such file."""
    if (reason := files.unreadable.get(path)) is not None:
        return f"file {path} can't be used: it {reason}"
    near = nearest(path, list(files.contents))
    hint = (
        f"did you mean {near}?"
        if near
        else "put it there, encrypted by sops or age, and write its path from their folder"
    )
    return f"file {path} is not beside the manifests, or is not encrypted; {hint}"


def key_path(key: str) -> KeyPath:
    """`a."b.c".0` as the names of keys and indexes of lists."""
    return tuple(match[1] if match[1] is not None else match[2] for match in _SEGMENT.finditer(key))


def no_value(known: KnownValues, path: str, key: str) -> str:
    return f"file {path} has no value at {key}; {known.hint(key_path(key))}"


def split(name: str) -> tuple[str, str]:
    """Path and key of a reference behind its scheme; "" where it has no key."""
    path, _, key = name.partition("#")
    return path, key
