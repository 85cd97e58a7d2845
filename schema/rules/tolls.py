"""Rules on what calls cost."""

from collections.abc import Iterator

from schema.kinds.extension import ExtensionSpec
from schema.kinds.rate_table import RateTableSpec
from schema.kinds.tenant import TenantSpec
from schema.mark import Mark
from schema.nearest import one_of
from schema.problem import shown
from schema.resource import specs_of
from schema.rules.rule import Finding, TenantSubject


def rate_table_exists(subject: TenantSubject) -> Iterator[Finding]:
    """A tenant whose rates are not there has calls of which nobody knows what they cost."""
    if not subject.is_complete:
        return
    tables = {table.ref.name: table for table in specs_of(subject.system, RateTableSpec)}
    tables |= {table.ref.name: table for table in specs_of(subject.resources, RateTableSpec)}
    for tenant in specs_of(subject.resources, TenantSpec):
        name = tenant.spec.tolls.rates
        if name is not None and name not in tables:
            yield Finding(
                tenant.mark("spec", "tolls", "rates"),
                f"{tenant.ref} names the RateTable {shown(name)}, which it does not have, and which is not shared either",
                f"define it, or correct the name: {one_of(name, sorted(tables))}",
            )


def rates_currency(subject: TenantSubject) -> Iterator[Finding]:
    """Amounts of another currency would be added up as if they were the tenant's own."""
    tables = {table.ref.name: table for table in specs_of(subject.system, RateTableSpec)}
    tables |= {table.ref.name: table for table in specs_of(subject.resources, RateTableSpec)}
    for tenant in specs_of(subject.resources, TenantSpec):
        table = tables.get(tenant.spec.tolls.rates or "")
        own = tenant.spec.profile.currency
        if table is not None and table.spec.currency not in (None, own):
            yield Finding(
                tenant.mark("spec", "tolls", "rates"),
                f"{tenant.ref} has the currency {own}, and its {table.ref} has {table.spec.currency}",
                f"write profile: {{currency: {table.spec.currency}}}, or name a table in {own}",
            )


def budget_without_rates(subject: TenantSubject) -> Iterator[Finding]:
    """A budget is held against prices; without any it would always be kept."""
    for tenant in specs_of(subject.resources, TenantSpec):
        if tenant.spec.tolls.budget is not None and tenant.spec.tolls.rates is None:
            yield Finding(
                tenant.mark("spec", "tolls", "budget"),
                f"{tenant.ref} has a budget for calls outside, and no rates",
                "add tolls.rates: the name of a RateTable",
            )


def billing_without_rates(subject: TenantSubject) -> Iterator[Finding]:
    """What a call costs, rates say; without any, none of those that are billed costs anything."""
    for tenant in specs_of(subject.resources, TenantSpec):
        billed = [name for name in ("outgoing", "incoming") if getattr(tenant.spec.billing, name)]
        if billed and tenant.spec.tolls.rates is None:
            yield Finding(
                tenant.mark("spec", "billing", billed[0]),
                f"{tenant.ref} bills {' and '.join(billed)} calls, and has no rates: none of them costs anything",
                "add tolls.rates: the name of a RateTable; or remove billing",
            )


def balance_unused(subject: TenantSubject) -> Iterator[Finding]:
    """A balance is spent on calls that are billed; where none are, whoever set it believes that it is a limit."""
    tenants = specs_of(subject.resources, TenantSpec)
    if not tenants or any(tenant.spec.billing.outgoing or tenant.spec.billing.incoming for tenant in tenants):
        return
    told: set[Mark] = set()
    for extension in specs_of(subject.resources, ExtensionSpec):
        if extension.spec.balance is None:
            continue
        mark = extension.mark("spec", "balance")
        # What a profile says is said once.
        if mark not in told:
            told.add(mark)
            yield Finding(
                mark,
                f"{extension.ref} has a balance, and {tenants[0].ref} bills no calls: nothing is ever paid from it",
                "write billing: {outgoing: true} in the Tenant, or remove balance",
            )
