"""What every resource has: apiVersion, kind, metadata and spec, validated and frozen, with its place in a file.

The base models of all kinds stand here; each kind's own fields stand in `kinds/`. Scalars are strict; a field is
written in camelCase in YAML. The surprising thing: two `Resource`s are equal if they say the same, wherever they stand.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final, Generic, Literal, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from schema.document import Document, Path
from schema.mark import Mark
from schema.text import AnnotationValue, LabelKey, LabelValue, ResourceName

API_VERSION: Final = "trunkline/v1"

# Without `metadata.tenant` a resource belongs to the system.
TenantName = str


class ResourceRef(NamedTuple):
    """The key of a resource; `tenant` is None for what belongs to the system, and for a Tenant itself."""

    tenant: TenantName | None
    kind: str
    name: str

    def __str__(self) -> str:
        """Return `Kind tenant/name`, or `Kind name` for the system's."""
        return f"{self.kind} {self.tenant}/{self.name}" if self.tenant else f"{self.kind} {self.name}"


class Part(BaseModel):
    """A mapping of a manifest: strict, frozen, camelCase, and without unknown fields."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        frozen=True,
        alias_generator=to_camel,
        protected_namespaces=(),
        hide_input_in_errors=True,
        defer_build=True,  # until a manifest is of that kind: most commands meet few of them
    )


class Metadata(Part):
    """Who a resource is."""

    name: Annotated[ResourceName, Field(description="The resource's name, unique for its kind in its tenant.")]
    labels: Annotated[
        dict[LabelKey, LabelValue], Field(description="Words to select resources by.", default_factory=dict)
    ]
    annotations: Annotated[
        dict[LabelKey, AnnotationValue], Field(description="Remarks for people and tools.", default_factory=dict)
    ]
    deletion_protection: Annotated[
        bool,
        Field(
            description="true: it can't be deleted, also not by removing its file, until a revision without this is applied."
        ),
    ] = False


class TenantMetadata(Metadata):
    """Who a resource of a tenant is."""

    tenant: Annotated[ResourceName, Field(description="The name of the Tenant that owns it.")]


class SharedMetadata(Metadata):
    """Who a resource is that a tenant owns, or the system for several."""

    tenant: Annotated[
        ResourceName | None, Field(description="The name of the Tenant that owns it; default: it is shared.")
    ] = None


class Spec(Part):
    """What a resource shall be."""


class Manifest(Part):
    """One whole document. Each kind narrows all four fields."""

    api_version: Annotated[Literal["trunkline/v1"], Field(description="The version of the manifest language.")]
    kind: Annotated[str, Field(description="What sort of resource it is.")]
    metadata: Metadata
    spec: Spec


SpecT_co = TypeVar("SpecT_co", bound=Spec, covariant=True)


@dataclass(frozen=True, slots=True)
class Inherited:
    """What a resource has from others (`schema.effective`). `written`: as its own document says it; `parts`: the others; `sources`: which
    of them a value is from, by its path below spec.
    """

    written: "AnyResource"
    parts: "tuple[AnyResource, ...]"
    sources: "Mapping[Path, AnyResource]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource(Generic[SpecT_co]):
    """One validated resource. Equality asks what it says, not where it stands."""

    ref: ResourceRef
    metadata: Metadata
    spec: SpecT_co
    document: Document = field(compare=False, repr=False)
    inherited: Inherited | None = field(default=None, compare=False, repr=False)

    @property
    def origin(self) -> Mark:
        """Where its document begins."""
        return self.document.origin

    def mark(self, *path: str | int) -> Mark:
        """Return where the value at `path` (YAML names, as "spec", "ringTime") stands, or the nearest around it."""
        return self._holder(path).mark(path)

    def key_mark(self, *path: str | int) -> Mark:
        """Return where the key of the value at `path` stands."""
        return self._holder(path).key_mark(path)

    def is_inherited(self, *path: str | int) -> bool:
        """Return whether the value at `path` is another resource's, which says it at its own place."""
        return self._holder(path) is not self.document

    def _holder(self, path: Path) -> Document:
        """Return the document that says what stands at `path`."""
        if self.inherited is not None:
            for length in range(len(path), 1, -1):
                source = self.inherited.sources.get(path[1:length])
                if source is not None:
                    return source.document
        return self.document


AnyResource = Resource[Spec]

S = TypeVar("S", bound=Spec)


def specs_of(resources: Iterable[AnyResource], spec_type: type[S]) -> list[Resource[S]]:
    """Return the resources of one kind, told by the type of its spec."""
    return [resource for resource in resources if isinstance(resource.spec, spec_type)]  # type: ignore[misc]  # the isinstance narrows the spec, not the resource
