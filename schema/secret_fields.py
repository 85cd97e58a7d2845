"""All references to secrets in a resource, whatever its kind, with the way to each.

Which fields of a model may hold one is told once, by their types: a set has thousands of resources, and most fields of most are others.
"""

from collections.abc import Iterator
from functools import cache
from typing import get_args

from pydantic import BaseModel

from schema.secret_source import AgeSecret, AnySecret, EnvSecret, FileSecret, SopsSecret

Way = tuple[str | int, ...]
_SOURCES = frozenset({EnvSecret, FileSecret, SopsSecret, AgeSecret})


def secrets_in(model: BaseModel) -> Iterator[tuple[Way, AnySecret]]:
    """Yield each with the names of the fields as they are written, and indexes of lists."""
    for name, alias in _holders(type(model)):
        value = getattr(model, name)
        if value is not None:
            for way, source in _in_value(value):
                yield (alias, *way), source


def _in_value(value: object) -> Iterator[tuple[Way, AnySecret]]:
    match value:
        case EnvSecret() | FileSecret() | SopsSecret() | AgeSecret():
            yield (), value
        case BaseModel():
            yield from secrets_in(value)
        case list() | tuple():
            for index, item in enumerate(value):
                yield from (((index, *way), source) for way, source in _in_value(item))
        case dict():
            for key, item in value.items():
                yield from (((str(key), *way), source) for way, source in _in_value(item))


@cache
def _holders(model: type[BaseModel]) -> tuple[tuple[str, str], ...]:
    """The fields that may hold one, and what they are called where they are written."""
    fields = model.model_fields.items()
    return tuple((name, field.alias or name) for name, field in fields if _may_hold(field.annotation, (model,)))


def _may_hold(annotation: object, inside: tuple[type, ...]) -> bool:
    """Whether a value of this type may be one, or have one in it. `inside`: models being looked into, which may be in themselves."""
    if isinstance(annotation, type) and annotation in _SOURCES:
        return True
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation in inside or any(
            _may_hold(field.annotation, (*inside, annotation)) for field in annotation.model_fields.values()
        )
    return any(_may_hold(one, inside) for one in get_args(annotation))
