"""What a resource says of others of its tenant: destinations, names and numbers in its fields, prompts and files that it plays.

Found by the fields' own types, so that a new field of a kind is looked at without a line anywhere else.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final, get_args

from pydantic import BaseModel

from schema.announcement import PromptNamed, Recording
from schema.destination import To
from schema.document import Path
from schema.reference import Names, NamesExtension
from schema.resource import AnyResource

KIND_OF_DESTINATION: Final = {
    "ringGroup": "RingGroup",
    "receptionist": "Receptionist",
    "queue": "Queue",
    "conference": "Conference",
}
TO_EXTENSIONS: Final = frozenset({"extension", "voicemail"})


@dataclass(frozen=True, slots=True)
class Named:
    """The name of a resource of the kind, as a field says it."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Numbered:
    """The number of an Extension, as a field says it."""

    number: str


Mention = To | PromptNamed | Recording | Named | Numbered
Mark = Names | NamesExtension


Mentioned = tuple[AnyResource, Path, Mention]
"""Who mentions something, where, and what."""


def mentions(resources: Iterable[AnyResource]) -> Iterator[Mentioned]:
    """Yield all that is mentioned."""
    for resource in resources:
        if _steps_of(type(resource.spec)):
            for path, mention in _within(resource.spec, ()):
                # What a profile says for many is looked at once, there.
                if resource.inherited is None or not resource.is_inherited("spec", *path):
                    yield resource, ("spec", *path), mention


def destinations(mentioned: Iterable[Mentioned]) -> Iterator[tuple[AnyResource, Path, To]]:
    """Yield all destinations among them."""
    for resource, path, mention in mentioned:
        if isinstance(mention, To):
            yield resource, path, mention


def names_of(mentioned: Iterable[Mentioned], kind: str) -> Iterator[tuple[AnyResource, Path, str]]:
    """Yield all that is said to be the name of a resource of a kind, with who says so and where."""
    for resource, path, mention in mentioned:
        match mention:
            case To(kind=to, value=name) if KIND_OF_DESTINATION.get(to) == kind:
                yield resource, path, name
            case Named(named, name) if named == kind:
                yield resource, path, name
            case PromptNamed(name) if kind == "Prompt":
                yield resource, path, name


def extensions_of(mentioned: Iterable[Mentioned]) -> Iterator[tuple[AnyResource, Path, str]]:
    """Yield all that is said to be the number of an extension, with who says so and where."""
    for resource, path, mention in mentioned:
        match mention:
            case To(kind=to, value=number) if to in TO_EXTENSIONS:
                yield resource, path, number
            case Numbered(number):
                yield resource, path, number


@dataclass(frozen=True, slots=True, eq=False)
class _Step:
    """A field that mentions something, or in whose mappings one does. `mark`: what text in it is."""

    name: str
    alias: str
    mark: Mark | None


def _within(model: BaseModel, path: Path) -> Iterator[tuple[Path, Mention]]:
    for step in _steps_of(type(model)):
        value = getattr(model, step.name)
        if value is not None and value != ():
            yield from _in_value(value, (*path, step.alias), step.mark)


def _in_value(value: object, path: Path, mark: Mark | None) -> Iterator[tuple[Path, Mention]]:
    match value:
        case To() | PromptNamed() | Recording():
            yield path, value
        case BaseModel():
            yield from _within(value, path)
        case tuple():
            for index, entry in enumerate(value):
                yield from _in_value(entry, (*path, index), mark)
        case dict():
            for key, entry in value.items():
                yield from _in_value(entry, (*path, str(key)), mark)
        case str() if isinstance(mark, Names):
            yield path, Named(mark.kind, value)
        case str() if isinstance(mark, NamesExtension):
            yield path, Numbered(value)


@cache
def _steps_of(model: type[BaseModel]) -> tuple[_Step, ...]:
    found = []
    for name, field in model.model_fields.items():
        mark = next((part for part in (*field.metadata, *_parts(field.annotation)) if isinstance(part, Mark)), None)
        types = [field.annotation, *_parts(field.annotation)]
        if mark is not None or any(part in (To, PromptNamed) or _mentions_something(part) for part in types):
            found.append(_Step(name, field.alias or name, mark))
    return tuple(found)


def _mentions_something(part: object) -> bool:
    return isinstance(part, type) and issubclass(part, BaseModel) and bool(_steps_of(part))


def _parts(annotation: object) -> Iterator[object]:
    """Yield the types and marks within an annotation."""
    yield from getattr(annotation, "__metadata__", ())
    for part in get_args(annotation):
        yield part
        yield from _parts(part)
