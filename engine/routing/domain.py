"""Whether the address that is called is one of the caller's tenant: asked before the number, for nothing crosses tenants."""

from __future__ import annotations

from dialing.number import ShortCode
from engine.cause import WRONG_NUMBER
from engine.config.snapshot import Snapshot
from engine.routing.decision import Refuse, Trace, TraceStep, Verdict
from engine.routing.query import RouteQuery


def refuse_foreign_domain(snapshot: Snapshot, query: RouteQuery, host: str) -> Refuse | None:
    """The refusal of a Request-URI with that host; None if it asks for a number of the query's tenant.

    Of a tel URI it is the phone-context (RFC 3966 §5.1.5): a domain, or a "+" and the digits that full numbers there begin with.
    That is its domain, or any address of ours on a listener whose default tenant it is. Who calls for help is not asked for the domain.
    """
    tenant = snapshot.tenants.get(query.tenant)
    canonical = query.callee.canonical
    if isinstance(canonical, ShortCode) and canonical.is_emergency:
        return None
    if host.startswith("+"):
        code = tenant.config.dialling.country_code if tenant is not None else None
        if code is not None and host[1:].startswith(code):
            return None
        why = f"a number that is local to {host!r} means nothing to tenant {query.tenant!r}"
        return Refuse(WRONG_NUMBER, Trace((TraceStep(Verdict.REFUSED, None, None, why),), ()))
    owner = snapshot.by_domain.get(host.lower())
    if owner is None:
        listener = snapshot.listeners.get(query.listener)
        owner = listener.tenant if listener is not None else None
    if owner == query.tenant:
        return None
    why = f"{host!r} is not the domain of tenant {query.tenant!r}"
    return Refuse(WRONG_NUMBER, Trace((TraceStep(Verdict.REFUSED, None, None, why),), ()))
