"""The live page as it is served, and what holds of its files: all words in every language, no text past them, nothing that is evaluated."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from api import live_page

WEB = live_page.WEB
OURS = sorted(path for path in WEB.rglob("*.js") if "vendor" not in path.parts)
LANGUAGES = sorted((WEB / "words").glob("*.js"))
KEY = re.compile(r'^  "([\w.-]+)": ("(?:[^"\\]|\\.)*"),$', re.MULTILINE)


class Client:
    def __init__(self, app: FastAPI) -> None:
        self.app = app

    def request(self, method: str, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        async def asked() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://page") as client:
                return await client.request(method, path, headers=headers)

        return asyncio.run(asked())

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.request("GET", path, headers)


@pytest.fixture(scope="module")
def client() -> Client:
    app = FastAPI()
    live_page.install(app)
    return Client(app)


def words_of(path: Path) -> dict[str, str]:
    text = path.read_text(encoding="utf-8")
    found = KEY.findall(text)
    assert len(found) == text.count('": "'), "a line that is no word"
    assert len(found) == len(dict(found)), "a word that is there twice"
    return dict(found)


def name_of(path: Path) -> str:
    return str(path.relative_to(WEB))


@pytest.mark.parametrize("path", ["/", "/open"])
def test_the_shell_is_served_with_its_policy(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-cache"


def test_what_did_not_change_is_not_sent_again(client: Client) -> None:
    first = client.get("/web/main.js")
    again = client.get("/web/main.js", **{"If-None-Match": f'"other", W/{first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert client.get("/web/main.js", **{"If-None-Match": '"other"'}).content == first.content


@pytest.mark.parametrize(
    "path",
    ["/web/", "/web/none.js", "/web/../app.py", "/web/%2e%2e/app.py", "/web/vendor/README.md", "/web//etc/passwd"],
)
def test_nothing_else_is_served(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_the_page_is_only_read(client: Client, method: str) -> None:
    assert client.request(method, "/").status_code == 405


def test_all_that_the_page_names_is_there() -> None:
    assets = live_page.read_assets()
    named = re.findall(r'(?:href|src)="/web/([^"]+)"', assets["index.html"].content.decode())
    assert named
    assert set(named) <= set(assets)
    for path in OURS:
        for imported in re.findall(r'from "(\.[^"]+)"', path.read_text(encoding="utf-8")):
            assert (path.parent / imported).resolve().is_file(), f"{name_of(path)}: {imported}"


@pytest.mark.parametrize("path", LANGUAGES, ids=name_of)
def test_every_language_has_the_same_words(path: Path) -> None:
    words, english = words_of(path), words_of(WEB / "words/en.js")
    assert list(words) == list(english)
    for key, text in words.items():
        holes = sorted(re.findall(r"\{\w+\}", text))
        assert holes == sorted(re.findall(r"\{\w+\}", english[key])), key


def test_every_word_that_is_used_is_there_and_every_word_is_used() -> None:
    words = set(words_of(WEB / "words/en.js"))
    text = "\n".join(path.read_text(encoding="utf-8") for path in OURS if path.parent.name != "words")
    used = set(re.findall(r'\bt\("([\w.-]+)"', text)) | set(re.findall(r'"(sign-in\.[\w-]+)"', text))
    used |= {"language.tag", "language.name"}
    lists = set(re.findall(r'\bword\("(\w+)"', text)) | set(re.findall(r"\bt\(`(\w+)\.\$\{", text))
    lists |= {"outcome", "direction"}  # word(name, ...) of the filters
    assert used <= words, used - words
    unused = {word for word in words - used if word.split(".")[0] not in lists}
    assert not unused


@pytest.mark.parametrize("path", [path for path in OURS if path.parent.name in {"views", "components"}], ids=name_of)
def test_no_text_stands_outside_the_words(path: Path) -> None:
    """What is left of the templates without their holes and tags has no letter; nor have the attributes that people are told."""
    for template in templates_of(path.read_text(encoding="utf-8")):
        assert not re.findall(r'(?:aria-label|title|placeholder|alt)="[^"$]*\w[^"]*"', template), template
        bare = re.sub(r"<[^>]*>", " ", template)
        told = [word for word in re.findall(r"[^\W\d_]{2,}", bare) if word not in {"trunkline", "open"}]
        assert not told, f"{name_of(path)}: {told}"


def templates_of(text: str) -> Iterator[str]:
    """Each html`...` with its ${...} taken out; templates inside holes come by themselves."""
    for found in re.finditer(r"html`", text):
        yield _without_holes(text, found.end())


def _without_holes(text: str, at: int) -> str:
    shown, depth = [], 0
    while depth > 0 or text[at] != "`":
        if text.startswith("${", at) and depth == 0:
            depth, at = 1, at + 2
        elif depth == 0:
            shown.append(text[at])
            at += 1
        elif text[at] == "`":
            at = _end_of_template(text, at + 1)
        else:
            depth += {"{": 1, "}": -1}.get(text[at], 0)
            at += 1
    return "".join(shown)


def _end_of_template(text: str, at: int) -> int:
    depth = 0
    while depth > 0 or text[at] != "`":
        if depth == 0 and text.startswith("${", at):
            depth, at = 1, at + 2
        elif depth > 0 and text[at] == "`":
            at = _end_of_template(text, at + 1)
        else:
            depth += {"{": 1, "}": -1}.get(text[at], 0) if depth > 0 else 0
            at += 1
    return at + 1


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_nothing_is_evaluated_or_set_as_markup(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for word in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "dangerouslySetInnerHTML",
        "eval(",
        "new Function",
        "document.write",
        ".cookie",
    ):
        assert word not in text


def test_the_shell_has_nothing_inline() -> None:
    shell = (WEB / "index.html").read_text(encoding="utf-8")
    assert not re.search(r"<style|<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=", shell)


def test_the_page_asks_nobody_else() -> None:
    for path in [*OURS, *WEB.rglob("*.css"), WEB / "index.html"]:
        assert not re.search(r"https?://(?!www\.w3\.org)", path.read_text(encoding="utf-8")), name_of(path)


def test_libraries_have_their_licences() -> None:
    readme = (WEB / "vendor/README.md").read_text(encoding="utf-8")
    for path in (WEB / "vendor").iterdir():
        assert path.name == "README.md" or f"`{path.name}`" in readme
