"""All resources of one revision, sorted by whom they belong to: the system, and each tenant.

A Catalog holds only what is valid and related; what is wrong with the rest stands in the `Assembly` (`manifest_set`).
Equal resources make equal values, wherever they stand in files: an unchanged tenant compares equal to its predecessor.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from schema.kinds.extension import ExtensionSpec
from schema.kinds.listener import ListenerSpec
from schema.kinds.system import SystemSpec
from schema.kinds.tenant import TenantSpec
from schema.resource import AnyResource, Resource, Spec, TenantName, specs_of

S = TypeVar("S", bound=Spec)


@dataclass(frozen=True, slots=True)
class TenantResources:
    """One valid tenant: its Tenant resource and all that it owns, sorted by kind and name."""

    tenant: Resource[TenantSpec]
    owned: tuple[AnyResource, ...] = ()

    @property
    def name(self) -> TenantName:
        """The tenant's key."""
        return self.tenant.ref.name

    @property
    def extensions(self) -> list[Resource[ExtensionSpec]]:
        """Its extensions, sorted by name."""
        return self.of(ExtensionSpec)

    def of(self, spec_type: type[S]) -> list[Resource[S]]:
        """Return the resources of one kind, told by the type of its spec."""
        return specs_of(self.owned, spec_type)

    def __iter__(self) -> Iterator[AnyResource]:
        """Yield the Tenant and all that it owns."""
        yield self.tenant
        yield from self.owned


@dataclass(frozen=True, slots=True)
class SystemResources:
    """The valid resources of the system, sorted by kind and name."""

    resources: tuple[AnyResource, ...] = ()

    @property
    def spec(self) -> SystemSpec:
        """What the System resource says; the defaults if there is none."""
        systems = specs_of(self.resources, SystemSpec)
        return systems[0].spec if systems else SystemSpec()

    @property
    def listeners(self) -> list[Resource[ListenerSpec]]:
        """The listeners, sorted by name. Their `tenant` is defined in a manifest, but may be held back as faulty."""
        return specs_of(self.resources, ListenerSpec)

    def __iter__(self) -> Iterator[AnyResource]:
        """Yield all of them."""
        return iter(self.resources)


@dataclass(frozen=True, slots=True)
class Catalog:
    """What shall run: the system's resources and the tenants by name."""

    system: SystemResources = field(default_factory=SystemResources)
    tenants: Mapping[TenantName, TenantResources] = field(default_factory=dict)

    def __iter__(self) -> Iterator[AnyResource]:
        """Yield all resources."""
        yield from self.system
        for tenant in self.tenants.values():
            yield from tenant
