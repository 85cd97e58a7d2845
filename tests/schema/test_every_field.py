"""Every wrong type in every field of every kind: a problem with its place, what is wrong and what to do; never a traceback.

Fields are found by the models, so that a new kind is tried without a line here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from itertools import pairwise
from types import NoneType
from typing import Any, Final, get_args, get_origin

import pytest
from pydantic import BaseModel

from ci.draw_kind_pages import example_of
from schema.document import Path, read_documents
from schema.manifest_set import ParsedFile, parse_file
from schema.registry import KINDS, Kind

DEEP: Final[Any] = {"a": {"b": [{"c": [[]]}]}}
WRONG: Final[list[Any]] = [
    None, True, False, 0, -1, 7, 1.5, 1e300, 10**40, "", " ", "x", "NO SUCH THING !", "a\nb", "\u0000", "\u6587" * 3, "-", "z" * 5000,
    [], [None], [True], [[]], [{}], [1, "x"], ["x", "x"], {}, {"x": 1}, {"": None}, {"1": [2]}, DEEP, [DEEP],
]  # fmt: skip
# What pydantic says by itself, and our last resort.
FOREIGN: Final = re.compile(
    r"Input should|valid (string|integer|dictionary)|see the kind's schema|Traceback|pydantic", re.IGNORECASE
)


def base_of(kind: Kind) -> dict[str, Any]:
    """A good document of the kind: its example."""
    _, text = example_of(kind.name)
    [document] = read_documents("example.yaml", text).documents
    data = json.loads(json.dumps(document.as_json()))
    assert isinstance(data, dict)
    return data


def paths_of(model: type[BaseModel], path: Path = ()) -> Iterator[Path]:
    """All fields, those of mappings within, of lists of mappings and of mappings by name."""
    for name, field in model.model_fields.items():
        here = (*path, field.alias or name)
        yield here
        for part, steps in models_in(field.annotation):
            yield from paths_of(part, (*here, *steps))


def models_in(annotation: object) -> Iterator[tuple[type[BaseModel], Path]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, ()
        return
    step: Path = (0,) if get_origin(annotation) is tuple else ("some",) if get_origin(annotation) is dict else ()
    for part in get_args(annotation):
        if part not in (NoneType, Ellipsis):
            yield from ((model, (*step, *rest)) for model, rest in models_in(part))


def planted(base: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    """The document with `value` at `path`; mappings and lists on the way are made."""
    document = deepcopy(base)
    holder: Any = document
    for step, following in pairwise(path):
        empty: Any = [{}] if isinstance(following, int) else {}
        if isinstance(step, int):
            holder[step] = holder[step] if isinstance(holder[step], type(empty)) else empty
        elif not isinstance(holder.get(step), type(empty)) or not holder[step]:
            holder[step] = empty
        holder = holder[step]
    holder[path[-1]] = value
    return document


def told(parsed: ParsedFile, where: Path) -> list[str]:
    """The lines of what is wrong; each has its place and says what to do."""
    for problem in parsed.problems:
        assert problem.mark.file == "f.yaml", where
        assert min(problem.mark[1:]) >= 1, where
        assert all((problem.message, problem.hint)), where
        assert re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", problem.rule), where
        assert FOREIGN.search(str(problem)) is None, (where, str(problem))
        assert len(str(problem)) < 2000, where
    return [problem.message for problem in parsed.problems]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_wrong_type_in_every_field(kind: Kind) -> None:
    base = base_of(kind)
    assert not parse_file("f.yaml", json.dumps(base)).problems
    for path in paths_of(kind.model):
        found = [told(parse_file("f.yaml", json.dumps(planted(base, path, value))), path) for value in WRONG]
        # Most of these fit no field; labels and annotations take nearly any text.
        assert sum(map(bool, found)) >= 8, path
        last = next(step for step in reversed(path) if isinstance(step, str))
        assert any(last in line for lines in found for line in lines) or path == ("apiVersion",), path


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_an_unknown_field_is_told_wherever_it_stands(kind: Kind) -> None:
    base = base_of(kind)
    holders = {path[:-1] for path in paths_of(kind.model)}
    for holder in holders:
        found = parse_file("f.yaml", json.dumps(planted(base, (*holder, "noSuchField"), 1)))
        assert any("noSuchField" in line for line in told(found, holder)), holder
