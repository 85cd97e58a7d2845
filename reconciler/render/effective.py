"""A resource as it counts, in the form of a manifest, and who says what it does not say itself.

References to secrets stand there as manifests write them, so that a line that is copied into a manifest means the same there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from schema.effective import not_said_itself
from schema.resource import AnyResource
from schema.secret_fields import secrets_in
from schema.secret_source import AnySecret, EnvSecret


def effective_shape(resource: AnyResource) -> Mapping[str, object]:
    """Plain values, as JSON has them."""
    spec: dict[str, Any] = resource.spec.model_dump(mode="json", by_alias=True)
    for way, source in secrets_in(resource.spec):
        holder: Any = spec
        for step in way[:-1]:
            holder = holder[step]
        holder[way[-1]] = _as_written(source)
    return {
        "apiVersion": "trunkline/v1",
        "kind": resource.ref.kind,
        "metadata": resource.metadata.model_dump(mode="json", by_alias=True),
        "spec": spec,
    }


def sources_shape(resource: AnyResource) -> Mapping[str, str]:
    """Who says what the resource does not say itself, by the fields' names."""
    return {
        "spec." + ".".join(map(str, path)): "default"
        if source is None
        else f"{source.ref} at {source.mark('spec', *path)}"
        for path, source in not_said_itself(resource)
    }


def _as_written(source: AnySecret) -> Mapping[str, str]:
    if isinstance(source, EnvSecret):
        return {"env": source.name}
    scheme = type(source).__name__.removesuffix("Secret").lower()
    fields: dict[str, str] = asdict(source)
    return {scheme: fields.pop("path"), **fields}
