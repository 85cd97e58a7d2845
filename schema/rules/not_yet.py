"""The rule on what the engine can't carry out yet: asked by who wants to know, as `validate --strict` does."""

from collections.abc import Iterator, Sequence
from typing import Final

from pydantic import BaseModel

from schema.destination import To
from schema.document import Path
from schema.not_yet import not_yet_in
from schema.registry import KINDS
from schema.resource import AnyResource
from schema.rules.rule import Finding

_NOTHING: Final = "does nothing"
_REFUSED: Final = "calls to it are refused"


def not_supported_yet(resources: Sequence[AnyResource]) -> Iterator[Finding]:
    """What can be written and is not carried out yet does nothing: it is accepted, and its resource says so in its conditions."""
    for resource in resources:
        if not KINDS[resource.ref.kind].is_carried_out:
            does = _REFUSED if hasattr(resource.spec, "number") else _NOTHING
            what = f"{resource.ref} is not carried out yet: it is accepted, and {does}"
            yield Finding(resource.mark("kind"), what, "nothing is to be mended; remove it if it must not wait")
            continue
        for path in not_yet_in(resource.spec):
            field = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
            what = f"spec{field} of {resource.ref} is not carried out yet: it is accepted, and {_does(resource, path)}"
            hint = "nothing is to be mended; remove the field if it must not wait"
            yield Finding(resource.key_mark("spec", *path), what, hint)


def _does(resource: AnyResource, path: Path) -> str:
    """What becomes of calls by such a field."""
    if (resource.ref.kind, path) == ("RingGroup", ("type",)):
        return _REFUSED
    value: object = resource.spec
    for step in path:
        value = value[step] if isinstance(value, tuple | dict) else _field(value, str(step))  # type: ignore[index]  # by such a path
    return "calls that it sends there are refused" if isinstance(value, To) else _NOTHING


def _field(part: object, alias: str) -> object:
    """The value of a field of a mapping, by its YAML name."""
    fields = type(part).model_fields if isinstance(part, BaseModel) else {}
    return next((getattr(part, name) for name, field in fields.items() if (field.alias or name) == alias), None)
