"""All references to secrets in a resource, whatever its kind, with the way to each."""

from collections.abc import Iterator

from pydantic import BaseModel

from schema.secret_source import AgeSecret, AnySecret, EnvSecret, FileSecret, SopsSecret

Way = tuple[str | int, ...]


def secrets_in(model: BaseModel) -> Iterator[tuple[Way, AnySecret]]:
    """Yield each with the names of the fields as they are written, and indexes of lists."""
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if value is not None:
            for way, source in _in_value(value):
                yield (field.alias or name, *way), source


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
