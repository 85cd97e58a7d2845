"""Which rule had the last word on a call."""

from __future__ import annotations

from engine.simulation import Trace, TraceStep, Verdict


def deciding_step(trace: Trace) -> TraceStep | None:
    """The last step in which a rule of the manifests matched or refused; None if no such rule had a word."""
    for step in reversed(trace.steps):
        if step.rule is not None and step.verdict is not Verdict.MISSED:
            return step
    return None


def decided_by(trace: Trace) -> str:
    """That rule, as `Kind tenant/name (file:line)`; "" if there is none."""
    step = deciding_step(trace)
    if step is None:
        return ""
    return f"{step.rule} ({step.origin})" if step.origin is not None else str(step.rule)
