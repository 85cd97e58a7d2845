"""Proves a state, tenant by tenant; a tenant that has not changed is not proven again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from engine.config.extension import ExtensionConfig
from engine.config.rate_table import RateTableConfig
from engine.config.ref import ConfigRef
from engine.config.snapshot import Snapshot, TenantSnapshot
from engine.config.steps import finished
from engine.config.system import SystemConfig
from engine.config.trunk import TrunkConfig
from reconciler.ground import Ground
from reconciler.proof.dids import owners_in_conflict
from reconciler.proof.foreign_numbers import NUMBER_OF_OTHER_TENANT, foreign_numbers
from reconciler.proof.proof import Flaw, Subject, place_of, problem_of
from reconciler.proof.registry import DID_TWO_OWNERS, PROOFS
from reconciler.proof.same_address import addresses_in_conflict
from reconciler.state import SYSTEM_UNIT, UnitState
from schema.document import Path
from schema.mark import Mark
from schema.problem import Problem, Severity
from schema.resource import AnyResource

_ROUTING = frozenset({"Trunk", "InboundRule", "OutboundRule", "RingGroup", "Receptionist", "Queue"})


@dataclass(frozen=True, slots=True)
class Proven:
    """`errors`: by tenant, what holds it back; `warnings`: of all."""

    errors: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    unit: UnitState
    subject: Subject | None
    problems: tuple[Problem, ...]

    @property
    def tenant(self) -> TenantSnapshot | None:
        return None if self.subject is None else self.subject.tenant


class Prover:
    """Keeps what it has proven of each tenant."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}
        self._shared: Mapping[str, TrunkConfig] = {}
        self._rates: Mapping[ConfigRef, RateTableConfig] = {}
        self._whole: Snapshot | None = None

    def prove(self, ground: Ground, changed: Iterable[str] | None = None) -> Proven:
        """What is wrong with the state. `changed`: the tenants whose change it is if two claim a number; None = all."""
        units = ground.desired.units
        system = units.get(SYSTEM_UNIT)
        shared = (
            {item.name: item for item in system.items.values() if isinstance(item, TrunkConfig)}
            if system is not None
            else {}
        )
        rates = (
            {ref: item for ref, item in system.items.items() if isinstance(item, RateTableConfig)}
            if system is not None
            else {}
        )
        if shared != self._shared or rates != self._rates:
            self._known.clear()
            self._shared, self._rates, self._whole = shared, rates, None
        owned = ground.catalog.tenants
        self._known = {
            name: self._of(name, unit, owned.get(name, ())) for name, unit in units.items() if name != SYSTEM_UNIT
        }
        found = [problem for known in self._known.values() for problem in known.problems]
        errors: dict[str, list[Problem]] = {}
        warnings = [problem for problem in found if problem.severity is Severity.WARNING]
        for name, known in self._known.items():
            of_tenant = [problem for problem in known.problems if problem.severity is Severity.ERROR]
            if of_tenant:
                errors[name] = of_tenant
        guilty = None if changed is None else frozenset(changed)
        for name, problem in self._conflicts(guilty):
            if problem.severity is Severity.ERROR:
                errors.setdefault(name, []).append(problem)
            else:
                warnings.append(problem)
        return Proven({name: tuple(problems) for name, problems in errors.items()}, tuple(warnings))

    def _of(self, name: str, unit: UnitState, resources: Iterable[AnyResource]) -> _Known:
        known = self._known.get(name)
        if known is not None and known.unit is unit:
            return known
        tenant = _tenant(unit, None if known is None else known.tenant)
        subject = None if tenant is None else Subject.of(tenant, self._shared, self._rates, resources)
        problems = () if subject is None else tuple(p for proof in PROOFS for p in proof.problems(subject))
        return _Known(unit, subject, problems)

    def _conflicts(self, guilty: frozenset[str] | None) -> Iterable[tuple[str, Problem]]:
        """Numbers on shared trunks with two owners, each once for each tenant that is to blame."""
        subjects = {name: known.subject for name, known in self._known.items() if known.subject is not None}
        tenants = [subject.tenant for subject in subjects.values()]
        for place, both, masks in addresses_in_conflict(tenants):
            yield from self._of_claimants(f"trunks with the address {place}", both, masks, guilty)
        told: set[Mark] = set()
        for name, ref, path, number, owner in foreign_numbers(tenants):
            problem = self._shown_elsewhere(subjects[name], ref, path, number, owner, guilty)
            if problem.mark not in told:  # what a profile says for many, once
                told.add(problem.mark)
                yield name, problem
        if not self._shared:
            return
        self._whole = whole = finished(
            Snapshot.building(
                system=SystemConfig(),
                listeners=(),
                tenants=tenants,
                trunks=self._shared.values(),
                origins={},
                predecessor=self._whole,
            )
        )
        for trunk, claimants, masks in owners_in_conflict(whole):
            yield from self._of_claimants(f"the shared trunk {trunk}", claimants, masks, guilty)

    def _shown_elsewhere(
        self, subject: Subject, ref: ConfigRef, path: Path, number: str, owner: str, guilty: frozenset[str] | None
    ) -> Problem:
        """A number of another tenant's, said of who shows it."""
        name = subject.name
        flaw = Flaw(
            ref,
            f"{ref} shows the number {number}, which Tenant {owner} answers: nothing crosses tenants",
            f"show a number of Tenant {name}'s own",
            path,
        )
        severity = Severity.ERROR if guilty is None or name in guilty else Severity.WARNING
        return problem_of(NUMBER_OF_OTHER_TENANT, severity, flaw, place_of(subject, flaw)[0])

    def _of_claimants(
        self, where: str, claimants: tuple[str, ...], masks: str, guilty: frozenset[str] | None
    ) -> Iterable[tuple[str, Problem]]:
        """One conflict, said of each that is to blame, at its rule."""
        blamed = [name for name in claimants if guilty is None or name in guilty]
        for name in blamed or claimants:
            subject = self._known[name].subject
            if subject is None:
                continue
            others = ", ".join(other for other in claimants if other != name)
            rule, path = _claiming(subject.tenant, masks)
            flaw = Flaw(
                rule,
                f"Tenant {name} claims {masks} on {where}, as does Tenant {others}",
                "let one of them have it: change the inbound rule's match or trunks",
                path,
            )
            severity = Severity.ERROR if blamed else Severity.WARNING
            yield name, problem_of(DID_TWO_OWNERS, severity, flaw, place_of(subject, flaw)[0])


def _claiming(tenant: TenantSnapshot, masks: str) -> tuple[ConfigRef, Path]:
    """The rule of the tenant that has one of these masks, which stand there in words, and where."""
    words = masks.split(" and ")
    for rule in tenant.inbound_rules.values():
        if rule.enabled:
            for index, mask in enumerate(rule.dids or ("*",)):
                if mask in words:
                    return rule.ref, ("spec", "match", "did", index)
    return tenant.config.ref, ("spec",)


def _tenant(unit: UnitState, before: TenantSnapshot | None) -> TenantSnapshot | None:
    """The tenant as the engine would hold it; None if nothing in it routes a call anywhere but to an extension's phones."""
    items = [item for item in unit.items.values() if not isinstance(item, SystemConfig) and item.ref.tenant]
    if not any(item.ref.kind in _ROUTING or (isinstance(item, ExtensionConfig) and item.forwarding) for item in items):
        return None
    return TenantSnapshot.build(
        items,  # type: ignore[arg-type]  # what has a tenant is a tenant's
        origins=unit.origins,
        revision=unit.revision,
        predecessor=before,
    )
