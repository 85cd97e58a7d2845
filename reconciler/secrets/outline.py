"""What is seen of encrypted files without any key: that they are there, have the values that are named, and have them encrypted.

Where manifests are checked (CI) there is no key, and need not be: SOPS leaves the names of keys readable.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.config.secret import SecretRef
from reconciler.secrets.known_values import KnownValues
from reconciler.secrets.sealed import in_clear, key_path, no_value, not_there, split
from reconciler.secrets.sops_file import KeyPath, SopsFile
from reconciler.secrets.unusable import Unusable
from reconciler.source.tree import SealedFiles


class SealedOutline:
    """Reads each file once."""

    def __init__(self, files: SealedFiles) -> None:
        self._files = files
        self._read: dict[str, Mapping[KeyPath, bool] | str] = {}
        self._known: dict[str, KnownValues] = {}

    def absence(self, ref: SecretRef) -> str | None:
        """Why a reference can have no value; None if it may have one, or is none into an encrypted file."""
        scheme, _, name = ref.partition(":")
        path, key = split(name)
        if scheme not in {"sops", "age"} or not self._files.is_known:
            return None
        if path not in self._files.contents:
            return not_there(self._files, path)
        if scheme == "age":
            return None
        values = self._read.get(path)
        if values is None:
            values = self._read[path] = self._secrecy(path)
        if isinstance(values, str):
            return values
        where = key_path(key)
        if where not in values:
            return no_value(self._known.setdefault(path, KnownValues(values)), path, key)
        return None if values[where] else in_clear(path, key)

    def _secrecy(self, path: str) -> Mapping[KeyPath, bool] | str:
        try:
            return SopsFile.parse(path, self._files.contents[path]).secrecy()
        except Unusable as error:
            return str(error)
