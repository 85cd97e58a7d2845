"""The immutable Snapshot: one revision of all tenants, as the indexes that the call path needs (law 3).

A Snapshot shares every unchanged tenant with its predecessor, and a tenant every unchanged value, so a hundred pinned revisions cost
little more than one. Applying one is swapping a reference; calls keep the one that they began with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from operator import is_
from types import MappingProxyType
from typing import Final, TypeVar

from dialing.number import DialContext, Number
from engine.config.blocked import BlockedIndex
from engine.config.countries import CountryIndex
from engine.config.declared import DeclaredConfig
from engine.config.did_owners import NO_OWNERS, DidOwners, evolving_owners
from engine.config.digest import digest_of
from engine.config.extension import ExtensionConfig
from engine.config.inbound_index import InboundIndex
from engine.config.inbound_rule import InboundRuleConfig
from engine.config.index import Index
from engine.config.ip_rule import IpRuleConfig
from engine.config.listener import ListenerConfig
from engine.config.office_hours import OfficeHoursConfig
from engine.config.outbound_index import OutboundIndex
from engine.config.outbound_rule import OutboundRuleConfig
from engine.config.rate_table import RateIndex, RateTableConfig, indexing
from engine.config.ref import ConfigRef, Origin, Revision
from engine.config.ring_group import RingGroupConfig
from engine.config.shared_map import SharedMap
from engine.config.steps import STEP, Steps, finished
from engine.config.system import SYSTEM_REF, SystemConfig
from engine.config.tenant import TenantConfig
from engine.config.trunk import TrunkConfig

T = TypeVar("T")

TenantItem = (
    TenantConfig
    | ExtensionConfig
    | OfficeHoursConfig
    | TrunkConfig
    | InboundRuleConfig
    | OutboundRuleConfig
    | RingGroupConfig
    | RateTableConfig
    | DeclaredConfig
)
SystemItem = SystemConfig | ListenerConfig | IpRuleConfig | TrunkConfig | RateTableConfig | DeclaredConfig
ConfigItem = TenantItem | SystemItem

_NOTHING: Mapping[ConfigRef, Origin] = MappingProxyType({})


def item_digest(item: ConfigItem) -> str:
    """A hash of the value alone, not of where it stands."""
    return digest_of(item)


def revision_of(digests: Iterable[str]) -> Revision:
    """The revision of a set of values: a hash of their digests, in whatever order they come."""
    return Revision(sha256("".join(sorted(digests)).encode()).hexdigest())


def snapshot_revision(system: Revision, tenants: Mapping[str, Revision]) -> Revision:
    """The revision of the whole, from those of its parts."""
    return revision_of([system, *(f"{name}={revision}" for name, revision in tenants.items())])


# How the call path finds a tenant's values: one line each, and the field of TenantSnapshot that holds it.
_EXTENSIONS: Final = Index(ExtensionConfig, lambda extension: extension.number, "number")
_BY_AUTH_USER: Final = Index(ExtensionConfig, lambda extension: extension.auth_user, "user name")
_OFFICE_HOURS: Final = Index(OfficeHoursConfig, lambda hours: hours.name, "name")
_TRUNKS: Final = Index(TrunkConfig, lambda trunk: trunk.name, "name")
_INBOUND_RULES: Final = Index(InboundRuleConfig, lambda rule: rule.name, "name")
_OUTBOUND_RULES: Final = Index(OutboundRuleConfig, lambda rule: rule.name, "name")
_RING_GROUPS: Final = Index(RingGroupConfig, lambda group: group.name, "name")
_RING_GROUP_NUMBERS: Final = Index(RingGroupConfig, lambda group: group.number, "number")


@dataclass(frozen=True, slots=True, eq=False)
class TenantSnapshot:
    """One tenant at one revision. `items` by key: all of it; the other mappings are indexes of it. `declared_numbers`: what is dialled for
    something that is not carried out yet, with its key.

    `extensions` by number, `by_auth_user` by digest user name, `ring_groups_by_number` by number, the others by name. `trunks` are its own;
    those that it shares stand in the `Snapshot`. `own_lengths`: of all its numbers, and perhaps of some that it
    once had. `inbound`, `outbound`: its rules as the call path looks them up. `context`: how
    its numbers are read; `phones`: the same of what its people dial, outside lines included;
    `blocked`: numbers that nobody of it talks to; `countries`: where nobody of it calls, None = anywhere; `rate_tables`: its own, by name.
    """

    config: TenantConfig
    revision: Revision
    items: SharedMap[ConfigRef, TenantItem]
    extensions: SharedMap[str, ExtensionConfig]
    by_auth_user: SharedMap[str, ExtensionConfig]
    office_hours: SharedMap[str, OfficeHoursConfig]
    trunks: SharedMap[str, TrunkConfig]
    inbound_rules: SharedMap[str, InboundRuleConfig]
    outbound_rules: SharedMap[str, OutboundRuleConfig]
    ring_groups: SharedMap[str, RingGroupConfig]
    ring_groups_by_number: SharedMap[str, RingGroupConfig]
    declared_numbers: Mapping[str, ConfigRef]
    own_lengths: frozenset[int]
    inbound: InboundIndex
    outbound: OutboundIndex
    context: DialContext
    phones: DialContext
    blocked: BlockedIndex
    countries: CountryIndex | None
    rate_tables: Mapping[str, RateIndex]
    origins: SharedMap[ConfigRef, Origin]

    @classmethod
    def build(
        cls,
        items: Iterable[TenantItem],
        *,
        origins: Mapping[ConfigRef, Origin] = _NOTHING,
        revision: Revision | None = None,
        predecessor: TenantSnapshot | None = None,
    ) -> TenantSnapshot:
        """Index `items`, one of which is the tenant's own config; values equal to the predecessor's are replaced by its objects.

        `revision` may be given by who computed it already; otherwise it is computed here. ValueError for a set without exactly
        one TenantConfig or with two values of one key in an index: the schema's rules keep such a set from getting here.
        """
        return finished(cls.building(items, origins=origins, revision=revision, predecessor=predecessor))

    @classmethod
    def building(
        cls,
        items: Iterable[TenantItem],
        *,
        origins: Mapping[ConfigRef, Origin],
        revision: Revision | None,
        predecessor: TenantSnapshot | None,
    ) -> Steps[TenantSnapshot]:
        """`build`, in steps."""
        old = predecessor.items if predecessor is not None else SharedMap[ConfigRef, TenantItem].of({})
        by_ref: dict[ConfigRef, TenantItem] = {}
        for count, given in enumerate(items, start=1):
            ref = given.ref
            before = old.get(ref)
            if ref in by_ref:
                raise ValueError(f"two values with the key {ref}")
            by_ref[ref] = before if before is not None and before == given else given
            if count % STEP == 0:
                yield
        if revision is None:
            revision = revision_of(map(item_digest, by_ref.values()))
        found = by_ref.values()
        config = _tenant_in(found)
        inbound_rules = yield from _INBOUND_RULES.building(found)
        outbound_rules = yield from _OUTBOUND_RULES.building(found)
        outbound = yield from _outbound_of(outbound_rules, predecessor)
        return cls(
            config=config,
            revision=revision,
            items=(yield from SharedMap.making(by_ref)),
            extensions=(yield from _EXTENSIONS.building(found)),
            by_auth_user=(yield from _BY_AUTH_USER.building(found)),
            office_hours=(yield from _OFFICE_HOURS.building(found)),
            trunks=(yield from _TRUNKS.building(found)),
            inbound_rules=inbound_rules,
            outbound_rules=outbound_rules,
            ring_groups=(yield from _RING_GROUPS.building(found)),
            ring_groups_by_number=(yield from _RING_GROUP_NUMBERS.building(found)),
            declared_numbers=(yield from _declared_numbers(found)),
            own_lengths=(yield from _lengths(found)),
            inbound=(yield from _inbound_of(inbound_rules, predecessor)),
            outbound=outbound,
            context=config.dialling.context(),
            phones=config.dialling.context(outbound.outside_prefixes),
            blocked=(yield from BlockedIndex.making(config.blocked)),
            countries=CountryIndex.of(config.countries),
            rate_tables=(yield from _rates_of(found, predecessor)),
            origins=(yield from SharedMap.making(origins)),
        )

    def evolved(
        self,
        *,
        revision: Revision,
        upserts: Iterable[TenantItem],
        deletes: Iterable[ConfigRef],
        origins: Mapping[ConfigRef, Origin],
    ) -> TenantSnapshot:
        """The tenant after a change: `upserts` are new or replace what has their key; `origins` are new or moved.

        ValueError if the result were no tenant, as in `build`.
        """
        return finished(self.evolving(revision=revision, upserts=upserts, deletes=deletes, origins=origins))

    def evolving(
        self,
        *,
        revision: Revision,
        upserts: Iterable[TenantItem],
        deletes: Iterable[ConfigRef],
        origins: Mapping[ConfigRef, Origin],
    ) -> Steps[TenantSnapshot]:
        """`evolved`, in steps."""
        new: dict[ConfigRef, TenantItem] = {}
        for count, item in enumerate(upserts, start=1):
            if item.ref in new:
                raise ValueError(f"two values with one key in a change of tenant {self.config.name}")
            new[item.ref] = item
            if count % STEP == 0:
                yield
        left = {*deletes, *new}
        gone: list[TenantItem] = []
        for count, ref in enumerate(left, start=1):
            item_before = self.items.get(ref)
            if item_before is not None:
                gone.append(item_before)
            if count % STEP == 0:
                yield
        items = yield from self.items.evolving(left, new)
        moves_tenant = any(isinstance(item, TenantConfig) for item in (*gone, *new.values()))
        config = _tenant_in(items.values()) if moves_tenant else self.config
        come = new.values()
        inbound_rules = yield from _INBOUND_RULES.evolving(self.inbound_rules, gone, come)
        outbound_rules = yield from _OUTBOUND_RULES.evolving(self.outbound_rules, gone, come)
        outbound = yield from _outbound_of(outbound_rules, self)
        return TenantSnapshot(
            config=config,
            revision=revision,
            items=items,
            extensions=(yield from _EXTENSIONS.evolving(self.extensions, gone, come)),
            by_auth_user=(yield from _BY_AUTH_USER.evolving(self.by_auth_user, gone, come)),
            office_hours=(yield from _OFFICE_HOURS.evolving(self.office_hours, gone, come)),
            trunks=(yield from _TRUNKS.evolving(self.trunks, gone, come)),
            inbound_rules=inbound_rules,
            outbound_rules=outbound_rules,
            ring_groups=(yield from _RING_GROUPS.evolving(self.ring_groups, gone, come)),
            ring_groups_by_number=(yield from _RING_GROUP_NUMBERS.evolving(self.ring_groups_by_number, gone, come)),
            declared_numbers=(
                (yield from _declared_numbers(items.values()))
                if any(isinstance(item, DeclaredConfig) for item in (*gone, *come))
                else self.declared_numbers
            ),
            own_lengths=self.own_lengths | (yield from _lengths(come)),
            inbound=(yield from _inbound_of(inbound_rules, self)),
            outbound=outbound,
            context=self.context if config is self.config else config.dialling.context(),
            phones=config.dialling.context(outbound.outside_prefixes),
            blocked=(
                self.blocked
                if config.blocked == self.config.blocked
                else (yield from BlockedIndex.making(config.blocked))
            ),
            countries=(
                self.countries if config.countries == self.config.countries else CountryIndex.of(config.countries)
            ),
            rate_tables=(
                (yield from _rates_of(items.values(), self))
                if any(isinstance(item, RateTableConfig) for item in (*gone, *come))
                else self.rate_tables
            ),
            origins=(yield from self.origins.evolving(left - new.keys(), origins)),
        )

    def number(self, dialled: str) -> Number:
        """What somebody of the tenant dials, in both forms."""
        return self.phones.number(dialled, _OwnNumbers(self.extensions, self.ring_groups_by_number))

    def origin(self, ref: ConfigRef) -> Origin | None:
        return self.origins.get(ref)


@dataclass(frozen=True, slots=True, eq=False)
class _OwnNumbers:
    """The numbers that are the tenant's own, as a container."""

    extensions: SharedMap[str, ExtensionConfig]
    ring_groups: SharedMap[str, RingGroupConfig]

    def __contains__(self, number: object) -> bool:
        return number in self.extensions or number in self.ring_groups


def _lengths(items: Iterable[TenantItem]) -> Steps[frozenset[int]]:
    """Of the numbers of its own that the items give a tenant."""
    found: set[int] = set()
    for count, item in enumerate(items, start=1):
        if isinstance(item, (ExtensionConfig, RingGroupConfig, DeclaredConfig)):
            found.add(len(item.number))
        if count % STEP == 0:
            yield
    return frozenset(found)


def _declared_numbers(items: Iterable[TenantItem]) -> Steps[Mapping[str, ConfigRef]]:
    """What is dialled for something that is not carried out yet. There are few of them."""
    found: dict[str, ConfigRef] = {}
    for count, item in enumerate(items, start=1):
        if isinstance(item, DeclaredConfig) and item.number:
            found[item.number] = item.ref
        if count % STEP == 0:
            yield
    return found


def _rates_of(items: Iterable[TenantItem], before: TenantSnapshot | None) -> Steps[Mapping[str, RateIndex]]:
    """The indexes of a tenant's own tables."""
    tables: dict[str, RateTableConfig] = {}
    for count, item in enumerate(items, start=1):
        if isinstance(item, RateTableConfig):
            tables[item.name] = item
        if count % STEP == 0:
            yield
    return (yield from indexing({} if before is None else before.rate_tables, tables))


def _inbound_of(rules: SharedMap[str, InboundRuleConfig], before: TenantSnapshot | None) -> Steps[InboundIndex]:
    """The index of these rules: that of before, if they are the same."""
    if before is not None and _same(rules, before.inbound_rules):
        return before.inbound
    return (yield from InboundIndex.making(rules.values()))


def _outbound_of(rules: SharedMap[str, OutboundRuleConfig], before: TenantSnapshot | None) -> Steps[OutboundIndex]:
    """The index of these rules: that of before, if they are the same."""
    if before is not None and _same(rules, before.outbound_rules):
        return before.outbound
    return (yield from OutboundIndex.making(rules.values()))


def _same(rules: SharedMap[str, T], before: SharedMap[str, T]) -> bool:
    """Whether the values are the very same objects; those that are equal were replaced by the predecessor's."""
    return rules is before or (len(rules) == len(before) and all(map(is_, rules.values(), before.values())))


def _tenant_in(items: Iterable[TenantItem]) -> TenantConfig:
    """The one TenantConfig among a tenant's values."""
    found = [item for item in items if isinstance(item, TenantConfig)]
    if not found:
        raise ValueError("a tenant's values without its TenantConfig")
    if len(found) > 1:
        raise ValueError(f"two tenants in one: {found[0].name} and {found[1].name}")
    return found[0]


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """All tenants and the system, at one revision. `by_domain`: lower-case SIP domain to tenant name; `trunks`: the shared ones.

    `ip_rules`: who is let pass or shut out besides `system.security`. `did_owners`: for each shared trunk, whose the numbers are that are
    called over it. `declared`: of the system, not carried out yet; `rate_tables`: the shared ones, by name.
    """

    revision: Revision
    system: SystemConfig
    system_revision: Revision
    listeners: Mapping[str, ListenerConfig]
    trunks: Mapping[str, TrunkConfig]
    tenants: Mapping[str, TenantSnapshot]
    by_domain: Mapping[str, str]
    origins: Mapping[ConfigRef, Origin] = field(default_factory=dict)
    did_owners: Mapping[str, DidOwners] = field(default_factory=lambda: NO_OWNERS)
    declared: Mapping[ConfigRef, DeclaredConfig] = field(default_factory=dict)
    ip_rules: Mapping[str, IpRuleConfig] = field(default_factory=dict)
    rate_tables: Mapping[str, RateIndex] = field(default_factory=dict)

    @classmethod
    def build(
        cls,
        *,
        system: SystemConfig,
        listeners: Iterable[ListenerConfig],
        tenants: Iterable[TenantSnapshot],
        trunks: Iterable[TrunkConfig] = (),
        ip_rules: Iterable[IpRuleConfig] = (),
        rate_tables: Iterable[RateTableConfig] = (),
        declared: Iterable[DeclaredConfig] = (),
        origins: Mapping[ConfigRef, Origin] = _NOTHING,
    ) -> Snapshot:
        """Put tenants (each already built, most of them shared) together with the system's own values."""
        return finished(
            cls.building(
                system=system,
                listeners=listeners,
                tenants=tenants,
                trunks=trunks,
                ip_rules=ip_rules,
                rate_tables=rate_tables,
                declared=declared,
                origins=origins,
                predecessor=None,
            )
        )

    @classmethod
    def building(
        cls,
        *,
        system: SystemConfig,
        listeners: Iterable[ListenerConfig],
        tenants: Iterable[TenantSnapshot],
        trunks: Iterable[TrunkConfig],
        ip_rules: Iterable[IpRuleConfig] = (),
        rate_tables: Iterable[RateTableConfig] = (),
        declared: Iterable[DeclaredConfig] = (),
        origins: Mapping[ConfigRef, Origin],
        predecessor: Snapshot | None,
    ) -> Steps[Snapshot]:
        """`build`, in steps, with what the predecessor knows of tenants that have not changed."""
        by_listener = {listener.name: listener for listener in listeners}
        by_trunk = {trunk.name: trunk for trunk in trunks}
        by_rule = {rule.name: rule for rule in ip_rules}
        by_name = {tenant.config.name: tenant for tenant in tenants}
        by_domain: dict[str, str] = {}
        for tenant in by_name.values():
            if tenant.config.domain in by_domain:
                raise ValueError(f"two tenants with the domain {tenant.config.domain}")
            by_domain[tenant.config.domain] = tenant.config.name
        by_ref = {item.ref: item for item in declared}
        rates = {table.name: table for table in rate_tables}
        own: tuple[ConfigItem, ...] = (
            system,
            *by_listener.values(),
            *by_trunk.values(),
            *by_rule.values(),
            *rates.values(),
            *by_ref.values(),
        )
        system_revision = revision_of(map(item_digest, own))
        revision = snapshot_revision(system_revision, {name: tenant.revision for name, tenant in by_name.items()})
        before = predecessor
        owners = yield from evolving_owners(
            before.did_owners if before is not None else NO_OWNERS,
            before.trunks if before is not None else {},
            before.tenants if before is not None else {},
            by_trunk,
            by_name,
        )
        return cls(
            revision=revision,
            system=system,
            system_revision=system_revision,
            listeners=by_listener,
            trunks=by_trunk,
            tenants=by_name,
            by_domain=by_domain,
            origins=dict(origins),
            did_owners=owners,
            declared=by_ref,
            ip_rules=by_rule,
            rate_tables=(yield from indexing(before.rate_tables if before is not None else {}, rates)),
        )

    @classmethod
    def empty(cls) -> Snapshot:
        """Before the first revision: no listener, no tenant, everything refused."""
        return cls.build(system=SystemConfig(), listeners=(), tenants=())

    def item(self, ref: ConfigRef) -> ConfigItem | None:
        """The value with that key."""
        if ref == SYSTEM_REF:
            return self.system
        if not ref.tenant:
            match ref.kind:
                case "Listener" if ref.name in self.listeners:
                    return self.listeners[ref.name]
                case "Trunk" if ref.name in self.trunks:
                    return self.trunks[ref.name]
                case "IpRule":
                    return self.ip_rules.get(ref.name)
                case "RateTable" if ref.name in self.rate_tables:
                    return self.rate_tables[ref.name].table
            return self.declared.get(ref)
        tenant = self.tenants.get(ref.tenant)
        return tenant.items.get(ref) if tenant is not None else None

    def trunk(self, tenant: str, name: str) -> TrunkConfig | None:
        """The trunk that the tenant calls by that name: its own, or a shared one that it may use."""
        owner = self.tenants.get(tenant)
        own = owner.trunks.get(name) if owner is not None else None
        if own is not None:
            return own
        shared = self.trunks.get(name)
        return shared if shared is not None and shared.serves(tenant) else None

    def rates(self, tenant: TenantSnapshot) -> RateIndex | None:
        """What calls of the tenant cost, by the table that it names: its own, or a shared one; None if it names none."""
        name = tenant.config.tolls.rates
        if not name:
            return None
        return tenant.rate_tables.get(name) or self.rate_tables.get(name)

    def origin(self, ref: ConfigRef) -> Origin | None:
        """Where the value is declared, if a manifest declares it."""
        if not ref.tenant:
            return self.origins.get(ref)
        tenant = self.tenants.get(ref.tenant)
        return tenant.origin(ref) if tenant is not None else None
