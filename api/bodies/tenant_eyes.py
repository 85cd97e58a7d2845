"""What a tenant is told of how its own part stands: nothing that names another tenant, or says what is the system's operators' business.

Three things tell of others: a problem of a file that several tenants share is blamed on each of them; rules that compare tenants name
both; what keeps a whole round back is said to everybody. The first is known by standing in several units, the second by the names in it,
the third by its reason. What can't be told is replaced, never left out: place and rule stay, so that it is known that something is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from reconciler.views import Condition, HoldView, ProblemView, Reason, ReconcileView, UnitStatus

SHARED: Final = "this file, which holds manifests of others, too, has a fault"
CONFLICT: Final = "this is in conflict with what belongs to another tenant"
ASK: Final = "the system's operators see what it is"
OPERATORS: Final = "the system's operators"
OF_ALL: Final[Mapping[Reason, str]] = {
    Reason.PREPARE_REFUSED: f"this machine refuses what the manifests say; {ASK}",
    Reason.UNSAFE: f"the change has to be confirmed by {OPERATORS}",
    Reason.AWAITING_APPROVAL: "its plan has to be approved",
    Reason.SUSPENDED: "following is suspended",
    Reason.FELL_BACK: "what the manifests say failed; they are tried again when they change",
    Reason.SOURCE_UNAVAILABLE: "the manifests can't be read",
}
"""What concerns all tenants, by its reason; the message may say of whom it is true."""
_WORD: Final = re.compile(r"[\w-]+")


class TenantEyes:
    """One tenant's view of following; made for one question."""

    def __init__(self, view: ReconcileView, tenant: str) -> None:
        self._others = {unit.unit for unit in view.units} - {tenant, ""}
        self.unit = next((_UnitSeen(one, view, self) for one in view.units if one.unit == tenant), None)

    def names_others(self, text: str) -> bool:
        dotted = (name for name in self._others if "." in name)
        return not self._others.isdisjoint(_WORD.findall(text)) or any(name in text for name in dotted)

    def conditions(self, found: Iterable[Condition]) -> list[Condition]:
        """Those of the tenant's own unit, or of one of its resources."""
        return [replace(one, message=self.message(one.reason, one.message)) for one in found]

    def message(self, reason: Reason, message: str) -> str:
        """Of a condition with that reason."""
        for problem, seen in () if self.unit is None else self.unit.pairs:
            if str(problem) in message:
                return message.replace(str(problem), str(seen))
        if reason in OF_ALL:
            return OF_ALL[reason]
        return f"{CONFLICT}; {ASK}" if self.names_others(message) else message


class _UnitSeen:
    """`pairs`: each problem of the unit, and what its tenant sees of it."""

    def __init__(self, unit: UnitStatus, view: ReconcileView, eyes: TenantEyes) -> None:
        self.status = unit
        others = view.units if unit.problems else ()
        elsewhere = {problem for other in others if other is not unit for problem in other.problems}
        self.pairs = [(problem, _seen(problem, problem in elsewhere, eyes)) for problem in unit.problems]

    @property
    def problems(self) -> Iterator[ProblemView]:
        return (seen for _, seen in self.pairs)


def _seen(problem: ProblemView, is_shared: bool, eyes: TenantEyes) -> ProblemView:  # a fact, found by the caller
    if is_shared:
        return replace(problem, message=SHARED, hint=ASK)
    if eyes.names_others(f"{problem.message} {problem.hint}"):
        return replace(problem, message=CONFLICT, hint=ASK)
    return problem


def hold_seen(hold: HoldView) -> HoldView:
    """That following rests; why, and who said so, may tell of others."""
    return replace(hold, by=OPERATORS, reason="", source=None)
