"""The immutable Snapshot: one revision of all tenants, as the indexes that the call path needs (law 3).

A Snapshot shares every unchanged tenant with its predecessor, and a tenant every unchanged value, so a hundred pinned revisions cost
little more than one. Applying one is swapping a reference; calls keep the one that they began with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from types import MappingProxyType
from typing import Final

from engine.config.extension import ExtensionConfig
from engine.config.index import Index
from engine.config.listener import ListenerConfig
from engine.config.office_hours import OfficeHoursConfig
from engine.config.ref import ConfigRef, Origin, Revision
from engine.config.system import SYSTEM_REF, SystemConfig
from engine.config.tenant import TenantConfig

TenantItem = TenantConfig | ExtensionConfig | OfficeHoursConfig
SystemItem = SystemConfig | ListenerConfig
ConfigItem = TenantItem | SystemItem

_NOTHING: Mapping[ConfigRef, Origin] = MappingProxyType({})


def item_digest(item: ConfigItem) -> str:
    """A hash of the value alone, not of where it stands."""
    return sha256(repr(item).encode()).hexdigest()


def revision_of(digests: Iterable[str]) -> Revision:
    """The revision of a set of values: a hash of their digests, in whatever order they come."""
    return Revision(sha256("".join(sorted(digests)).encode()).hexdigest())


def snapshot_revision(system: Revision, tenants: Mapping[str, Revision]) -> Revision:
    """The revision of the whole, from those of its parts."""
    return revision_of([system, *(f"{name}={revision}" for name, revision in tenants.items())])


# How the call path finds a tenant's values: one line each, and the field of TenantSnapshot that holds it.
_EXTENSIONS: Final = Index(ExtensionConfig, lambda extension: extension.number, "number")
_BY_AUTH_USER: Final = Index(ExtensionConfig, lambda extension: extension.auth_user, "user name")
_OFFICE_HOURS: Final = Index(OfficeHoursConfig, lambda hours: hours.name, "name")


@dataclass(frozen=True, slots=True, eq=False)
class TenantSnapshot:
    """One tenant at one revision. `items` by key: all of it; the other mappings are indexes of it.

    `extensions` by number, `by_auth_user` by digest user name, `office_hours` by name.
    """

    config: TenantConfig
    revision: Revision
    items: Mapping[ConfigRef, TenantItem]
    extensions: Mapping[str, ExtensionConfig]
    by_auth_user: Mapping[str, ExtensionConfig]
    office_hours: Mapping[str, OfficeHoursConfig]
    origins: Mapping[ConfigRef, Origin]

    @classmethod
    def build(
        cls,
        items: Iterable[TenantItem],
        *,
        origins: Mapping[ConfigRef, Origin] = _NOTHING,
        revision: Revision | None = None,
        predecessor: TenantSnapshot | None = None,
    ) -> TenantSnapshot:
        """Index `items`, one of which is the tenant's own config; values equal to the predecessor's are replaced by its objects.

        `revision` may be given by who computed it already; otherwise it is computed here. ValueError for a set without exactly
        one TenantConfig or with two values of one key in an index: the schema's rules keep such a set from getting here.
        """
        old = predecessor.items if predecessor is not None else {}
        by_ref: dict[ConfigRef, TenantItem] = {}
        for given in items:
            before = old.get(given.ref)
            item = before if before is not None and before == given else given
            if item.ref in by_ref:
                raise ValueError(f"two values with the key {item.ref}")
            by_ref[item.ref] = item
        if revision is None:
            revision = revision_of(map(item_digest, by_ref.values()))
        found = by_ref.values()
        return cls(
            config=_tenant_in(found),
            revision=revision,
            items=by_ref,
            extensions=_EXTENSIONS.built(found),
            by_auth_user=_BY_AUTH_USER.built(found),
            office_hours=_OFFICE_HOURS.built(found),
            origins=dict(origins),
        )

    def evolved(
        self,
        *,
        revision: Revision,
        upserts: Iterable[TenantItem],
        deletes: Iterable[ConfigRef],
        origins: Mapping[ConfigRef, Origin],
    ) -> TenantSnapshot:
        """The tenant after a change: `upserts` are new or replace what has their key; `origins` are all that hold then.

        ValueError if the result were no tenant, as in `build`.
        """
        new = list(upserts)
        if len({item.ref for item in new}) < len(new):
            raise ValueError(f"two values with one key in a change of tenant {self.config.name}")
        items = dict(self.items)
        leaving = (items.pop(ref, None) for ref in (*deletes, *(item.ref for item in new)))
        gone = [item for item in leaving if item is not None]
        items.update((item.ref, item) for item in new)
        moves_tenant = any(isinstance(item, TenantConfig) for item in (*gone, *new))
        return TenantSnapshot(
            config=_tenant_in(items.values()) if moves_tenant else self.config,
            revision=revision,
            items=items if gone or new else self.items,
            extensions=_EXTENSIONS.evolved(self.extensions, gone, new),
            by_auth_user=_BY_AUTH_USER.evolved(self.by_auth_user, gone, new),
            office_hours=_OFFICE_HOURS.evolved(self.office_hours, gone, new),
            origins=origins,
        )

    def origin(self, ref: ConfigRef) -> Origin | None:
        return self.origins.get(ref)


def _tenant_in(items: Iterable[TenantItem]) -> TenantConfig:
    """The one TenantConfig among a tenant's values."""
    found = [item for item in items if isinstance(item, TenantConfig)]
    if not found:
        raise ValueError("a tenant's values without its TenantConfig")
    if len(found) > 1:
        raise ValueError(f"two tenants in one: {found[0].name} and {found[1].name}")
    return found[0]


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """All tenants and the system, at one revision. `by_domain`: lower-case SIP domain to tenant name."""

    revision: Revision
    system: SystemConfig
    system_revision: Revision
    listeners: Mapping[str, ListenerConfig]
    tenants: Mapping[str, TenantSnapshot]
    by_domain: Mapping[str, str]
    origins: Mapping[ConfigRef, Origin] = field(default_factory=dict)

    @classmethod
    def build(
        cls,
        *,
        system: SystemConfig,
        listeners: Iterable[ListenerConfig],
        tenants: Iterable[TenantSnapshot],
        origins: Mapping[ConfigRef, Origin] = _NOTHING,
    ) -> Snapshot:
        """Put tenants (each already built, most of them shared) together with the system's own values."""
        by_listener = {listener.name: listener for listener in listeners}
        by_name = {tenant.config.name: tenant for tenant in tenants}
        by_domain: dict[str, str] = {}
        for tenant in by_name.values():
            if tenant.config.domain in by_domain:
                raise ValueError(f"two tenants with the domain {tenant.config.domain}")
            by_domain[tenant.config.domain] = tenant.config.name
        system_revision = revision_of([item_digest(system), *map(item_digest, by_listener.values())])
        revision = snapshot_revision(system_revision, {name: tenant.revision for name, tenant in by_name.items()})
        return cls(revision, system, system_revision, by_listener, by_name, by_domain, dict(origins))

    @classmethod
    def empty(cls) -> Snapshot:
        """Before the first revision: no listener, no tenant, everything refused."""
        return cls.build(system=SystemConfig(), listeners=(), tenants=())

    def item(self, ref: ConfigRef) -> ConfigItem | None:
        """The value with that key."""
        if ref == SYSTEM_REF:
            return self.system
        if not ref.tenant:
            return self.listeners.get(ref.name) if ref.kind == "Listener" else None
        tenant = self.tenants.get(ref.tenant)
        return tenant.items.get(ref) if tenant is not None else None

    def origin(self, ref: ConfigRef) -> Origin | None:
        """Where the value is declared, if a manifest declares it."""
        if not ref.tenant:
            return self.origins.get(ref)
        tenant = self.tenants.get(ref.tenant)
        return tenant.origin(ref) if tenant is not None else None
