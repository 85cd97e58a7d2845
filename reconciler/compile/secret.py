"""Where secrets are to be found, as the engine's opaque keys, and where a manifest names them."""

from __future__ import annotations

from typing import assert_never

from engine.config.secret import SecretRef
from schema.mark import Mark
from schema.resource import AnyResource
from schema.secret_source import EnvSecret, FileSecret


def secret_ref(source: EnvSecret | FileSecret) -> SecretRef:
    match source:
        case EnvSecret(name):
            return SecretRef(f"env:{name}")
        case FileSecret(path):
            return SecretRef(f"file:{path}")
        case _:
            assert_never(source)


def secret_mark(resource: AnyResource) -> Mark:
    """Where the manifest names them."""
    return (
        resource.mark("spec", "credentials", "password")
        if resource.ref.kind == "Trunk"
        else resource.mark("spec", "password")
    )
