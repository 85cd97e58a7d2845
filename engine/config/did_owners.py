"""Whose numbers come by a shared trunk: for each, the masks of all tenants' inbound rules that claim numbers there.

A call over a shared trunk names no tenant; the one whose rule has the best mask for the number called gets it. What it costs to find it
does not follow the number of tenants, nor does keeping this up to date where a few of them change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from dialing.number import DialContext
from dialing.pattern import Form, NumberPattern, Precedence
from engine.config.inbound_index import InboundIndex
from engine.config.mask_index import MaskIndex
from engine.config.shared_map import SharedMap
from engine.config.steps import STEP, Steps
from engine.config.trunk import TrunkConfig

CANONICAL: Final = "c"
DIALLED: Final = "d"
"""What a claim's mask is held against: it stands before the mask."""


class Claimant(Protocol):
    """What is asked of a tenant: `TenantSnapshot`."""

    @property
    def inbound(self) -> InboundIndex: ...
    @property
    def trunks(self) -> SharedMap[str, TrunkConfig]: ...
    @property
    def context(self) -> DialContext: ...


def _no_map() -> SharedMap[str, tuple[str, ...]]:
    return SharedMap.of({})


@dataclass(frozen=True, slots=True, eq=False)
class DidOwners:
    """Of one shared trunk. `exact`, `wide`: tenants by claim, in order; `canonical`, `dialled`: the wide ones as they are looked up.

    `contexts`: the ways in which those tenants dial, each once.
    """

    exact: SharedMap[str, tuple[str, ...]] = field(default_factory=_no_map)
    wide: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    canonical: MaskIndex[tuple[str, ...]] = field(default_factory=lambda: MaskIndex.of({}))
    dialled: MaskIndex[tuple[str, ...]] = field(default_factory=lambda: MaskIndex.of({}))
    contexts: tuple[DialContext, ...] = ()

    def claims(self, did: str, dialled: str) -> Iterator[tuple[Precedence, str]]:
        """Who claims the number, in full form and as it came, by which mask."""
        for kind, text, index in ((CANONICAL, did, self.canonical), (DIALLED, dialled, self.dialled)):
            for tenant in self.exact.get(kind + text, ()):
                yield Precedence(Form.EXACT, -len(text), text), tenant
            for mask, tenants in index.matching(text):
                for tenant in tenants:
                    yield NumberPattern.parse(mask).precedence, tenant


NO_OWNERS: Final[Mapping[str, DidOwners]] = {}


def evolving_owners(
    before: Mapping[str, DidOwners],
    trunks_before: Mapping[str, TrunkConfig],
    tenants_before: Mapping[str, Claimant],
    trunks: Mapping[str, TrunkConfig],
    tenants: Mapping[str, Claimant],
) -> Steps[Mapping[str, DidOwners]]:
    """The owners of numbers on each of `trunks`, from what they were under the trunks and tenants of before."""
    if not trunks:
        return NO_OWNERS
    changed = [
        name
        for name in tenants_before.keys() | tenants.keys()
        if not _claims_alike(tenants_before.get(name), tenants.get(name))
    ]
    yield
    owners: dict[str, DidOwners] = {}
    for name, trunk in trunks.items():
        known = before.get(name)
        if known is None or trunks_before.get(name) != trunk:
            owners[name] = yield from _evolving(DidOwners(), trunk, {}, tenants, tenants.keys())
        elif changed:
            owners[name] = yield from _evolving(known, trunk, tenants_before, tenants, changed)
        else:
            owners[name] = known
    return owners


def _claims_alike(before: Claimant | None, now: Claimant | None) -> bool:
    if before is None or now is None:
        return before is now
    return before is now or (
        before.inbound is now.inbound and before.trunks is now.trunks and before.context == now.context
    )


def _evolving(
    before: DidOwners,
    trunk: TrunkConfig,
    tenants_before: Mapping[str, Claimant],
    tenants: Mapping[str, Claimant],
    changed: Iterable[str],
) -> Steps[DidOwners]:
    """`before` with the claims that the changed tenants have now in place of those that they had."""
    gone: dict[str, set[str]] = {}
    come: dict[str, set[str]] = {}
    for name in changed:
        for of, into in ((tenants_before, gone), (tenants, come)):
            claimant = of.get(name)
            if claimant is not None:
                yield from _adding(into, name, claimant, trunk)
    touched = [claim for claim in gone.keys() | come.keys() if gone.get(claim) != come.get(claim)]
    exact: dict[str, tuple[str, ...]] = {}
    wide = dict(before.wide)
    left: list[str] = []
    is_wide = False
    for count, claim in enumerate(touched, start=1):
        is_exact = NumberPattern.parse(claim[1:]).form is Form.EXACT
        had = before.exact.get(claim, ()) if is_exact else wide.pop(claim, ())
        have = tuple(sorted({*had} - gone.get(claim, set()) | come.get(claim, set())))
        if is_exact:
            left.append(claim)
        else:
            is_wide = True
        if have:
            (exact if is_exact else wide)[claim] = have
        if count % STEP == 0:
            yield
    return DidOwners(
        exact=(yield from before.exact.evolving(left, exact)),
        wide=wide if is_wide else before.wide,
        canonical=(yield from _indexed(wide, CANONICAL)) if is_wide else before.canonical,
        dialled=(yield from _indexed(wide, DIALLED)) if is_wide else before.dialled,
        contexts=(yield from _contexts(tenants.values())),
    )


def _contexts(tenants: Iterable[Claimant]) -> Steps[tuple[DialContext, ...]]:
    contexts: dict[DialContext, None] = {}
    for count, tenant in enumerate(tenants, start=1):
        contexts[tenant.context] = None
        if count % STEP == 0:
            yield
    return tuple(contexts)


def _adding(claims: dict[str, set[str]], name: str, tenant: Claimant, trunk: TrunkConfig) -> Steps[None]:
    """Note what the tenant claims on the trunk: nothing if it may not use it, or has one of its own by that name."""
    if not trunk.serves(name) or trunk.name in tenant.trunks:
        return
    for kind, index in ((CANONICAL, tenant.inbound.canonical), (DIALLED, tenant.inbound.dialled)):
        for count, (mask, rules) in enumerate(index.entries(), start=1):
            if rules.is_for(trunk.name):
                claims.setdefault(kind + mask, set()).add(name)
            if count % STEP == 0:
                yield


def _indexed(wide: Mapping[str, tuple[str, ...]], kind: str) -> Steps[MaskIndex[tuple[str, ...]]]:
    return (yield from MaskIndex.making({claim[1:]: tenants for claim, tenants in wide.items() if claim[0] == kind}))
