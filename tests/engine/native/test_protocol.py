"""When the compiled protocol modules serve, and that an edit is never without effect. (`ci/test compiled` runs them.)"""

from __future__ import annotations

import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from types import ModuleType

import pytest

from engine.native import protocol


@pytest.fixture(autouse=True)
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A compiled form of one module, of the sources as they are."""
    folder = tmp_path / "protocol"
    (folder / "engine" / "x").mkdir(parents=True)
    (folder / "engine" / "x" / f"one{EXTENSION_SUFFIXES[0]}").write_bytes(b"")
    (folder / protocol.STAMP).write_text(protocol.stamp() + "\n")
    monkeypatch.setattr(protocol, "FOLDER", folder)
    monkeypatch.delenv(protocol.SWITCH, raising=False)
    finders = [finder for finder in sys.meta_path if not isinstance(finder, protocol._Finder)]
    monkeypatch.setattr(sys, "meta_path", finders)
    return folder


def test_the_compiled_form_is_found_by_the_name_of_its_source(built: Path) -> None:
    assert protocol.use() == (True, "compiled by mypyc")
    spec = sys.meta_path[0].find_spec("engine.x.one", None)
    assert spec is not None
    assert spec.origin == str(built / "engine" / "x" / f"one{EXTENSION_SUFFIXES[0]}")
    assert sys.meta_path[0].find_spec("engine.x.two", None) is None


def test_twice_is_as_once() -> None:
    before = len(sys.meta_path)
    protocol.use()
    protocol.use()
    assert len(sys.meta_path) == before + 1


def test_what_was_imported_before_stays_the_only_form(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "engine.x.one", ModuleType("engine.x.one"))
    assert protocol.use() == (False, "plain Python: engine.x.one was imported before")


def test_it_is_not_used_against_the_wish(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(protocol.SWITCH, "0")
    assert protocol.use() == (False, "plain Python, as TRUNKLINE_MYPYC=0 asks")


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        (protocol.STAMP, "0" * 64, "were changed since they were compiled"),
        (protocol.STAMP, protocol.digest(), "were changed since they were compiled"),
        (protocol.STAMP, f"{protocol.digest()}\n{'0' * 64}", "the list of what is compiled, were changed since"),
        (protocol.STAMP, None, "ci/compile makes the compiled form"),
        (f"engine/x/one{EXTENSION_SUFFIXES[0]}", None, "of another Python"),
    ],
    ids=["stale", "of_before_the_list_counted", "another_list", "absent", "another_python"],
)
def test_what_does_not_fit_is_not_used(built: Path, name: str, content: str | None, why: str) -> None:
    if content is None:
        (built / name).unlink()
    else:
        (built / name).write_text(content)
    found = protocol.use()
    assert not found.compiled
    assert why in found.why


@pytest.mark.parametrize("edit", ["changed", "added", "removed", "renamed"])
def test_any_edit_of_a_source_changes_the_digest(tmp_path: Path, edit: str) -> None:
    for package in ("dialing", "engine"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "one.py").write_text("ONE = 1\n")
    before = protocol.digest(tmp_path)
    one = tmp_path / "dialing" / "one.py"
    match edit:
        case "changed":
            one.write_text("ONE = 2\n")
        case "added":
            one.with_name("two.py").write_text("")
        case "removed":
            one.unlink()
        case _:
            one.rename(one.with_name("two.py"))
    assert protocol.digest(tmp_path) != before


@pytest.mark.parametrize(
    ("file", "old", "new", "counts"),
    [
        ("pyproject.toml", '"a.b"', '"a.c"', True),
        ("pyproject.toml", '"a.b"', '"a.b", "a.c"', True),
        ("pyproject.toml", "name", "title", False),
        (protocol.SCRIPT, "2", "3", True),
    ],
    ids=["another module", "one more module", "another line", "the script"],
)
def test_what_is_compiled_and_how_counts_for_the_stamp(
    tmp_path: Path, file: str, old: str, new: str, counts: bool
) -> None:
    (tmp_path / "ci").mkdir()
    (tmp_path / "pyproject.toml").write_text('name = "x"\ncompiled = [\n  "a.b",\n]\n\nname = "y"\n')
    (tmp_path / protocol.SCRIPT).write_text("opt_level = 2\n")
    before = protocol.stamp(tmp_path)
    assert protocol.recipe_digest(tmp_path)
    (tmp_path / file).write_text((tmp_path / file).read_text().replace(old, new))
    assert (protocol.stamp(tmp_path) != before) is counts


def test_an_installed_package_has_no_list_and_is_judged_by_its_sources(
    built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "recipe_digest", lambda: "")
    assert protocol.check().compiled


def test_the_list_of_this_project_is_found() -> None:
    found = protocol._list_in((Path(__file__).parents[3] / "pyproject.toml").read_bytes())
    assert b'"engine.sip.parser"' in found
    assert b"line-length" not in found
