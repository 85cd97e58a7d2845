"""What a look at manifests came to: the value that all renderers of problems take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.exemptions import STANDARD, Excused, Exemption
from schema.problem import Problem, Report, Severity, printable

MOST_TENANTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """`files`: all that were looked at, as seen from where the user stands, as in the marks of `report`; `resources`: how many of
    each kind, empty if there are errors; `secrets_unknown`: how many of `secrets` have not been looked at; `not_yet`: how much is not
    carried out yet and not named in `report`; `rule_set`: which rules were asked; `exemptions`: what manifests switch off, `excused`: the
    findings that this leaves out; `unknown`: how many findings of which rules only
    manifests of another repository could settle: the platform's, or those of the tenants that are `sources_missing`."""

    files: tuple[str, ...]
    resources: Mapping[str, int]
    report: Report
    secrets: int = 0
    secrets_unknown: int = 0
    not_yet: int = 0
    rule_set: str = STANDARD
    exemptions: tuple[Exemption, ...] = ()
    excused: tuple[Excused, ...] = ()
    unknown: Mapping[str, int] = field(default_factory=dict)
    sources_missing: tuple[str, ...] = ()

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The problems that hold nothing back."""
        return tuple(problem for problem in self.report if problem.severity is Severity.WARNING)

    def summary(self) -> str:
        """The last line of what people read."""
        files, warnings = counted(len(self.files), "file"), len(self.warnings)
        told = f", {counted(warnings, 'warning')}" if warnings else ""
        if self.report.has_errors:
            return f"{counted(len(self.report.errors), 'error')}{told} in {files}"
        listed = ", ".join(counted(number, kind) for kind, number in sorted(self.resources.items()))
        return f"valid: {files}, {listed}{told}"

    def secrets_note(self) -> str:
        """What is to be said of secrets that are not at hand; empty if there is nothing."""
        if not self.secrets_unknown:
            return ""
        few = self.secrets_unknown == 1
        return (
            f"note: {counted(self.secrets_unknown, 'password')} {'is' if few else 'are'} unknown here, so not checked; "
            f"--secrets DATA checks {'it' if few else 'them'} where {'it is' if few else 'they are'} kept"
        )

    def unknown_note(self) -> str:
        """What is to be said of what is not known without manifests of another repository; empty if there is nothing."""
        if not self.unknown:
            return ""
        rules = ", ".join(f"{rule} ({number})" for rule, number in sorted(self.unknown.items()))
        tenants = [
            *self.sources_missing[:MOST_TENANTS],
            *(["others"] if len(self.sources_missing) > MOST_TENANTS else []),
        ]
        whose = f"tenants' own manifests ({', '.join(tenants)})" if tenants else "the platform's manifests"
        return f"note: unknown without {whose}: {rules}; a plan against the server tells"

    def not_yet_note(self) -> str:
        """What is to be said of what is accepted and does nothing yet; empty if there is nothing."""
        if not self.not_yet:
            return ""
        told = "1 resource or field is" if self.not_yet == 1 else f"{self.not_yet} resources or fields are"
        return f"note: {told} accepted and not carried out yet; --strict names {'it' if self.not_yet == 1 else 'them'}"

    @property
    def notes(self) -> tuple[str, ...]:
        """All that is to be said besides, a line each."""
        return tuple(
            note
            for note in (self.unknown_note(), self.secrets_note(), self.not_yet_note(), *self.rules_notes())
            if note
        )

    def rules_notes(self) -> tuple[str, ...]:
        """Which rules were asked, if not those that always are, and which are switched off; a line each."""
        asked = () if self.rule_set == STANDARD else (f"note: by the {self.rule_set} set of rules",)
        return (*asked, *map(self._off_note, self.exemptions))

    def findings(self, exemption: Exemption) -> int:
        """How many an exemption leaves out."""
        return sum(excused.exemption == exemption for excused in self.excused)

    def _off_note(self, exemption: Exemption) -> str:
        left_out = counted(self.findings(exemption), "finding")
        return (
            f"note: {exemption.rule} is switched off for {exemption.whose} ({left_out}): {printable(exemption.reason)}"
        )


def counted(number: int, noun: str) -> str:
    """The number with its noun: 1 file, 2 files."""
    return f"{number} {noun}" if number == 1 or noun.endswith("s") else f"{number} {noun}s"
