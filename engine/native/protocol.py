"""The protocol modules, compiled by mypyc from the very same source: `use` puts them in place of the `.py` files.

They lie in a folder of their own (`protocol/` beside this file, made by `ci/compile`), never beside their sources, and whoever does not
call `use` runs the sources. A stamp says what they were made from: all of `engine` and `dialing`, since mypyc copies constants of
other modules into what it makes, and how: the list of what is compiled, and the script that does it. If a single byte of these differs,
the sources run: an edit is never without effect. An installed package has no such list any more, and there only the sources count.

Surprising: `use` has to be called before any of these modules is imported. Two forms of one class would not know each other.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib.abc import MetaPathFinder
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Final, NamedTuple

FOLDER: Final = Path(__file__).with_name("protocol")
STAMP: Final = "sources.sha256"
SCRIPT: Final = "ci/compile_protocol.py"
SWITCH: Final = "TRUNKLINE_MYPYC"
_ROOT: Final = Path(__file__).parents[2]


class Protocol(NamedTuple):
    """Which form serves. `why`: in words, what to do included where it is not the compiled one."""

    compiled: bool
    why: str


def use() -> Protocol:
    """From now on import the compiled form, if it is there and fits the sources."""
    found = check()
    if not found.compiled:
        return found
    modules = _modules()
    imported = sorted(name for name in modules if _is_plain(sys.modules.get(name)))
    if imported:
        return Protocol(False, f"plain Python: {imported[0]} was imported before")
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder(modules))
    return found


def check() -> Protocol:
    """Whether the compiled form is there and fits."""
    if os.environ.get(SWITCH) == "0":
        return Protocol(False, f"plain Python, as {SWITCH}=0 asks")
    try:
        stamp = (FOLDER / STAMP).read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return Protocol(False, "plain Python; ci/compile makes the compiled form")
    if not _modules():
        return Protocol(False, "plain Python: the compiled form is of another Python; ci/compile makes it anew")
    sources, _, recipe = stamp.partition("\n")
    if sources != digest() or recipe_digest() not in (recipe, ""):
        return Protocol(
            False,
            "plain Python: the sources, or the list of what is compiled, were changed since they were compiled; "
            "ci/compile does it anew",
        )
    return Protocol(True, "compiled by mypyc")


def digest(root: Path = _ROOT) -> str:
    """Of all sources that have a part in the compiled form."""
    found = sha256()
    for package in ("dialing", "engine"):
        for path in sorted((root / package).rglob("*.py")):
            data = path.read_bytes()
            found.update(f"{path.relative_to(root).as_posix()} {len(data)}\n".encode())
            found.update(data)
    return found.hexdigest()


def recipe_digest(root: Path = _ROOT) -> str:
    """Of what decides which modules are compiled, and how; "" where that is not there, as in an installed package."""
    found = sha256()
    try:
        found.update((root / SCRIPT).read_bytes())
        found.update(_list_in((root / "pyproject.toml").read_bytes()))
    except OSError:
        return ""
    return found.hexdigest()


def stamp(root: Path = _ROOT) -> str:
    """What a compiled form that is made now says of itself: a line of the sources, and one of how it was made."""
    return f"{digest(root)}\n{recipe_digest(root)}"


def _list_in(project: bytes) -> bytes:
    _, start, rest = project.partition(b"\ncompiled = [")
    return start + rest.partition(b"\n]")[0]


class _Finder(MetaPathFinder):
    def __init__(self, files: Mapping[str, Path]) -> None:
        self._files = files

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        file = self._files.get(fullname)
        return None if file is None else spec_from_file_location(fullname, file)


def _modules() -> dict[str, Path]:
    """What was compiled for this Python, by the name under which it is imported."""
    suffix = EXTENSION_SUFFIXES[0]
    return {".".join(path.relative_to(FOLDER).parts).removesuffix(suffix): path for path in FOLDER.rglob(f"*{suffix}")}


def _is_plain(module: ModuleType | None) -> bool:
    return module is not None and not isinstance(module.__loader__, ExtensionFileLoader)
