"""Every folder of manifests that people are shown is valid for the reader and for editors; planted mistakes are not."""

from pathlib import Path

import jsonschema
import pytest

from reconciler.source.selection import is_sealed
from schema.document import read_documents
from schema.json_schema import all_kinds_schema
from schema.manifest_set import load

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = [ROOT / "manifests", *sorted(path for path in (ROOT / "examples").iterdir() if path.is_dir())]
VALIDATOR = jsonschema.Draft202012Validator(all_kinds_schema())

Files = dict[str, str]

# A mistake, what it replaces (the first place only), and the rule that tells it; True: an editor sees it, too.
MISTAKES = [
    ("misspelt kind", "kind: Tenant\n", "kind: Tennant\n", "kind", True),
    ("other version", "apiVersion: trunkline/v1", "apiVersion: trunkline/v9", "api-version", True),
    ("misspelt field", "  transport: udp\n", "  transprt: udp\n", "unknown-field", True),
    ("unknown tenant", "{tenant: ", "{tenant: no-such-", "tenant-exists", False),
    ("password in the manifest", "password: {file: ", "password: {literal: ", "secret-literal", True),
    ("half a save", "spec:\n", "spec: {\n", "yaml-syntax", False),
]


def name_of(folder: Path) -> str:
    return str(folder.relative_to(ROOT))


def files_of(folder: Path) -> Files:
    """The manifests, without what is encrypted beside them."""
    found = {str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.yaml"))}
    return {name: text for name, text in found.items() if not is_sealed(name, text.encode())}


def rules(files: Files) -> set[str]:
    return {problem.rule for problem in load(files.items()).report}


def is_valid_for_editors(files: Files) -> bool:
    documents = [document for name, text in files.items() for document in read_documents(name, text).documents]
    return all(VALIDATOR.is_valid(document.as_json()) for document in documents)


def planted(files: Files, old: str, new: str) -> Files | None:
    """The files with the first `old` replaced; None if there is none."""
    for name, text in files.items():
        if old in text:
            return {**files, name: text.replace(old, new, 1)}
    return None


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_an_example_is_valid(folder: Path) -> None:
    files = files_of(folder)
    assembly = load(files.items())
    # Their addresses are those of examples, and that is said to whoever copies one.
    assert {problem.rule for problem in assembly.report} <= {"advertised-address-doubtful"}
    assert assembly.catalog.tenants
    assert is_valid_for_editors(files)


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_an_example_points_editors_at_the_schema(folder: Path) -> None:
    for name, text in files_of(folder).items():
        mark, _, schema = text.partition("\n")[0].partition("$schema=")
        assert mark == "# yaml-language-server: ", name
        assert (folder / name).parent.joinpath(schema).resolve() == ROOT / "schema" / "published" / "trunkline.json"


@pytest.mark.parametrize("folder", FOLDERS[1:], ids=name_of)
def test_a_story_has_its_page(folder: Path) -> None:
    assert (folder / "README.md").read_text(encoding="utf-8").startswith("# ")


@pytest.mark.parametrize(("old", "new", "rule", "seen"), [m[1:] for m in MISTAKES], ids=[m[0] for m in MISTAKES])
def test_a_planted_mistake_is_told(old: str, new: str, rule: str, seen: bool) -> None:
    hit = 0
    for folder in FOLDERS:
        broken = planted(files_of(folder), old, new)
        if broken is None:
            continue
        hit += 1
        assert rule in rules(broken), name_of(folder)
        assert not (seen and is_valid_for_editors(broken)), name_of(folder)
    assert hit, f"no example has {old!r}"


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_without_its_listener_an_example_is_refused(folder: Path) -> None:
    kept = {
        name: "\n---\n".join(part for part in text.split("\n---\n") if "\nkind: Listener\n" not in f"\n{part}\n")
        for name, text in files_of(folder).items()
    }
    assert rules(kept) & {"listener-needed", "no-resources"}
