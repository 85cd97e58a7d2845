"""Whose a number is that somebody calls over a trunk: asked at admission, before there is a tenant to ask."""

from __future__ import annotations

from dialing.pattern import Precedence
from engine.config.snapshot import Snapshot
from engine.config.trunk import TrunkConfig
from engine.routing.query import number_from_trunk


def tenant_of_did(snapshot: Snapshot, trunk: TrunkConfig, called: str) -> str | None:
    """The tenant whose inbound rules claim the number as the trunk sends it; None if none does, or if two do with equal right.

    A trunk of a tenant brings that tenant's calls. On a shared one that has no way of its own to read numbers, each tenant reads them its
    own way; the cost follows the number of such ways, not of tenants.
    """
    if trunk.tenant:
        return trunk.tenant if trunk.tenant in snapshot.tenants else None
    owners = snapshot.did_owners.get(trunk.name)
    if owners is None:
        return None
    best: Precedence | None = None
    found: set[str] = set()
    for context in (trunk.dialling.context(),) if trunk.is_dialling_own else owners.contexts:
        for precedence, tenant in owners.claims(number_from_trunk(trunk, context, called).canonical.text, called):
            if not trunk.is_dialling_own and snapshot.tenants[tenant].context != context:
                continue
            if best is None or precedence < best:
                best, found = precedence, {tenant}
            elif precedence == best:
                found.add(tenant)
    return found.pop() if len(found) == 1 else None
