"""The rule on what is written for the time out of hours, where it is never out of hours."""

from collections.abc import Iterator

from schema.kinds.extension import ExtensionSpec
from schema.kinds.inbound_rule import InboundRuleSpec
from schema.kinds.receptionist import ReceptionistSpec
from schema.kinds.tenant import TenantSpec
from schema.mark import Mark
from schema.resource import AnyResource, specs_of
from schema.rules.rule import Finding, TenantSubject


def out_of_hours_never(subject: TenantSubject) -> Iterator[Finding]:
    """Without OfficeHours it is always in hours: what is written for the time out of hours never counts, and nights go as days do."""
    if not subject.is_complete or any(tenant.spec.office_hours for tenant in specs_of(subject.resources, TenantSpec)):
        return
    told: set[Mark] = set()
    for resource, mark, field, hint in _written(subject):
        # What a profile says is said once, not for each extension that has it.
        if mark not in told:
            told.add(mark)
            what = f"{resource.ref} says what becomes of calls out of hours ({field}), and neither it nor Tenant {subject.tenant} has any"
            yield Finding(mark, what, f"write {hint} here or officeHours in the Tenant, or remove it")


def _written(subject: TenantSubject) -> Iterator[tuple[AnyResource, Mark, str, str]]:
    for rule in specs_of(subject.resources, InboundRuleSpec):
        if rule.spec.out_of_hours is not None and rule.spec.hours is None:
            yield rule, rule.key_mark("spec", "outOfHours"), "outOfHours", "hours"
    for receptionist in specs_of(subject.resources, ReceptionistSpec):
        if receptionist.spec.out_of_hours is not None and receptionist.spec.hours is None:
            yield receptionist, receptionist.key_mark("spec", "outOfHours"), "outOfHours", "hours"
    for extension in specs_of(subject.resources, ExtensionSpec):
        for index, entry in enumerate(extension.spec.forwarding):
            if entry.hours == "out" and extension.spec.office_hours is None:
                mark = extension.mark("spec", "forwarding", index, "hours")
                yield extension, mark, "forwarding, hours: out", "officeHours"
