"""What the language says already and the engine can't carry out yet, marked where the field is declared.

`NotYet()` stands in the `Annotated[...]` of a field, beside `Field(...)`; also of one that holds a whole Part. It counts only where a
manifest says something else than the default: such a resource is accepted, and its conditions say what of it is not applied. A kind of
which nothing is carried out says so in `schema.registry`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from schema.document import Path

_NO_STEPS: Final[Mapping[str, "_Step"]] = {}


@dataclass(frozen=True, slots=True)
class NotYet:
    """The field is not carried out yet. `only`: just these values of it are not; `where`: just those of which this is true."""

    only: tuple[object, ...] = ()
    where: Callable[[Any], bool] | None = None

    def counts(self, value: object) -> bool:
        """Return whether this value, which is not the default, is not carried out."""
        if isinstance(value, tuple) and (self.only or self.where is not None):
            return any(map(self.counts, value))
        if self.where is not None:
            return value is not None and self.where(value)
        return not self.only or value in self.only


@dataclass(frozen=True, slots=True, eq=False)
class _Step:
    """A field in which something is marked: itself, or fields of the mappings in it."""

    alias: str
    field: FieldInfo
    marks: tuple[NotYet, ...]


def not_yet_in(model: BaseModel) -> Iterator[Path]:
    """Yield the paths (YAML names, below the model) of what it says that is not carried out yet."""
    steps = _steps_of(type(model))
    # Only what was written can differ from its default.
    for name in model.model_fields_set & steps.keys() if steps else ():
        step, value = steps[name], getattr(model, name)
        if value == step.field.get_default(call_default_factory=True, validated_data={}):
            continue
        if any(mark.counts(value) for mark in step.marks):
            yield (step.alias,)
        else:
            yield from ((step.alias, *path) for path in _within(value))


def _within(value: object) -> Iterator[Path]:
    if isinstance(value, BaseModel):
        yield from not_yet_in(value)
    elif isinstance(value, tuple):
        yield from ((index, *path) for index, entry in enumerate(value) for path in _within(entry))
    elif isinstance(value, dict):
        yield from ((str(key), *path) for key, entry in value.items() for path in _within(entry))


def marks_of(field: FieldInfo) -> tuple[NotYet, ...]:
    """Return what a field is marked with, also within `Annotated[...] | None` and the entries of a list."""
    own = (mark for mark in field.metadata if isinstance(mark, NotYet))
    return (*own, *_marks_in(field.annotation))


def _marks_in(annotation: object) -> Iterator[NotYet]:
    yield from (mark for mark in getattr(annotation, "__metadata__", ()) if isinstance(mark, NotYet))
    for part in get_args(annotation):
        yield from _marks_in(part)


@cache
def _steps_of(model: type[BaseModel]) -> Mapping[str, _Step]:
    """Return the fields in which something is marked, by their names here."""
    found = {
        name: _Step(field.alias or name, field, marks)
        for name, field in model.model_fields.items()
        if (marks := marks_of(field)) or any(map(_steps_of, _models_in(field.annotation)))
    }
    return found or _NO_STEPS


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)
