"""Fields that name another resource of the tenant: which kind it is stands beside the field's type."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Names:
    """Stands in the `Annotated[...]` of a field, or of a list's entries: what stands there is the name of a resource of this kind."""

    kind: str


@dataclass(frozen=True, slots=True)
class NamesExtension:
    """Stands in the `Annotated[...]` of a field, or of a list's entries: what stands there is the number of an Extension."""
