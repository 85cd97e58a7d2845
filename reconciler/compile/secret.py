"""Where secrets are to be found, as the engine's opaque keys, and where a manifest names them."""

from __future__ import annotations

from collections.abc import Iterator

from engine.config.secret import SecretRef
from schema.kinds.tenant import TenantSpec
from schema.mark import Mark
from schema.resource import AnyResource
from schema.secret_source import AnySecret, reference


def secret_ref(source: AnySecret) -> SecretRef:
    return SecretRef(reference(source))


def secret_path(resource: AnyResource, ref: SecretRef) -> tuple[str, ...]:
    """Where a manifest names a secret, by the fields' names."""
    if isinstance(resource.spec, TenantSpec):
        for path, source in _of_webhooks(resource.spec):
            if secret_ref(source) == ref:
                return path
    return ("spec", "credentials", "password") if resource.ref.kind == "Trunk" else ("spec", "password")


def secret_mark(resource: AnyResource, ref: SecretRef) -> Mark:
    """Where a manifest names a secret."""
    return resource.mark(*secret_path(resource, ref))


def _of_webhooks(spec: TenantSpec) -> Iterator[tuple[tuple[str, ...], AnySecret]]:
    for name, hook in (("cdr", spec.webhooks.cdr), ("events", spec.webhooks.events)):
        if hook is None:
            continue
        path = ("spec", "webhooks", name)
        for way, login in (("basic", hook.auth.basic), ("digest", hook.auth.digest)):
            if login is not None:
                yield (*path, "auth", way, "password"), login.password
        if hook.signing_secret is not None:
            yield (*path, "signingSecret"), hook.signing_secret
