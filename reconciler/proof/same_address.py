"""Tenants that a carrier serves from one address, each by a trunk of its own: only the number called tells whose call it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations

from engine.config.snapshot import TenantSnapshot
from engine.config.trunk import TrunkConfig
from reconciler.proof.dids import MOST_COMPARED, overlap

ANY = "*"


def addresses_in_conflict(tenants: Iterable[TenantSnapshot]) -> Iterator[tuple[str, tuple[str, str], str]]:
    """Numbers that two tenants claim on trunks with the same address: the address, the tenants, and the masks in words."""
    for place, trunks in sorted(_by_place(tenants).items()):
        for one, other in combinations(sorted(trunks), 2):
            masks = _claimed_by_both(*trunks[one], *trunks[other])
            if masks is not None:
                yield place, (one, other), masks


def _by_place(tenants: Iterable[TenantSnapshot]) -> Mapping[str, dict[str, tuple[TenantSnapshot, TrunkConfig]]]:
    """Of each address the tenants that have a trunk there; one that registers is called at its contact."""
    found: dict[str, dict[str, tuple[TenantSnapshot, TrunkConfig]]] = {}
    for tenant in tenants:
        for trunk in tenant.trunks.values() if tenant.config.enabled else ():
            if trunk.enabled and trunk.registration is None:
                servers = (f"{server.host}:{server.port}" if server.port else server.host for server in trunk.servers)
                for place in (*servers, *trunk.addresses):
                    found.setdefault(place, {}).setdefault(tenant.config.name, (tenant, trunk))
    return {place: trunks for place, trunks in found.items() if len(trunks) > 1}


def _claimed_by_both(
    one: TenantSnapshot, one_trunk: TrunkConfig, other: TenantSnapshot, other_trunk: TrunkConfig
) -> str | None:
    """The masks of both that hold the same number, in words; None if there are none."""
    for is_dialled in (False, True):
        first, second = _masks(one, one_trunk, is_dialled), _masks(other, other_trunk, is_dialled)
        same = sorted(first & second)
        if same:
            return same[0]
        wide = [mask for mask in first | second if not mask.removeprefix("+").isdigit()]
        if len(wide) > MOST_COMPARED:
            continue
        pairs = ((a, b) for a in sorted(first) for b in sorted(second) if a in wide or b in wide)
        found = next(((a, b) for a, b in pairs if overlap(a, b)), None)
        if found is not None:
            return " and ".join(found)
    return None


def _masks(tenant: TenantSnapshot, trunk: TrunkConfig, is_dialled: bool) -> set[str]:
    return {
        mask
        for rule in tenant.inbound_rules.values()
        if rule.enabled and rule.is_dialled is is_dialled and (not rule.trunks or trunk.name in rule.trunks)
        for mask in rule.dids or (ANY,)
    }
