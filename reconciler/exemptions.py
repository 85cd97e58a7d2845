"""Which rules are asked of whose resources: the set of rules, and those that manifests switch off with a reason.

Pure. An exemption belongs to whoever's file holds the finding: a tenant's to the tenant's resources, the System's to the system's. Errors
can't be switched off, since they keep apart what would break; a name that is no rule's is an error, too, for its author believes that it
does something. An exemption of which nothing is found any more is told, so that it does not hide what comes next year.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from reconciler.handbook import OF_THE_MACHINE, Entry, entries
from schema.document import Document
from schema.kinds.system import SystemSpec
from schema.kinds.tenant import TenantSpec
from schema.manifest_set import ATenant, Owner, ParsedFile, Rejected, TheSystem, owner_of
from schema.mark import Mark
from schema.nearest import one_of
from schema.problem import Problem, Report, Severity, shown
from schema.resource import AnyResource
from schema.rule_settings import RulesOff, settings_in
from schema.rules.registry import STRICT_RULES

UNKNOWN: Final = "rule-unknown"
NEEDED: Final = "rule-needed"
TWICE: Final = "rule-off-twice"
UNUSED: Final = "rule-off-unused"
STANDARD: Final = "standard"
STRICT: Final = "strict"


@dataclass(frozen=True, slots=True)
class Exemption:
    """A rule that is switched off for one owner's resources. `mark`: where that is written."""

    owner: Owner
    rule: str
    reason: str
    mark: Mark

    @property
    def whose(self) -> str:
        """As people are told: the tenant's name, or the system."""
        return self.owner.name if isinstance(self.owner, ATenant) else "the system"


@dataclass(frozen=True, slots=True)
class Excused:
    """A finding that is not told as one, and why."""

    problem: Problem
    exemption: Exemption


@dataclass(frozen=True, slots=True)
class Settled:
    """What is left of findings: `report` is told, `excused` is switched off; `rule_set`: which rules were asked."""

    report: Report
    excused: tuple[Excused, ...] = ()
    exemptions: tuple[Exemption, ...] = ()
    rule_set: str = STANDARD


@dataclass(frozen=True, slots=True, eq=False)
class Exemptions:
    """All that manifests switch off. `rule_set`: as the System says."""

    rule_set: str
    entries: tuple[Exemption, ...]
    _resources: Sequence[AnyResource] = field(repr=False)

    @classmethod
    def of(cls, files: Iterable[ParsedFile]) -> Exemptions:
        """Those of resources that will run or not; of one that is not valid, if what it says of rules is: its faults are told without
        all that it does not want to hear."""
        files = list(files)
        resources = [resource for file in files for resource in file.resources]
        found: list[Exemption] = []
        rule_set = STANDARD
        for resource in resources:
            match resource.spec:
                case SystemSpec(rules=settings):
                    rule_set = STRICT if settings.set == STRICT else rule_set
                    found += _exemptions(resource.document, TheSystem(), settings)
                case TenantSpec(rules=settings):
                    found += _exemptions(resource.document, ATenant(resource.ref.name), settings)
        for rejected in (rejected for file in files for rejected in file.rejected):
            document = rejected.document
            said = None if document is None else settings_in(document)
            if document is not None and said is not None:
                rule_set = STRICT if said.set == STRICT else rule_set
                found += _exemptions(document, rejected.owner, said)
        return cls(rule_set, tuple(found), resources)

    def refused(self) -> tuple[Rejected, ...]:
        """What can't be switched off, as faults of whose it is."""
        by_owner: dict[Owner, list[Problem]] = {}
        for exemption, problem in _faults(self.entries):
            by_owner.setdefault(exemption.owner, []).append(problem)
        return tuple(Rejected(owner, tuple(problems)) for owner, problems in by_owner.items())

    def settle(self, problems: Iterable[Problem], *, strict: bool = False, asked: Collection[str] = ()) -> Settled:
        """Sort findings into those that are told and those that are not.

        `strict`: asked for, whatever the System says; `asked`: which of the rules that only the machine can ask were asked.
        """
        is_strict = strict or self.rule_set == STRICT
        told = list(problems)
        if is_strict:
            told += [problem for rule in STRICT_RULES for problem in rule.problems(self._resources)]
        rule_set = STRICT if is_strict else STANDARD
        if not self.entries:
            return Settled(Report.of(told), rule_set=rule_set)
        off = {(entry.owner, entry.rule): entry for entry in reversed(self.entries)}
        places = _places(self._resources)
        kept: list[Problem] = []
        excused: list[Excused] = []
        for problem in told:
            owner = _owner_at(places, problem.mark) if problem.severity is Severity.WARNING else None
            entry = off.get((owner, problem.rule)) if owner is not None else None
            if entry is None:
                kept.append(problem)
            else:
                excused.append(Excused(problem, entry))
        used = {one.exemption for one in excused}
        # With errors, not all rules were asked of all.
        may_be_unused = [] if any(problem.severity is Severity.ERROR for problem in told) else off.values()
        kept += [
            _unused(entry)
            for entry in may_be_unused
            if entry not in used and _was_asked(entry.rule, is_strict=is_strict, asked=asked)
        ]
        return Settled(
            Report.of(kept), tuple(sorted(excused, key=lambda one: one.problem.mark)), self.entries, rule_set
        )


def _was_asked(rule: str, *, is_strict: bool, asked: Collection[str]) -> bool:
    """Whether that nothing was found means that there is nothing."""
    if rule in OF_THE_MACHINE:
        return rule in asked
    return is_strict or rule not in {strict.id for strict in STRICT_RULES}


def _exemptions(document: Document, owner: Owner, settings: RulesOff) -> Iterator[Exemption]:
    # Of a tenant's document, as of its resources.
    of = ATenant(owner.name) if isinstance(owner, ATenant) else owner
    for index, one in enumerate(settings.off):
        yield Exemption(of, one.rule, one.reason, document.mark(("spec", "rules", "off", index, "rule")))


def _faults(found: Iterable[Exemption]) -> Iterator[tuple[Exemption, Problem]]:
    first: dict[tuple[Owner, str], Exemption] = {}
    for exemption in found:
        rule = _rules().get(exemption.rule)
        before = first.setdefault((exemption.owner, exemption.rule), exemption)
        if rule is None:
            what = f"there is no rule {shown(exemption.rule)} to switch off"
            yield exemption, _fault(exemption, UNKNOWN, what, one_of(exemption.rule, sorted(_warnings())))
        elif rule.severity is Severity.ERROR:
            what = (
                f"the rule {shown(exemption.rule)} can't be switched off: what it finds is an error, and would not run"
            )
            yield exemption, _fault(exemption, NEEDED, what, "mend what it finds, and remove it from spec.rules.off")
        elif before is not exemption:
            what = f"the rule {shown(exemption.rule)} is switched off twice, first at {before.mark}"
            yield exemption, _fault(exemption, TWICE, what, "remove one of them")


def _fault(exemption: Exemption, rule: str, what: str, hint: str) -> Problem:
    return Problem(mark=exemption.mark, message=what, hint=hint, rule=rule)


def _unused(exemption: Exemption) -> Problem:
    return Problem(
        mark=exemption.mark,
        message=f"the rule {shown(exemption.rule)} is switched off for {exemption.whose}, and finds nothing there",
        hint="remove it, so that it does not hide what comes later",
        rule=UNUSED,
        severity=Severity.WARNING,
    )


@cache
def _rules() -> Mapping[str, Entry]:
    return entries()


def _warnings() -> Iterator[str]:
    return (rule.id for rule in _rules().values() if rule.severity is Severity.WARNING)


_Places = Mapping[str, tuple[list[int], list[Owner]]]


def _places(resources: Iterable[AnyResource]) -> _Places:
    """Where whose resources begin, by file."""
    by_file: dict[str, list[tuple[int, AnyResource]]] = {}
    for resource in resources:
        origin = resource.origin
        by_file.setdefault(origin.file, []).append((origin.line, resource))
    found: dict[str, tuple[list[int], list[Owner]]] = {}
    for file, begun in by_file.items():
        begun.sort(key=lambda pair: pair[0])
        found[file] = [line for line, _ in begun], [owner_of(resource) for _, resource in begun]
    return found


def _owner_at(places: _Places, mark: Mark) -> Owner | None:
    lines, owners = places.get(mark.file, ([], []))
    index = bisect_right(lines, mark.line) - 1
    return owners[index] if index >= 0 else None
