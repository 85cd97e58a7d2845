"""From files to a Catalog: `parse_file` for each (pure, so it can be cached by content), then `assemble` for all.

What is wrong holds back as little as is safe. A faulty tenant keeps its last accepted resources while the others move
on; a fault in the system's resources, or one whose owner can't be told, holds back the whole round. "Accepted" is the
Catalog of the last good round, which the caller hands in; with none, as in `validate`, what is held back is just absent.

The surprising thing: a conflict between tenants holds back those whose change caused it, and a tenant that is held
back stands in the comparison with what it was before; so the search is repeated until nothing more is held back.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import is_
from typing import Final, TypeAlias, TypeVar

from schema.catalog import Catalog, SystemResources, TenantResources
from schema.confinement import confined, faults_of, tenant_of_file
from schema.document import Document, read_documents
from schema.effective import effective
from schema.kinds.listener import ListenerSpec
from schema.kinds.phone import PhoneSpec
from schema.kinds.tenant import TenantSpec
from schema.mark import Mark
from schema.problem import Problem, Report, Severity
from schema.registry import KINDS, Scope
from schema.resource import AnyResource, Resource, TenantName, specs_of
from schema.rules.registry import ACROSS_RULES, SYSTEM_RULES, TENANT_RULES
from schema.rules.rule import AcrossSubject, SystemSubject, TenantSubject
from schema.validation import validate

MOST_PROBLEMS_OF_A_FILE: Final = 1000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TheSystem:
    """The owner of what belongs to no tenant."""


@dataclass(frozen=True, slots=True)
class ATenant:
    """The owner of a tenant's resources, by name; whether it is defined is not said."""

    name: TenantName
    itself: bool = False


@dataclass(frozen=True, slots=True)
class Nobody:
    """The owner can't be told from what stands there; perhaps that it is some tenant."""

    is_a_tenants: bool = False


Owner: TypeAlias = TheSystem | ATenant | Nobody


@dataclass(frozen=True, slots=True)
class Rejected:
    """A document that is no valid resource: whose it seems to be, and what is wrong with it. `document`: None = it is not known."""

    owner: Owner
    problems: tuple[Problem, ...]
    document: Document | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """What one manifest file holds by itself. `fault` ended the reading early: then the file counts as unreadable."""

    name: str
    resources: tuple[AnyResource, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    fault: Problem | None = None

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All problems found in it without looking at other files."""
        found = tuple(problem for rejected in self.rejected for problem in rejected.problems)
        return found if self.fault is None else (*found, self.fault)


@dataclass(frozen=True, slots=True)
class HeldBack:
    """Why a tenant, or the system, keeps what it had."""

    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Assembly:
    """The result of one look at all files.

    `tenants` has an entry for each tenant that the files (or the problems in them) concern; one that is in the accepted
    Catalog and not here has been removed. `catalog` is what shall run now: valid tenants as they are written, faulty
    ones as they were accepted last; all as it was accepted last if `holds_round`.
    """

    tenants: Mapping[TenantName, TenantResources | HeldBack]
    system: SystemResources | HeldBack
    report: Report
    catalog: Catalog

    @property
    def holds_round(self) -> bool:
        """True if nothing of these files may be applied."""
        return isinstance(self.system, HeldBack)


def parse_file(name: str, content: str | bytes) -> ParsedFile:
    """Return what a manifest file holds; never raises, whatever the content. The same input gives an equal result.

    Of a file of a tenant's own source only what is that tenant's counts, and all that is wrong in it is that tenant's.
    """
    parsed = _parsed(name, content)
    tenant = tenant_of_file(name)
    return parsed if tenant is None else _confined(parsed, tenant)


def _confined(parsed: ParsedFile, tenant: TenantName) -> ParsedFile:
    owner = ATenant(tenant)
    resources: list[AnyResource] = []
    rejected = [Rejected(owner, found.problems) for found in parsed.rejected]
    for resource in parsed.resources:
        faults = faults_of(resource, tenant)
        if faults:
            rejected.append(Rejected(owner, faults))
        else:
            resources.append(confined(resource, tenant))
    return ParsedFile(parsed.name, tuple(resources), tuple(rejected), parsed.fault)


def _parsed(name: str, content: str | bytes) -> ParsedFile:
    text = read_documents(name, content)
    fault = text.fault
    resources: list[AnyResource] = []
    rejected: list[Rejected] = []
    found = 0
    for document in text.documents:
        result = validate(document)
        if isinstance(result, Resource):
            resources.append(result)
            continue
        rejected.append(Rejected(_owner(document), result, document))
        found += len(result)
        if found >= MOST_PROBLEMS_OF_A_FILE:
            fault = Problem(
                mark=document.origin,
                message=f"this file has {MOST_PROBLEMS_OF_A_FILE} problems or more; the rest of it is not looked at",
                hint="mend those listed first",
                rule="too-many-problems",
            )
            break
    return ParsedFile(name, tuple(resources), tuple(rejected), fault)


def load(files: Iterable[tuple[str, str | bytes]], accepted: Catalog | None = None) -> Assembly:
    """Parse and assemble files in one go, for callers that keep no cache."""
    return assemble((parse_file(name, content) for name, content in files), accepted)


def assemble(files: Iterable[ParsedFile], accepted: Catalog | None = None) -> Assembly:
    """Relate the resources of all files to each other, in the light of the Catalog that was accepted last."""
    return _Assembler(sorted(files, key=lambda file: file.name), accepted or Catalog()).assembly()


@dataclass(slots=True)
class _Blame:
    """Who is held back, and why."""

    system: list[Problem] = field(default_factory=list)
    tenants: dict[TenantName, list[Problem]] = field(default_factory=dict)

    def add(self, owner: Owner, problem: Problem) -> None:
        if isinstance(owner, ATenant):
            self.tenants.setdefault(owner.name, []).append(problem)
        else:
            self.system.append(problem)


class _Assembler:
    """One assembly at work; it is used once."""

    def __init__(self, files: list[ParsedFile], accepted: Catalog) -> None:
        self._files = files
        self._accepted = accepted
        self._blame = _Blame()
        self._warnings: list[Problem] = []
        # Whose resources were in each file when it was accepted last.
        self._served: dict[str, set[Owner]] = {}
        for resource in accepted:
            self._served.setdefault(resource.origin.file, set()).add(owner_of(resource))
        self._system: list[AnyResource] = []
        self._by_tenant: dict[TenantName, list[AnyResource]] = {}
        for resource in (resource for file in files for resource in file.resources):
            owner = owner_of(resource)
            if isinstance(owner, ATenant):
                self._by_tenant.setdefault(owner.name, []).append(resource)
            else:
                self._system.append(resource)
        self._by_tenant = {name: self._effective(name, resources) for name, resources in self._by_tenant.items()}
        self._defined = self._defined_tenants()

    def _effective(self, name: TenantName, resources: list[AnyResource]) -> list[AnyResource]:
        """Return a tenant's resources as they count."""
        accepted = self._accepted.tenants.get(name)
        return list(effective(resources, () if accepted is None else accepted.owned))

    def assembly(self) -> Assembly:
        self._blame_files()
        self._check_each()
        self._check_across()
        tenants = {name: self._verdict(name) for name in sorted(self._by_tenant.keys() | self._blame.tenants.keys())}
        if self._blame.system:
            system: SystemResources | HeldBack = HeldBack(tuple(self._blame.system))
        else:
            system = SystemResources(_sorted(self._system))
        problems = [*self._blame.system, *self._warnings]
        problems += [problem for blamed in self._blame.tenants.values() for problem in blamed]
        return Assembly(tenants, system, Report.of(problems), self._catalog(tenants, system))

    def _defined_tenants(self) -> frozenset[TenantName]:
        """Return the tenants that have a Tenant document, valid or not, or had one in a file that can't be read now.

        A new file that can't be read may define any tenant. It holds back the round by itself; saying besides of each
        tenant that it is not defined would only hide the one thing to mend.
        """
        faulted = {file.name for file in self._files if file.fault is not None and tenant_of_file(file.name) is None}
        accepted = (name for name, had in self._accepted.tenants.items() if had.tenant.origin.file in faulted)
        named: tuple[TenantName, ...] = ()
        if faulted - self._served.keys():
            listeners = specs_of(self._system, ListenerSpec)
            named = (*self._by_tenant, *(one.spec.tenant for one in listeners if one.spec.tenant is not None))
        valid = (tenant.ref.name for tenant in self._tenant_resources())
        faulty = (
            rejected.owner.name
            for file in self._files
            for rejected in file.rejected
            if isinstance(rejected.owner, ATenant) and rejected.owner.itself
        )
        return frozenset((*valid, *faulty, *accepted, *named))

    def _tenant_resources(self) -> Iterator[Resource[TenantSpec]]:
        for resources in self._by_tenant.values():
            yield from specs_of(resources, TenantSpec)

    # Files and documents by themselves

    def _blame_files(self) -> None:
        if not any(file.resources or file.rejected or file.fault for file in self._files):
            mark = Mark(self._files[0].name if self._files else "manifests", 1, 1)
            hint = "write one; to remove everything, stop the server"
            self._blame.system.append(
                Problem(mark=mark, message="no file holds a resource", hint=hint, rule="no-resources")
            )
        for file in self._files:
            before = self._served.get(file.name, set())
            for rejected in file.rejected:
                for owner in self._suspects(rejected.owner, file, before):
                    for problem in rejected.problems:
                        self._blame.add(owner, problem)
            if file.fault is not None:
                owners = self._owners_of_fault(file, before)
                for owner in owners:
                    self._blame.add(owner, file.fault)

    def _owners_of_fault(self, file: ParsedFile, before: set[Owner]) -> set[Owner]:
        tenant = tenant_of_file(file.name)
        if tenant is not None:
            return {ATenant(tenant)}
        return self._owners_in(file) | before if before else {Nobody()}

    def _suspects(self, owner: Owner, file: ParsedFile, before: set[Owner]) -> set[Owner]:
        """Return whom a faulty document may have been meant for: a misspelt owner must not cost anybody a resource."""
        match owner:
            case ATenant(name) if name not in self._defined and name not in self._accepted.tenants:
                return {owner} | _tenants_in(before)
            case Nobody(is_a_tenants) if before:
                suspects = self._owners_in(file) | before
                return (_tenants_in(suspects) if is_a_tenants else suspects) or {owner}
        return {owner}

    @staticmethod
    def _owners_in(file: ParsedFile) -> set[Owner]:
        owners = {owner_of(resource) for resource in file.resources}
        return owners | {rejected.owner for rejected in file.rejected if not isinstance(rejected.owner, Nobody)}

    # Resources in relation

    def _check_each(self) -> None:
        of_system = tuple(self._system)
        for name, resources in self._by_tenant.items():
            is_complete = name not in self._blame.tenants and not self._blame.system
            subject = TenantSubject(name, tuple(resources), self._defined, is_complete, of_system)
            for rule in TENANT_RULES:
                for problem in rule.problems(subject):
                    self._note(ATenant(name), problem)
            if name not in self._defined:
                self._blame_former_owners(name)
        system = SystemSubject(of_system, self._defined, is_complete=not self._blame.system)
        for system_rule in SYSTEM_RULES:
            for problem in system_rule.problems(system):
                self._note(TheSystem(), problem)

    def _blame_former_owners(self, misspelt: TenantName) -> None:
        """Hold back those who had resources in the files in which an undefined tenant now has some."""
        names = {resource.origin.file for resource in self._by_tenant[misspelt]}
        former = {owner for name in names for owner in self._served.get(name, ())}
        for owner in _tenants_in(former) - {ATenant(misspelt)}:
            for problem in self._blame.tenants.get(misspelt, ()):
                self._blame.add(owner, problem)

    def _check_across(self) -> None:
        """Compare the tenants as they are written, then as they would run, until nobody more is held back."""
        accepted = {name: resources.tenant for name, resources in self._accepted.tenants.items()}
        accepted_phones = {name: resources.of(PhoneSpec) for name, resources in self._accepted.tenants.items()}
        written = {tenant.ref.name: tenant for tenant in self._tenant_resources()}
        phones = {name: specs_of(resources, PhoneSpec) for name, resources in self._by_tenant.items()}
        compared: AcrossSubject | None = None
        running = AcrossSubject(written, accepted, phones, accepted_phones)
        while running != compared:
            compared = running
            for rule in ACROSS_RULES:
                for finding in rule.check(compared):
                    self._note(ATenant(finding.tenant), rule.problem(finding))
            held = self._blame.tenants.keys()
            running = AcrossSubject(
                _run(written, accepted, held), accepted, _run(phones, accepted_phones, held), accepted_phones
            )

    def _note(self, owner: Owner, problem: Problem) -> None:
        if problem.severity is Severity.WARNING:
            self._warnings.append(problem)
        else:
            self._blame.add(owner, problem)

    # Results

    def _verdict(self, name: TenantName) -> TenantResources | HeldBack:
        if name in self._blame.tenants:
            return HeldBack(tuple(Report.of(self._blame.tenants[name])))
        resources = self._by_tenant[name]
        tenants = specs_of(resources, TenantSpec)
        if not tenants:
            # Its Tenant may stand in a new file that can't be read, which holds back the round.
            return HeldBack(tuple(Report.of(self._blame.system)))
        now = TenantResources(
            tenants[0], _sorted(resource for resource in resources if resource.ref.tenant is not None)
        )
        before = self._accepted.tenants.get(name)
        return before if before is not None and _is_same(before, now) else now

    def _catalog(
        self, tenants: Mapping[TenantName, TenantResources | HeldBack], system: SystemResources | HeldBack
    ) -> Catalog:
        if isinstance(system, HeldBack):
            return self._accepted
        running: dict[TenantName, TenantResources] = {}
        for name, verdict in tenants.items():
            if isinstance(verdict, TenantResources):
                running[name] = verdict
            elif name in self._accepted.tenants:
                running[name] = self._accepted.tenants[name]
        return Catalog(system, running)


def owner_of(resource: AnyResource) -> Owner:
    """Return whom a valid resource belongs to."""
    match KINDS[resource.ref.kind].scope:
        case Scope.SYSTEM:
            return TheSystem()
        case Scope.TENANT:
            return ATenant(resource.ref.name)
        case Scope.OWNED:
            return ATenant(resource.ref.tenant or "")
        case Scope.SHARED:
            return TheSystem() if resource.ref.tenant is None else ATenant(resource.ref.tenant)


def _owner(document: Document) -> Owner:
    """Return whose a faulty document seems to be, by what can still be read of it."""
    match document.data:
        case {"kind": str(kind), **rest} if kind in KINDS:
            scope = KINDS[kind].scope
            if scope is Scope.SYSTEM:
                return TheSystem()
            match scope, rest.get("metadata"):
                case Scope.TENANT, {"name": str(name)}:
                    return ATenant(str(name), itself=True)
                case ((Scope.OWNED | Scope.SHARED), {"tenant": str(name)}):
                    return ATenant(str(name))
                case Scope.SHARED, dict(metadata) if "tenant" not in metadata:
                    return TheSystem()
            return Nobody(is_a_tenants=True)
        case {"metadata": {"tenant": str(name)}}:
            return ATenant(str(name))
    return Nobody()


def _tenants_in(owners: set[Owner]) -> set[Owner]:
    return {owner for owner in owners if isinstance(owner, ATenant)}


def _is_same(before: TenantResources, now: TenantResources) -> bool:
    """Whether no file with something of the tenant was read anew: then what was made of it holds."""
    return len(before.owned) == len(now.owned) and all(map(is_, before, now))


def _sorted(resources: Iterable[AnyResource]) -> tuple[AnyResource, ...]:
    return tuple(sorted(resources, key=lambda resource: (resource.ref.kind, resource.ref.name)))


def _run(
    written: Mapping[TenantName, T], accepted: Mapping[TenantName, T], held: Container[TenantName]
) -> dict[TenantName, T]:
    """Return what would run: of those who are held back what was accepted, if anything was."""
    running = {name: value for name, value in written.items() if name not in held}
    return running | {name: value for name, value in accepted.items() if name in held}
