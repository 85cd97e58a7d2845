"""Every relative link of every page resolves, headings included, and no page names a path of the machine it was written on."""

import re
import subprocess
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(<?([^)\s>]+)>?\)|<img[^>]*\ssrc=\"([^\"]+)\"")
FENCED = re.compile(r"^( *)(```|~~~).*?^\1\2[^\n]*$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
HEADING = re.compile(r"^#{1,6} (.+?) *#*$", re.MULTILINE)
ANCHOR = re.compile(r"<a id=\"([^\"]+)\"")
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:work|tmp|home|root|Users)/")


def pages() -> list[Path]:
    """The pages in git, and those that are new and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        found = [ROOT / name for name in listed.stdout.splitlines()]
    else:  # an unpacked archive: without what .gitignore names
        found = [
            path for path in ROOT.rglob("*.md") if not {".venv", "build", "data"} & set(path.relative_to(ROOT).parts)
        ]
    return sorted(path for path in found if path.is_file())


def anchors(text: str) -> set[str]:
    """The names that a page's headings have, as GitHub makes them, and its explicit ones."""
    seen: dict[str, int] = {}
    found = set(ANCHOR.findall(text))
    for heading in HEADING.findall(FENCED.sub("", text)):
        name = re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()).replace(" ", "-")
        found.add(name if name not in seen else f"{name}-{seen[name]}")
        seen[name] = seen.get(name, 0) + 1
    return found


def broken_links(page: Path, text: str) -> list[str]:
    """The links of a page that lead nowhere; those to other machines are not followed."""
    broken = []
    for groups in LINK.findall(CODE.sub("", FENCED.sub("", text))):
        link = unquote(groups[0] or groups[1])
        if re.match(r"[a-z][a-z0-9+.-]*:", link):
            continue
        place, _, fragment = link.partition("#")
        target = page if not place else (page.parent / place).resolve()
        if place and not (target.exists() and target.is_relative_to(ROOT)):
            broken.append(link)
            continue
        there = target.read_text(encoding="utf-8") if place and target.is_file() else text
        if fragment and fragment not in anchors(there):
            broken.append(link)
    return broken


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_resolve(page: Path) -> None:
    assert broken_links(page, page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_no_path_of_a_machine(page: Path) -> None:
    assert MACHINE_PATH.findall(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("[a](docs/README.md) [b](LICENSE) [c](https://example.org/x) [d](docs)", []),
        ("[a](docs/nowhere.md)", ["docs/nowhere.md"]),
        ("[a](/docs/README.md)", ["/docs/README.md"]),
        ("[a](../outside.md)", ["../outside.md"]),
        ("# One `two`\n[a](#one-two)", []),
        ("# One\n[a](#two)", ["#two"]),
        ("[a](docs/README.md#no-such-heading)", ["docs/README.md#no-such-heading"]),
        ("```\n[a](docs/nowhere.md)\n```\n`[a](x)`", []),
    ],
)
def test_broken_links_are_found(text: str, broken: list[str]) -> None:
    assert broken_links(ROOT / "planted.md", text) == broken


def test_a_planted_path_is_found() -> None:
    assert MACHINE_PATH.search("see /" + "home/ada/pbx.yaml")
    assert not MACHINE_PATH.search("serve /etc/pbx --data /var/lib/pbx, docs/home/x")


def test_every_page_of_docs_is_in_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    linked = {(ROOT / "docs" / link.partition("#")[0]).resolve() for link, _ in LINK.findall(index)}
    there = set((ROOT / "docs").glob("*.md")) - {ROOT / "docs" / "README.md"} | {ROOT / "docs" / "kinds" / "README.md"}
    assert sorted(map(str, there - linked)) == []
