"""Puts one value into a file that SOPS encrypted, or makes a new one, so that SOPS reads it.

Only that value, the time and the MAC change: comments, order, quotes and all other values of a YAML or `.env` file stay as they are, byte
for byte; a JSON file keeps its order and indentation. Pure; `now` and the values come in. Left out, for `sops` itself: other recipients
for a file that exists, files of several documents, values in new list items.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha512
from typing import TYPE_CHECKING, Final

from reconciler.secrets.age import encrypt, recipient
from reconciler.secrets.age_keys import Keys
from reconciler.secrets.sops_file import KeyPath, SopsFile, shown_path
from reconciler.secrets.sops_json import read_json
from reconciler.secrets.sops_value import KEY_BYTES, additional_data, cipher, encrypted
from reconciler.secrets.sops_yaml import Node, Places, read_yaml
from reconciler.secrets.unusable import Unusable

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION: Final = "3.11.0"
"""Of SOPS, whose form new files have."""
SUFFIX: Final = "_unencrypted"
STEP: Final = 4
_BARE_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*", re.ASCII)
_WORDS: Final = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def with_value(path: str, content: bytes, where: KeyPath, value: str, keys: Keys, now: datetime) -> bytes:
    """The file with that value there, whether one was there or not. Unusable says why not."""
    file = SopsFile.parse(path, content)
    key = file.data_key(keys)
    file.values(key)  # nothing is put into a file that somebody tampered with
    if len(file.documents) > 1:
        raise Unusable(f"file {path} holds several documents; edit it with sops")
    names = _names(file, where)
    if not file.metadata.rule.is_encrypted(names):
        raise Unusable(f"file {path} leaves {shown_path(where)} in clear text by its own rule; name another key")
    sealed = encrypted(value.encode(), key, additional_data(names))
    edited = _put(path, content, where, sealed)
    return _signed(path, edited, key, now)


def new_file(path: str, where: KeyPath, value: str, recipients: Sequence[str], now: datetime) -> bytes:
    """A file with that one value, for these recipients. NoKey for one that is none."""
    data_key = os.urandom(KEY_BYTES)
    key = cipher(data_key)
    if any(name.endswith(SUFFIX) for name in where):
        raise Unusable(f"what ends in {SUFFIX} stays in clear text; name another key")
    time = _time(now)
    mac = encrypted(sha512(value.encode()).hexdigest().upper().encode(), key, time.encode())
    metadata: dict[str, Node] = {
        "age": [
            {"recipient": name, "enc": encrypt(data_key, [recipient(name)], armored=True).decode()}
            for name in recipients
        ],
        "lastmodified": time,
        "mac": mac,
        "unencrypted_suffix": SUFFIX,
        "version": VERSION,
    }
    sealed = encrypted(value.encode(), key, additional_data(where))
    if path.endswith(".env"):
        return _new_dotenv(where, sealed, metadata)
    if path.endswith(".json"):
        shape: Node = sealed
        for name in reversed(where):
            shape = {name: shape}
        assert isinstance(shape, dict)  # noqa: S101  # a key has a name at least
        return (json.dumps({**shape, "sops": metadata}, indent="\t", ensure_ascii=False) + "\n").encode()
    return ("".join(_nested(where, sealed, 0)) + _yaml_metadata(metadata)).encode()


def _names(file: SopsFile, where: KeyPath) -> KeyPath:
    """The way without indexes of lists, as it counts for SOPS."""
    for there, names, _, _ in file.leaves():
        if there == where:
            return names
    return where


def _put(path: str, content: bytes, where: KeyPath, sealed: str) -> bytes:
    if path.endswith(".env"):
        return _put_line(content, where, sealed)
    if path.endswith(".json"):
        return _put_json(path, content, where, sealed)
    mark = b"\xef\xbb\xbf" if content.startswith(b"\xef\xbb\xbf") else b""
    text = content.removeprefix(mark).decode()
    return mark + _put_yaml(path, text, where, sealed).encode()


def _signed(path: str, content: bytes, key: AESGCM, now: datetime) -> bytes:
    """With the time of now, and the MAC that fits."""
    time = _time(now)
    _, mac = SopsFile.parse(path, content).read(key)
    sealed = encrypted(mac.encode(), key, time.encode())
    if path.endswith(".env"):
        return _put_line(_put_line(content, ("sops_mac",), sealed), ("sops_lastmodified",), time)
    return _put(path, _put(path, content, ("sops", "mac"), sealed), ("sops", "lastmodified"), time)


def _time(now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# YAML


def _put_yaml(path: str, text: str, where: KeyPath, sealed: str) -> str:
    places = read_yaml(text.encode(), f"file {path}")[1]
    place = places.get(where)
    if place is None:
        return _inserted(path, text, places, where, sealed)
    if not place.is_scalar:
        raise Unusable(f"{shown_path(where)} of file {path} holds other values; name one in it")
    old = text[place.start : place.end]
    has_quotes = old.startswith(('"', "'")) or place.column < 0 or not sealed.startswith("ENC[")
    if old[:1] in {"|", ">"}:
        raise Unusable(f"{shown_path(where)} of file {path} is text of several lines; edit it with sops")
    space = " " if place.start and text[place.start - 1] == ":" else ""  # an empty value has no space before it
    return text[: place.start] + space + (json.dumps(sealed) if has_quotes else sealed) + text[place.end :]


def _inserted(path: str, text: str, places: Places, where: KeyPath, sealed: str) -> str:
    """With a new key behind the last one of the nearest mapping that is there."""
    depth = max(length for length in range(len(where)) if where[:length] in places)
    holder = places[where[:depth]]
    if not holder.is_block:
        what = shown_path(where[:depth]) or "the whole"
        raise Unusable(f"{what} of file {path} is no mapping in block style, so nothing can be added; use sops edit")
    inside = {
        found: place
        for found, place in places.items()
        if len(found) > depth and found[:depth] == where[:depth] and found[:1] != ("sops",)
    }
    if not inside:
        start = re.search("^sops:", text, re.MULTILINE)
        at, column = (start.start() if start else 0), 0
    else:
        at = max(place.end for place in inside.values() if place.is_scalar or place.end == place.start)
        column = next(place.column for found, place in inside.items() if len(found) == depth + 1)
        if at and text[at - 1] != "\n":
            end = text.find("\n", at)
            at = len(text) if end < 0 else end + 1
    lines = "".join(_nested(where[depth:], sealed, column))
    missing = "" if not at or text[at - 1] == "\n" else "\n"
    return text[:at] + missing + lines + text[at:]


def _nested(where: KeyPath, sealed: str, column: int) -> list[str]:
    lines = [f"{' ' * (column + STEP * depth)}{_key_text(name)}:\n" for depth, name in enumerate(where[:-1])]
    return [*lines, f"{' ' * (column + STEP * (len(where) - 1))}{_key_text(where[-1])}: {sealed}\n"]


def _key_text(name: str) -> str:
    is_bare = _BARE_KEY.fullmatch(name) and name.lower() not in _WORDS
    return name if is_bare else json.dumps(name, ensure_ascii=False)


def _yaml_metadata(metadata: dict[str, Node]) -> str:
    lines = ["sops:\n", "    age:\n"]
    for key in metadata["age"] if isinstance(metadata["age"], list) else ():
        assert isinstance(key, dict)  # noqa: S101  # made above
        armor = "".join(f"            {line}\n" for line in str(key["enc"]).splitlines())
        lines.append(f"        - recipient: {key['recipient']}\n          enc: |\n{armor}")
    lines += [f"    {name}: {_scalar(str(value))}\n" for name, value in metadata.items() if name != "age"]
    return "".join(lines)


def _scalar(text: str) -> str:
    return json.dumps(text) if text[:1].isdigit() and "T" in text else text


# JSON and .env


def _put_json(path: str, content: bytes, where: KeyPath, sealed: str) -> bytes:
    shape = read_json(content, f"file {path}")
    node: Node = shape
    for depth, name in enumerate(where[:-1], start=1):
        if isinstance(node, dict):
            node = node.setdefault(name, {})
        elif isinstance(node, list) and name.isdecimal() and int(name) < len(node):
            node = node[int(name)]
        else:
            raise Unusable(f"{shown_path(where[: depth - 1])} of file {path} holds a value; name another key")
    match node, where[-1]:
        case dict(), name:
            if isinstance(node.get(name), dict | list):
                raise Unusable(f"{shown_path(where)} of file {path} holds other values; name one in it")
            if node is shape and name not in shape:
                metadata = shape.pop("sops")
                shape |= {name: sealed, "sops": metadata}
            else:
                node[name] = sealed
        case list(), index if index.isdecimal() and int(index) < len(node):
            node[int(index)] = sealed
        case _:
            raise Unusable(f"{shown_path(where[:-1])} of file {path} holds a value; name another key")
    indent = re.search(rb"\n([ \t]+)", content)
    text = json.dumps(shape, indent=indent[1].decode() if indent else None, ensure_ascii=False)
    return (text + ("\n" if content.endswith(b"\n") else "")).encode()


def _put_line(content: bytes, where: KeyPath, value: str) -> bytes:
    name = where[0]
    if len(where) > 1 or _VARIABLE.fullmatch(name) is None:
        raise Unusable(
            f"{shown_path(where)} is no name of a variable, which .env files have; write letters, digits and _"
        )
    lines = content.decode().split("\n")
    line = f"{name}={value}"
    for number, old in enumerate(lines):
        if old.startswith(f"{name}="):
            return "\n".join([*lines[:number], line, *lines[number + 1 :]]).encode()
    first = next((number for number, old in enumerate(lines) if old.startswith("sops_")), len(lines))
    return "\n".join([*lines[:first], line, *lines[first:]]).encode()


def _new_dotenv(where: KeyPath, sealed: str, metadata: dict[str, Node]) -> bytes:
    content = _put_line(b"", where, sealed).rstrip(b"\n") + b"\n"
    flat = {f"sops_{name}": str(value) for name, value in metadata.items() if name != "age"}
    for number, key in enumerate(metadata["age"] if isinstance(metadata["age"], list) else ()):
        assert isinstance(key, dict)  # noqa: S101  # made above
        for name, text in key.items():
            flat[f"sops_age__list_{number}__map_{name}"] = str(text).replace("\n", "\\n")
    return content + "".join(f"{name}={value}\n" for name, value in sorted(flat.items())).encode()
