"""Whether somebody is in hours at an instant, and what says so: a step for the trace of a decision.

Pure: the instant comes with the question (`RouteQuery.at`). Own hours go before the tenant's; who has neither is always in hours.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from engine.config.extension import ExtensionConfig
from engine.config.snapshot import TenantSnapshot
from engine.routing.decision import TraceStep, Verdict


class InHours(NamedTuple):
    """`is_open`: whether calls are to go where they go in hours; `step`: which range, date or holiday says so."""

    is_open: bool
    step: TraceStep


def in_hours(tenant: TenantSnapshot, extension: ExtensionConfig | None, at: datetime) -> InHours:
    """The answer for an extension, or for the tenant itself if `extension` is None."""
    name = (extension.office_hours if extension is not None else None) or tenant.config.office_hours
    if name is None:
        whose = f"tenant {tenant.config.name!r} has no" if extension is None else _neither(extension)
        return InHours(True, TraceStep(Verdict.MATCHED, None, None, f"{whose} office hours: always in hours"))
    return hours_named(tenant, name, at)


def hours_named(tenant: TenantSnapshot, name: str, at: datetime) -> InHours:
    """The answer of the tenant's office hours of that name."""
    config = tenant.office_hours.get(name)
    if config is None:  # the schema's rules keep that from getting here
        why = f"tenant {tenant.config.name!r} has no office hours {name!r}: out of hours"
        return InHours(False, TraceStep(Verdict.MISSED, None, None, why))
    hours = config.schedule.hours(at, config.zone or tenant.config.zone)
    verdict = Verdict.MATCHED if hours.is_open else Verdict.MISSED
    return InHours(hours.is_open, TraceStep(verdict, config.ref, tenant.origins.get(config.ref), hours.why))


def _neither(extension: ExtensionConfig) -> str:
    return f"neither extension {extension.number} nor its tenant has"
