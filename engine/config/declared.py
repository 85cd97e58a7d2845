"""What manifests declare and the engine does not carry out yet: kept as it is written, so that plans, revisions and status know of it.

The call path reads none of it but the numbers, to say of a call to one why it goes nowhere. A `spec` names secrets, it never holds one.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.config.ref import ConfigRef


@dataclass(frozen=True, slots=True)
class DeclaredField:
    """A field of a resource that is carried out but for this. `path`: as `spec.gender`; `value`: canonical JSON."""

    path: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredConfig:
    """A resource of which the engine itself does nothing. `tenant`: "" = the system's; `spec`: canonical JSON, defaults left out;
    `number`: what is dialled for it, "" = it has none. `waits`: it is to be carried out and is not yet; False: others carry it out.
    """

    tenant: str
    kind: str
    name: str
    spec: str
    number: str = ""
    waits: bool = True
    declared: tuple[DeclaredField, ...] = ()

    @property
    def ref(self) -> ConfigRef:
        return ConfigRef(self.tenant, self.kind, self.name)
