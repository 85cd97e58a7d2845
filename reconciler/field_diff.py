"""The fields in which two forms of a resource differ, by the names that the manifest gives them.

What is compared is what the manifest means: a default that is written out is no difference. Secrets are references in a manifest
and stand here as such. Values are compact JSON text, so that a difference is a plain value.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from schema.resource import AnyResource, Metadata, Spec

LONGEST_VALUE: Final = 200
_encode: Final = json.JSONEncoder(ensure_ascii=False).encode
_IDENTITY: Final = frozenset({"name", "tenant"})


@dataclass(frozen=True, slots=True)
class FieldChange:
    """`path`: as `spec.ringTime`; `old`, `new`: JSON text, None where the field is not there."""

    path: str
    old: str | None
    new: str | None


def field_changes(
    old: AnyResource | None, new: AnyResource | None, absent: Spec | None = None
) -> tuple[FieldChange, ...]:
    """The fields that differ, sorted by path. `absent`: what holds where the resource is not there (the defaults of `System`)."""
    return tuple(sorted(_differing("", _shape(old, absent), _shape(new, absent)), key=lambda change: change.path))


def _shape(resource: AnyResource | None, absent: Spec | None) -> Mapping[str, object]:
    if resource is None:
        return {"spec": absent.model_dump(mode="json", by_alias=True)} if absent is not None else {}
    return {"spec": resource.spec.model_dump(mode="json", by_alias=True), "metadata": _metadata(resource.metadata)}


def _metadata(metadata: Metadata) -> Mapping[str, object]:
    written = metadata.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return {name: value for name, value in written.items() if name not in _IDENTITY}


def _differing(path: str, old: object, new: object) -> Iterator[FieldChange]:
    """Mappings are followed into; None is a field that is not there; everything else is a value."""
    if old == new:
        return
    if isinstance(old, Mapping) or isinstance(new, Mapping):
        before = old if isinstance(old, Mapping) else {}
        after = new if isinstance(new, Mapping) else {}
        for name in before.keys() | after.keys():
            yield from _differing(_below(path, str(name)), before.get(name), after.get(name))
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            return
        old, new = (None if isinstance(value, Mapping) else value for value in (old, new))
        if old is None and new is None:
            return
    yield FieldChange(path, _text(old), _text(new))


def _text(value: object) -> str | None:
    if value is None:
        return None
    text = _encode(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"


def _below(path: str, name: str) -> str:
    if not _is_plain(name):
        return f"{path}[{_encode(name)}]"
    return f"{path}.{name}" if path else name


def _is_plain(name: str) -> bool:
    return name.replace("-", "").replace("_", "").isalnum()
