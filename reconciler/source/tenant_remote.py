"""The remote that a `TenantSource` declares."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from reconciler.compile.secret import secret_ref
from reconciler.source.remote import Remote
from schema.git_address import PREFIX
from schema.kinds.tenant_source import TenantSourceSpec
from schema.resource import AnyResource, Resource, specs_of
from schema.secret_source import AnySecret


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantRemote:
    """One tenant's own source. `poll_s`: how often its server is asked; `hook`: where its webhooks' secret is, "" = none are taken."""

    remote: Remote
    poll_s: float
    hook: str = ""

    @property
    def tenant(self) -> str:
        return self.remote.tenant


def tenant_remotes(resources: Iterable[AnyResource], data: Path) -> tuple[TenantRemote, ...]:
    """Those that are declared, by the tenants' names."""
    found = specs_of(resources, TenantSourceSpec)
    return tuple(_remote(source, data) for source in sorted(found, key=lambda source: source.ref.name))


def _remote(source: Resource[TenantSourceSpec], data: Path) -> TenantRemote:
    spec = source.spec
    remote = Remote(
        url=spec.git.removeprefix(PREFIX),
        branch=spec.branch,
        path=spec.path or "",
        token=_reference(spec.token),
        key=_place(spec.key, data),
        known_hosts=_place(spec.known_hosts, data),
        signers=_place(spec.signers, data),
        tenant=source.ref.name,
    )
    return TenantRemote(remote=remote, poll_s=spec.poll.total_seconds(), hook=_reference(spec.hook))


def _reference(source: AnySecret | None) -> str:
    return "" if source is None else secret_ref(source)


def _place(path: str | None, data: Path) -> str:
    """Absolute, whatever folder the process that fetches runs in."""
    return "" if path is None else str(data.absolute() / path)
