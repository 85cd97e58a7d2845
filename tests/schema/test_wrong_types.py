"""Every wrong type in every field of what examples/people and examples/whole-language say: told at its place in words of ours, or taken;
never a traceback.

And where an editor, by the JSON Schema, sees that a value is wrong, so do we.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from reconciler.handbook import entries
from schema.document import read_documents
from schema.json_schema import kind_schema
from schema.manifest_set import parse_file

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
FOLDERS = [EXAMPLES / "people", EXAMPLES / "whole-language"]
WRONG: list[object] = [None, True, 7, -1.5, "", "é\u2028", [], {}, [None], {"a": {"b": 1}}]

Place = tuple[str | int, ...]


def documents_of_the_example() -> dict[str, object]:
    texts = [path.read_text(encoding="utf-8") for folder in FOLDERS for path in sorted(folder.glob("*.yaml"))]
    found = [document.as_json() for text in texts for document in read_documents("f", text).documents]
    return {str(one["kind"]): one for one in found if isinstance(one, dict)}


DOCUMENTS = documents_of_the_example()


def places(value: object, at: Place = ()) -> Iterator[Place]:
    """All places below `spec`, mappings and lists themselves included."""
    if at:
        yield at
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*at, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places(inner, (*at, index))


def replaced(document: object, at: Place, value: object) -> object:
    changed = copy.deepcopy(document)
    holder = changed
    for step in at[:-1]:
        holder = holder[step]  # type: ignore[index]  # a place of this document
    holder[at[-1]] = value  # type: ignore[index]  # likewise
    return changed


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_wrong_type_is_told_in_our_words(name: str) -> None:
    document = DOCUMENTS[name]
    assert isinstance(document, dict)
    known = entries()
    editor = jsonschema.Draft202012Validator(kind_schema(str(document["kind"])))
    for at in places(document["spec"], ("spec",)):
        for value in WRONG:
            changed = replaced(document, at, value)
            parsed = parse_file("f", json.dumps(changed, ensure_ascii=False))
            assert {problem.rule for problem in parsed.problems} <= known.keys(), (at, value)
            assert not any("does not fit here" in problem.message for problem in parsed.problems), (at, value)
            # A bare number is the text that it is where text is wanted, also where an editor would have it in quotes.
            if not parsed.problems and not isinstance(value, int | float):
                assert editor.is_valid(changed), (at, value, "an editor refuses it, and we take it")
