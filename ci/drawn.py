"""What the scripts that draw pages have in common: they write them, or with --check say which are not what they would write."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent


def settle(module: str, pages: Mapping[Path, str], arguments: list[str], found: Iterable[Path] = ()) -> int:
    """Do what the script's arguments say. Of those `found`, what is not among the pages is stale, too, and goes."""
    if arguments not in ([], ["--check"]):
        print(f"{module} takes --check or nothing, not {' '.join(arguments)}", file=sys.stderr)
        return 2
    gone = set(found) - pages.keys()
    if not arguments:
        for path, text in pages.items():
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        for path in gone:
            path.unlink()
        return 0
    stale = {path for path, text in pages.items() if not path.exists() or path.read_text(encoding="utf-8") != text}
    for path in sorted(stale | gone):
        print(f"{path.relative_to(ROOT)} is not up to date; draw it again: python -m {module}", file=sys.stderr)
    return 1 if stale | gone else 0


def cell(text: str) -> str:
    """The text as it stands in a cell of a table."""
    return text.replace("|", "\\|")


def filled(page: Path, begin: str, text: str, end: str | None = None) -> str:
    """The page as it is, but for what is drawn: all between these two lines, or all after the first."""
    before, first, rest = page.read_text(encoding="utf-8").partition(begin)
    _, last, after = rest.partition(end) if end is not None else ("", "", "")
    if not first or (end is not None and not last):
        lines = begin if end is None else f"{begin} and {end}"
        raise LookupError(f"{page.relative_to(ROOT)} lacks the lines {lines}")
    return f"{before}{first}\n\n{text}" + (f"\n\n{last}{after}" if end is not None else "")
