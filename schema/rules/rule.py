"""What a rule is: a check with a kebab-case id, whose docstring says why it is there.

Three sorts, by what they look at and so by what they hold back: one tenant's resources, the system's resources, or
the tenants side by side.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Generic, TypeVar

from schema.kinds.phone import PhoneSpec
from schema.kinds.tenant import TenantSpec
from schema.mark import Mark
from schema.mentions import Mentioned, mentions
from schema.problem import Problem, Severity
from schema.resource import AnyResource, Resource, TenantName

SubjectT = TypeVar("SubjectT")
FindingT = TypeVar("FindingT", bound="Finding")


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found: where, what is wrong with which value, what to do."""

    mark: Mark
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Rule(Generic[SubjectT, FindingT]):
    """A check and its id."""

    id: str
    check: Callable[[SubjectT], Iterable[FindingT]]
    severity: Severity = Severity.ERROR

    @property
    def why(self) -> str:
        """The reason of the rule, for the reference."""
        return (self.check.__doc__ or "").strip()

    def problem(self, finding: FindingT) -> Problem:
        """Return a finding as the problem that it is."""
        return Problem(
            mark=finding.mark, message=finding.message, hint=finding.hint, rule=self.id, severity=self.severity
        )

    def problems(self, subject: SubjectT) -> Iterator[Problem]:
        """Yield all problems of the subject."""
        return map(self.problem, self.check(subject))


@dataclass(frozen=True, eq=False)
class TenantSubject:
    """The resources of one tenant and of the system, and the names of all tenants that some manifest defines.

    `is_complete` is False if a document was rejected that may be one of the tenant's or the system's: then nothing is said to be missing.
    """

    tenant: TenantName
    resources: tuple[AnyResource, ...]
    defined_tenants: frozenset[TenantName]
    is_complete: bool = True
    system: tuple[AnyResource, ...] = ()

    @cached_property
    def mentions(self) -> tuple[Mentioned, ...]:
        """What the tenant's resources say of each other: looked for once, many rules ask."""
        return tuple(mentions(self.resources))


@dataclass(frozen=True, slots=True)
class SystemSubject:
    """The resources of the system, and the names of all tenants that some manifest defines.

    `is_complete` is False if a document was rejected that may be one of them: then nothing is said to be missing.
    """

    resources: tuple[AnyResource, ...]
    defined_tenants: frozenset[TenantName]
    is_complete: bool = True


@dataclass(frozen=True, slots=True)
class AcrossSubject:
    """The Tenant resources as they would run now, and as they were accepted last; and their phones."""

    tenants: Mapping[TenantName, Resource[TenantSpec]]
    accepted: Mapping[TenantName, Resource[TenantSpec]]
    phones: Mapping[TenantName, Sequence[Resource[PhoneSpec]]] = field(default_factory=dict)
    accepted_phones: Mapping[TenantName, Sequence[Resource[PhoneSpec]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AcrossFinding(Finding):
    """A conflict between tenants: what is found in the tenant whose change caused it, and who is held back for it."""

    tenant: TenantName


TenantRule = Rule[TenantSubject, Finding]
SystemRule = Rule[SystemSubject, Finding]
AcrossRule = Rule[AcrossSubject, AcrossFinding]
ResourceRule = Rule[Sequence[AnyResource], Finding]
"""Of each resource by itself."""
