"""The documentation as a web site: Sphinx reads the same Markdown pages that stand in git, from the root of the repository.

Its navigation is the table of docs/README.md, in that order; a page that is not in it fails the build. Nothing is fetched from elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from pygments.lexers.special import TextLexer  # type: ignore[import-untyped]  # ships no types

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "Trunkline"
author = "the developers of Trunkline"
extensions = ["myst_parser"]
root_doc = "docs/README"
include_patterns = [
    "docs/**",
    "examples/*/README.md",
    "*/README.md",
    "engine/*/README.md",
    "api/web/vendor/README.md",
    "bench/*.md",
    "README.md",
    "CHANGELOG.md",
]
exclude_patterns = ["docs/conf.py", ".*/**", "docs/faults/**", "build/**", "data/**", "tests/**", ".venv/**"]
source_suffix = {".md": "markdown"}
myst_enable_extensions = ["attrs_inline"]
myst_heading_anchors = 6
suppress_warnings = ["myst.header"]  # pages drawn for people may leave out a level
nitpicky = True
man_pages = [("docs/commands", "trunkline", "a PBX that is run by manifests in git", author, 1)]
html_theme = "furo"
html_title = "Trunkline"
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False

_KINDS = "docs/kinds/README"
_LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)\.md(?:#[^)]*)?\)")
_ANCHOR = re.compile('<a id="([a-z-]+)"></a>`([^`]+)`')
"""A place within a table that is linked to, as GitHub reads it."""
_SECTION = re.compile(r"^## (.+)\n([^#]*(?:#(?!# )[^#]*)*)", re.MULTILINE)


def _linked(text: str, folder: Path, srcdir: Path) -> list[str]:
    """The pages that a text links to, as documents of the site, in order."""
    found = [(folder / f"{name}.md").resolve() for name in _LINK.findall(text)]
    return [str(path.relative_to(srcdir).with_suffix("")) for path in found]


def _toctree(names: Iterable[str], caption: str = "") -> str:
    entries = "\n".join(f"/{name}" for name in names)
    told = f":caption: {caption}\n" if caption else ""
    return f"\n```{{toctree}}\n:hidden:\n{told}\n{entries}\n```\n"


def _navigation(app: Sphinx, docname: str, source: list[str]) -> None:
    """Each section of the table of contents is one of the navigation; a page stands where it is named first, a kind below all kinds."""
    srcdir = Path(app.srcdir)
    source[0] = _ANCHOR.sub(r"`\2`{#\1}", source[0])
    if docname == _KINDS:
        source[0] += _toctree(dict.fromkeys(_linked(source[0], srcdir / "docs" / "kinds", srcdir)))
    if docname != root_doc:
        return
    seen = {root_doc}
    for caption, text in _SECTION.findall(source[0]):
        linked = dict.fromkeys(_linked(text, srcdir / "docs", srcdir))
        names = [name for name in linked if name not in seen and (name == _KINDS or not name.startswith("docs/kinds/"))]
        seen.update(names)
        source[0] += _toctree(names, caption)
    source[0] += _toctree(
        ("README", "CHANGELOG", "bench/RESULTS", "bench/SOAK", "api/web/vendor/README"), "The project"
    )


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("source-read", _navigation)
    app.add_lexer("mermaid", TextLexer)  # GitHub draws these; here they can be read as they are
    return {"parallel_read_safe": True, "parallel_write_safe": True}
