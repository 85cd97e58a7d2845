"""A resource as it counts, in the form of a manifest, and who says what it does not say itself.

Destinations, announcements and references to secrets stand there as manifests write them, so that what is copied into a manifest means
the same there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pydantic import BaseModel

from schema.announcement import PromptNamed, Recording, Speech
from schema.destination import To
from schema.effective import not_said_itself
from schema.resource import AnyResource
from schema.secret_source import AgeSecret, EnvSecret, FileSecret, SopsSecret


def effective_shape(resource: AnyResource) -> Mapping[str, object]:
    """Plain values, as JSON has them."""
    return {
        "apiVersion": "trunkline/v1",
        "kind": resource.ref.kind,
        "metadata": resource.metadata.model_dump(mode="json", by_alias=True),
        "spec": _as_written(resource.spec, resource.spec.model_dump(mode="json", by_alias=True)),
    }


def sources_shape(resource: AnyResource) -> Mapping[str, str]:
    """Who says what the resource does not say itself, by the fields' names."""
    return {
        "spec." + ".".join(map(str, path)): "default"
        if source is None
        else f"{source.ref} at {source.mark('spec', *path)}"
        for path, source in not_said_itself(resource)
    }


def _as_written(value: object, dumped: Any) -> Any:
    """What a manifest says for it. `dumped`: as pydantic has it, which is a line of text for what manifests write as a mapping."""
    match value:
        case EnvSecret():
            return {"env": value.name}
        case FileSecret() | SopsSecret() | AgeSecret():
            fields: dict[str, str] = asdict(value)
            return {type(value).__name__.removesuffix("Secret").lower(): fields.pop("path"), **fields}
        case To():
            return {value.kind: value.value}
        case Recording():
            return {"file": value.path}
        case Speech():
            return {"say": value.text} | ({} if value.language is None else {"language": value.language})
        case PromptNamed():
            return {"prompt": value.name}
        case BaseModel():
            aliases = {field.alias or name: name for name, field in type(value).model_fields.items()}
            return {alias: _as_written(getattr(value, aliases[alias]), entry) for alias, entry in dumped.items()}
        case list() | tuple() if isinstance(dumped, list) and len(dumped) == len(value):
            return [_as_written(one, entry) for one, entry in zip(value, dumped, strict=True)]
        case dict() if isinstance(dumped, dict) and len(dumped) == len(value):
            return {key: _as_written(one, dumped[key]) for key, one in zip(dumped, value.values(), strict=True)}
        case _:
            return dumped
