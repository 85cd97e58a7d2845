"""Rules on the countries that a tenant calls."""

from collections.abc import Iterator

from schema.kinds.tenant import TenantSpec
from schema.resource import specs_of
from schema.rules.rule import Finding, TenantSubject


def country_unknown(subject: TenantSubject) -> Iterator[Finding]:
    """Which country a number without a country code is in depends on where the tenant is; without that no policy can hold."""
    for tenant in specs_of(subject.resources, TenantSpec):
        policy, dialling = tenant.spec.countries, tenant.spec.dialling
        if (policy.allow or policy.deny) and dialling.country is None and dialling.country_code is None:
            yield Finding(
                tenant.mark("spec", "countries"),
                f"{tenant.ref} says which countries may be called, and not which one it is in itself",
                "add dialling: {country: GB}, or countryCode",
            )


def own_country_denied(subject: TenantSubject) -> Iterator[Finding]:
    """A tenant whose people may not call their own country most often forgot to list it."""
    for tenant in specs_of(subject.resources, TenantSpec):
        policy, own = tenant.spec.countries, tenant.spec.dialling.country
        if own is None:
            continue
        has_digits = any(entry.startswith("+") for entry in policy.allow)
        if own in policy.deny or (policy.allow and own not in policy.allow and not has_digits):
            field = "deny" if own in policy.deny else "allow"
            yield Finding(
                tenant.mark("spec", "countries", field),
                f"{tenant.ref} is in {own} by dialling.country, and its people may not call there",
                f"remove {own} from it" if field == "deny" else f"add {own}",
            )
