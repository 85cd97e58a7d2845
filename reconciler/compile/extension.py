"""`Extension` to `ExtensionConfig`."""

from __future__ import annotations

from engine.config.extension import ExtensionConfig, ForwardingConfig
from reconciler.compile.destination import destination
from reconciler.compile.rate_table import amount
from reconciler.compile.secret import secret_ref
from schema.kinds.extension import ExtensionSpec
from schema.resource import ResourceRef


def compile_extension(ref: ResourceRef, spec: ExtensionSpec) -> ExtensionConfig:
    return ExtensionConfig(
        tenant=ref.tenant or "",
        name=ref.name,
        number=spec.number,
        auth_user=spec.auth_user,
        password=secret_ref(spec.password),
        display_name=spec.display_name or "",
        enabled=spec.enabled,
        max_contacts=spec.max_contacts,
        ring_time_s=spec.ring_time.total_seconds(),
        office_hours=spec.office_hours,
        groups=spec.groups,
        outbound_caller_id=spec.outbound_caller_id or "",
        may_call_outside=spec.may_call_outside,
        max_outside_calls=spec.outside_limits.max_calls,
        max_outside_calls_per_minute=spec.outside_limits.max_calls_per_minute,
        forwarding=tuple(
            ForwardingConfig(when=rule.when, hours=rule.hours, to=destination(rule.to)) for rule in spec.forwarding
        ),
        balance=None if spec.balance is None else amount(spec.balance),
        may_change=None if spec.may_change is None else tuple(sorted(set(spec.may_change))),
    )
