"""A file that SOPS encrypted, opened: its values by the way to them, the MAC checked. In memory only, and no message shows a value.

SOPS's documented format (README, "Encryption protocol"): a data key, wrapped by age for each recipient (or in shares, for each key
group), encrypts each value by itself; the MAC is the SHA-512 of all values in their order, itself encrypted, with the time of the last
change as additional data. Read are YAML (one document or more), JSON, `.env` files, and the binary form.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha512
from typing import TYPE_CHECKING, Final

from reconciler.secrets.age_file import opened, shown_keys
from reconciler.secrets.age_keys import Keys
from reconciler.secrets.shamir import NoShares, combined
from reconciler.secrets.sops_dotenv import read_dotenv
from reconciler.secrets.sops_json import read_json
from reconciler.secrets.sops_metadata import SopsMetadata, read_metadata, shown_groups
from reconciler.secrets.sops_value import KEY_BYTES, additional_data, cipher, decrypted, is_encrypted, plain_bytes
from reconciler.secrets.sops_yaml import Node, read_yaml
from reconciler.secrets.unusable import Unusable

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MOST_BYTES: Final = 8 * 1024 * 1024
ONLY_ENCRYPTED: Final = bytes.fromhex("8a3fd2ad54ce66527b1034f3d147be0b0b975b3bf44f72c6fdadec8176f27d69")
"""What the MAC begins with where only encrypted values count: the SHA-256 of "sops"."""

KeyPath = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SopsFile:
    """As it is written. `documents`: without their `sops` part."""

    what: str
    documents: tuple[Mapping[str, Node], ...]
    metadata: SopsMetadata

    @classmethod
    def parse(cls, path: str, content: bytes) -> SopsFile:
        """Unusable says what is wrong with it."""
        what = f"file {path}"
        if len(content) > MOST_BYTES:
            raise Unusable(
                f"{what} has {len(content):,} bytes, more than the {MOST_BYTES:,} allowed; split it", is_broken=True
            )
        shape: Node
        if path.endswith(".env"):
            values, shape = read_dotenv(content, what)
            return cls(what, (values,), read_metadata(shape if len(shape) > 1 else None, what))
        documents = [read_json(content, what)] if path.endswith(".json") else read_yaml(content, what)[0]
        shape = documents[0].get("sops") if documents else None
        bare = tuple({name: value for name, value in document.items() if name != "sops"} for document in documents)
        return cls(what, bare, read_metadata(shape, what))

    def leaves(self) -> Iterator[tuple[KeyPath, KeyPath, Node, bool]]:
        """All values in their order: the way to each with and without indexes of lists, the value, whether it is to be encrypted."""
        for number, document in enumerate(self.documents):
            for where, names, value in _walk(dict(document), (), ()):
                yield (where if number == 0 else ()), names, value, self.metadata.rule.is_encrypted(names)

    def secrecy(self) -> Mapping[KeyPath, bool]:
        """Whether each value of the first document is to be encrypted and is: told without any key."""
        return {
            where: is_secret and (value in (None, "") or is_encrypted(value))
            for where, _, value, is_secret in self.leaves()
            if where
        }

    def data_key(self, keys: Keys) -> AESGCM:
        """Unwrapped with ours. Unusable if none fits, or too few of its key groups have one of ours."""
        groups, threshold = self.metadata.groups, self.metadata.threshold
        ours = [
            fitting[0]
            for group in groups
            if (fitting := [one for one in group.wrapped if one.recipient in keys.recipients])
        ]
        if not ours and len(groups) == 1:
            theirs = tuple(one.recipient for one in groups[0].wrapped)
            raise Unusable(
                f"{self.what} is encrypted for {shown_keys(theirs)}, and our key is {shown_keys(keys.recipients)}; "
                f"add ours: sops rotate -i --add-age {keys.recipients[0]}",
                is_broken=True,
            )
        if len(ours) < threshold:
            raise Unusable(
                f"{self.what} needs keys of {threshold} of its {len(groups)} key groups, and ours ({shown_keys(keys.recipients)}) "
                f"are in {len(ours) or 'none'} of them: {shown_groups(groups)}; add ours to {threshold} groups in .sops.yaml, and run: "
                "sops updatekeys",
                is_broken=True,
            )
        parts = [
            opened(one.content.encode("utf-8", "replace"), keys, f"the data key of {self.what}")
            for one in ours[:threshold]
        ]
        key = parts[0] if len(groups) == 1 else self._combined(parts)
        if len(key) != KEY_BYTES:
            raise Unusable(f"{self.what} has a data key that is none; encrypt it again", is_broken=True)
        return cipher(key)

    def _combined(self, parts: list[bytes]) -> bytes:
        try:
            return combined(parts)
        except NoShares:
            raise Unusable(
                f"{self.what} has parts of its data key that do not belong together; encrypt it again", is_broken=True
            ) from None

    def values(self, key: AESGCM) -> Mapping[KeyPath, OpenValue]:
        """All values of the first document by the way to them, with indexes of lists. Unusable if the MAC does not fit."""
        found, mac = self.read(key)
        self._check_mac(mac, key)
        return found

    def read(self, key: AESGCM) -> tuple[Mapping[KeyPath, OpenValue], str]:
        """The values, and the MAC that they come to. Unusable if one can't be decrypted."""
        found: dict[KeyPath, OpenValue] = {}
        mac = sha512(ONLY_ENCRYPTED) if self.metadata.mac_only_encrypted else sha512()
        for where, names, value, is_secret in self.leaves():
            content = self._content(where or names, names, value, key) if is_secret else _plain(value)
            if is_secret or not self.metadata.mac_only_encrypted:
                mac.update(content)
            if where:
                found[where] = OpenValue(content, is_secret)
        return found, mac.hexdigest().upper()

    def _content(self, where: KeyPath, names: KeyPath, value: Node, key: AESGCM) -> bytes:
        if value is None or value == "":
            return b""
        place = f"the value {shown_path(where)} of {self.what}"
        if not isinstance(value, str) or not is_encrypted(value):
            raise Unusable(
                f"{place} is not encrypted, though SOPS's rule says it is; encrypt the file again", is_broken=True
            )
        return decrypted(value, key, additional_data(names), place)

    def _check_mac(self, found: str, key: AESGCM) -> None:
        place = f"the MAC of {self.what}"
        told = decrypted(self.metadata.mac, key, self.metadata.modified.encode(), place)
        if not hmac.compare_digest(told.upper(), found.encode()):
            raise Unusable(
                f"{self.what} was changed after SOPS encrypted it: its MAC is another; edit it with sops only",
                is_broken=True,
            )


@dataclass(frozen=True, slots=True)
class OpenValue:
    content: bytes = field(repr=False)
    is_secret: bool


def shown_path(path: KeyPath) -> str:
    """As a manifest writes it: what has a dot itself is in quotes."""
    return ".".join(f'"{name}"' if "." in name else name for name in path)


def _walk(node: Node, where: KeyPath, names: KeyPath) -> Iterator[tuple[KeyPath, KeyPath, Node]]:
    match node:
        case dict():
            for name, value in node.items():
                yield from _walk(value, (*where, name), (*names, name))
        case list():
            for index, value in enumerate(node):
                yield from _walk(value, (*where, str(index)), names)
        case _:
            yield where, names, node


def _plain(value: Node) -> bytes:
    assert not isinstance(value, dict | list)  # noqa: S101  # a leaf
    return plain_bytes(value)
