"""What the engine can't carry out yet, of a resource: all of it, or fields. Secrets stand in it as the references that they are."""

from __future__ import annotations

from json import JSONEncoder
from typing import Final

from engine.config.declared import DeclaredConfig, DeclaredField
from schema.document import Path
from schema.not_yet import not_yet_in
from schema.resource import ResourceRef, Spec

_encode: Final = JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def compile_declared(ref: ResourceRef, spec: Spec, *, waits: bool = True) -> DeclaredConfig:
    """`waits`: False for a kind that is carried out in others, as profiles are in extensions."""
    number = getattr(spec, "number", None)
    return DeclaredConfig(
        tenant=ref.tenant or "",
        kind=ref.kind,
        name=ref.name,
        spec=_encode(spec.model_dump(mode="json", by_alias=True, exclude_defaults=True)),
        number=number if isinstance(number, str) else "",
        waits=waits,
    )


def declared_fields(spec: Spec) -> tuple[DeclaredField, ...]:
    """Sorted by path; () for nearly every resource."""
    paths = tuple(not_yet_in(spec))
    if not paths:
        return ()
    written = spec.model_dump(mode="json", by_alias=True)
    return tuple(sorted((_field(path, written) for path in paths), key=lambda field: field.path))


def _field(path: Path, written: object) -> DeclaredField:
    told = "spec"
    for step in path:
        told += f"[{step}]" if isinstance(step, int) else f".{step}"
        written = written[step]  # type: ignore[index]  # the path of what was dumped
    return DeclaredField(told, _encode(written))
