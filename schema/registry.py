"""All kinds, one line each."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from schema.kinds.extension import Extension
from schema.kinds.listener import Listener
from schema.kinds.system import System
from schema.kinds.tenant import Tenant
from schema.resource import Manifest


class Scope(Enum):
    """Whom the resources of a kind belong to."""

    SYSTEM = auto()
    """The system: no `metadata.tenant`."""
    TENANT = auto()
    """It is a tenant: no `metadata.tenant`, its name is the key that others carry there."""
    OWNED = auto()
    """A tenant, by `metadata.tenant`."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind's model and scope."""

    model: type[Manifest]
    scope: Scope

    @property
    def name(self) -> str:
        """What `kind:` says."""
        return self.model.__name__


KINDS: Final[dict[str, Kind]] = {
    kind.name: kind
    for kind in (
        Kind(System, Scope.SYSTEM),
        Kind(Listener, Scope.SYSTEM),
        Kind(Tenant, Scope.TENANT),
        Kind(Extension, Scope.OWNED),
    )
}
