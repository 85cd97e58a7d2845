"""What a proof is: a check of one tenant's routing with a kebab-case id, whose docstring says why it is there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from engine.config.rate_table import RateIndex, RateTableConfig
from engine.config.ref import ConfigRef, Revision
from engine.config.snapshot import Snapshot, TenantSnapshot
from engine.config.system import SystemConfig
from engine.config.trunk import TrunkConfig
from reconciler.compile.registry import config_ref
from schema.document import Path
from schema.mark import Mark
from schema.problem import Problem, Severity
from schema.resource import AnyResource

_NOTHING: Final[Mapping[ConfigRef, RateTableConfig]] = {}
NOBODY: Final = "\x00"
"""A number that no mask names: only those for any number, or for none in particular, fit it."""


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """One tenant; `snapshot` holds it alone, with the shared trunks. `resources`: what its manifests say, in their own words."""

    snapshot: Snapshot
    tenant: TenantSnapshot
    resources: Iterable[AnyResource] = ()

    @classmethod
    def of(
        cls,
        tenant: TenantSnapshot,
        shared: Mapping[str, TrunkConfig],
        rate_tables: Mapping[ConfigRef, RateTableConfig] = _NOTHING,
        resources: Iterable[AnyResource] = (),
    ) -> Subject:
        """`rate_tables`: the shared ones."""
        name = tenant.config.name
        snapshot = Snapshot(
            revision=tenant.revision,
            system=SystemConfig(),
            system_revision=Revision(""),
            listeners={},
            trunks=shared,
            tenants={name: tenant},
            by_domain={tenant.config.domain: name},
            rate_tables={table.name: RateIndex.of(table) for table in rate_tables.values()},
        )
        return cls(snapshot, tenant, resources)

    @property
    def name(self) -> str:
        return self.tenant.config.name

    def trunks(self) -> Mapping[str, TrunkConfig]:
        """Those that it may use and that are enabled, by name: its own hide shared ones."""
        shared = {name: trunk for name, trunk in self.snapshot.trunks.items() if trunk.serves(self.name)}
        return {name: trunk for name, trunk in {**shared, **self.tenant.trunks}.items() if trunk.enabled}


@dataclass(frozen=True, slots=True)
class Flaw:
    """What a proof found: in which value, what is wrong, what to do. `path`: where in its manifest, as it is named there."""

    ref: ConfigRef
    message: str
    hint: str
    path: Path = ("spec",)


@dataclass(frozen=True, slots=True)
class Proof:
    """A check and its id."""

    id: str
    check: Callable[[Subject], Iterator[Flaw]]
    severity: Severity = Severity.WARNING

    @property
    def why(self) -> str:
        """The reason of the proof, for the reference."""
        return (self.check.__doc__ or "").strip()

    def problems(self, subject: Subject) -> Iterator[Problem]:
        """What is wrong with the tenant, at its place. What a profile says for many extensions is told once."""
        told: set[Mark] = set()
        for flaw in self.check(subject):
            mark, is_inherited = place_of(subject, flaw)
            if mark not in told:
                yield problem_of(self.id, self.severity, flaw, mark)
            if is_inherited:
                told.add(mark)


def problem_of(rule: str, severity: Severity, flaw: Flaw, mark: Mark) -> Problem:
    return Problem(mark=mark, message=flaw.message, hint=flaw.hint, rule=rule, severity=severity)


def place_of(subject: Subject, flaw: Flaw) -> tuple[Mark, bool]:
    """Where the value stands that a flaw is of, and whether another resource says it; without manifests, where the resource begins."""
    resource = next((one for one in subject.resources if config_ref(one) == flaw.ref), None)
    if resource is not None:
        return resource.mark(*flaw.path), resource.is_inherited(*flaw.path)
    origin = subject.tenant.origin(flaw.ref)
    return (Mark("manifests", 1, 1) if origin is None else Mark(origin.file, origin.line, 1)), False
