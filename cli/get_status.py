"""What `trunkline get status` shows, and what is not as the manifests say, below other lists."""

from __future__ import annotations

from cli.pages import Json


def instant_words(value: object) -> str:
    """An instant to the second."""
    return "-" if value is None else str(value).partition(".")[0].removesuffix("Z").replace("T", " ")


def troubles_text(status: Json) -> str:
    """A paragraph for what is not as the manifests say; empty if nothing is."""
    reconcile = status.get("reconcile")
    if not isinstance(reconcile, dict):
        return ""
    lines = [str(reconcile[name]) for name in ("source_problem", "state_problem") if reconcile.get(name)]
    for unit in _list(reconcile.get("units")):
        name = f"Tenant {unit.get('unit')}" if unit.get("unit") else "System"
        lines += [
            f"{name}: {c.get('message')}"
            for c in _list(unit.get("conditions"))
            if c.get("type") == "Applied" and not c.get("is_true")
        ]
    return "".join(f"\n{line}" for line in lines) + "\n" if lines else ""


def status_text(status: Json) -> str:
    engine, reconcile = status.get("engine"), status.get("reconcile")
    if not (isinstance(engine, dict) and isinstance(reconcile, dict)):
        return "-\n"
    facts = {
        "version": status.get("version"),
        "up since": instant_words(engine.get("started_at")),
        "revision": engine.get("revision"),
        "calls": engine.get("calls"),
        "registrations": engine.get("registrations"),
        "media": engine.get("media"),
        "applied at": instant_words(reconcile.get("last_applied_at")),
    }
    facts |= {
        name: reconcile[field]
        for name, field in (("manifests", "source_problem"), ("data folder", "state_problem"))
        if reconcile.get(field)
    }
    facts |= _standing(reconcile)
    lines = [f"{name:<14}{value}\n" for name, value in facts.items()]
    lines += [
        f"{unit.get('unit') or 'system':<14}{condition.get('reason')}: {condition.get('message')}\n"
        for unit in _list(reconcile.get("units"))
        for condition in _list(unit.get("conditions"))
        if condition.get("type") == "Applied"
    ]
    lines += [f"{'warning':<14}{_words(problem)}\n" for problem in _list(reconcile.get("warnings"))]
    counters = engine.get("counters")
    if isinstance(counters, dict):
        lines += [f"{number:>12}  {name}\n" for name, number in counters.items()]
    return "".join(lines)


def _standing(reconcile: Json) -> dict[str, object]:
    """What waits, and why following rests, if so."""
    told: dict[str, object] = {}
    proposal, hold = reconcile.get("proposal"), reconcile.get("hold")
    if isinstance(proposal, dict):
        told["waiting"] = f"{proposal.get('message')} (digest {str(proposal.get('digest'))[:12]})"
    if isinstance(hold, dict):
        since = f" since {hold.get('at')}" if hold.get("at") else ""
        told["suspended"] = f"by {hold.get('by') or 'somebody'}{since}: {hold.get('reason')}"
    return told


def _list(value: object) -> list[dict[str, object]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _words(problem: Json) -> str:
    """As `validate` has it."""
    place = ":".join(str(problem.get(field)) for field in ("file", "line", "column"))
    return f"{place}: {problem.get('message')}; {problem.get('hint')} [{problem.get('rule')}]"
