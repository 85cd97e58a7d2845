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
    before, after = _fields(old, absent), _fields(new, absent)
    return tuple(
        FieldChange(path, before.get(path), after.get(path))
        for path in sorted(before.keys() | after.keys())
        if before.get(path) != after.get(path)
    )


def _fields(resource: AnyResource | None, absent: Spec | None) -> Mapping[str, str]:
    if resource is None:
        return dict(_flat("spec", absent.model_dump(mode="json", by_alias=True))) if absent is not None else {}
    shown = dict(_flat("spec", resource.spec.model_dump(mode="json", by_alias=True)))
    shown.update(_flat("metadata", _metadata(resource.metadata)))
    return shown


def _metadata(metadata: Metadata) -> Mapping[str, object]:
    written = metadata.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return {name: value for name, value in written.items() if name not in _IDENTITY}


def _flat(path: str, value: object) -> Iterator[tuple[str, str]]:
    """Mappings are followed into; None is a field that is not there; everything else is a value."""
    match value:
        case None:
            return
        case Mapping():
            for name, inner in value.items():
                yield from _flat(f"{path}.{name}" if _is_plain(str(name)) else f"{path}[{json.dumps(name)}]", inner)
        case _:
            text = json.dumps(value, ensure_ascii=False, separators=(", ", ": "))
            yield path, text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"


def _is_plain(name: str) -> bool:
    return name.replace("-", "").replace("_", "").isalnum()
