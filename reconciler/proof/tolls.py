"""What calls outside may cost, against what they shall."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.proof.proof import Flaw, Subject
from reconciler.toll.exposure import exposure
from reconciler.toll.words import dearest_words, money, unpriced_words

_LIMITS = {
    "maxOutsideCalls": "quotas.maxOutsideCalls",
    "maxOutsideCallsPerMinute": "quotas.maxOutsideCallsPerMinute",
}
_BUDGET = ("spec", "tolls", "budget")


def toll_exposure(subject: Subject) -> Iterator[Flaw]:
    """A stolen password calls the dearest numbers all night; what an hour of that costs at most is known from rates, routes and limits."""
    if not subject.tenant.config.tolls.budget:
        return
    found = exposure(subject)
    if found is None or not found.is_over or found.budget is None:
        return
    budget = money(found.budget, found.currency)
    if found.worst is None:
        yield Flaw(
            subject.tenant.config.ref,
            f"nothing bounds what an hour of calls outside costs Tenant {subject.name}, whose budget is {budget}",
            f"write {_LIMITS[found.unlimited]}",
            _BUDGET,
        )
        return
    yield Flaw(
        subject.tenant.config.ref,
        f"the worst hour of calls outside costs Tenant {subject.name} {money(found.worst, found.currency)}, and its budget is {budget} ("
        f"{dearest_words(found.callers)})",
        "lower quotas.maxOutsideCalls, maxOutsideCallsPerMinute or outsideLimits, deny countries, or raise tolls.budget",
        _BUDGET,
    )


def toll_unknown(subject: Subject) -> Iterator[Flaw]:
    """A budget is kept, and a call billed, only as far as prices are known: a number without a rate may cost anything."""
    config = subject.tenant.config
    if not config.tolls.budget and not config.billing.outgoing:
        return
    found = exposure(subject)
    if found is not None and found.unpriced:
        so = "there is no bound" if config.tolls.budget else "nobody is billed for it, and nobody calls it on a balance"
        yield Flaw(
            config.ref,
            f"people of {subject.name} can call {unpriced_words(found.unpriced)}, and its rates say nothing of it: {so}",
            "add rates for them, or keep people from calling there: countries",
            ("spec", "tolls", "rates"),
        )
