"""All kinds with their compile functions, one line each; and the key and origin of what they make."""

from __future__ import annotations

from dataclasses import replace

from engine.config.ref import ConfigRef, Origin
from engine.config.snapshot import ConfigItem
from reconciler.compile.declared import compile_declared, declared_fields
from reconciler.compile.extension import compile_extension
from reconciler.compile.inbound_rule import compile_inbound_rule
from reconciler.compile.ip_rule import compile_ip_rule
from reconciler.compile.listener import compile_listener
from reconciler.compile.office_hours import compile_office_hours
from reconciler.compile.outbound_rule import compile_outbound_rule
from reconciler.compile.rate_table import compile_rate_table
from reconciler.compile.ring_group import compile_ring_group
from reconciler.compile.system import compile_system
from reconciler.compile.tenant import compile_tenant
from reconciler.compile.trunk import compile_trunk
from schema.kinds.extension import ExtensionSpec
from schema.kinds.extension_group import ExtensionGroupSpec
from schema.kinds.extension_profile import ExtensionProfileSpec
from schema.kinds.inbound_rule import InboundRuleSpec
from schema.kinds.ip_rule import IpRuleSpec
from schema.kinds.listener import CARRIED_OUT, ListenerSpec
from schema.kinds.office_hours import OfficeHoursSpec
from schema.kinds.outbound_rule import OutboundRuleSpec
from schema.kinds.rate_table import RateTableSpec
from schema.kinds.ring_group import RingGroupSpec
from schema.kinds.system import SystemSpec
from schema.kinds.tenant import TenantSpec
from schema.kinds.tenant_source import TenantSourceSpec
from schema.kinds.trunk import TrunkSpec
from schema.registry import KINDS
from schema.resource import AnyResource, ResourceRef, Spec


def compile_resource(resource: AnyResource) -> ConfigItem:
    """The value that the engine gets for a valid resource. What it can't carry out yet of it stands there as it is written."""
    ref, spec = resource.ref, resource.spec
    if not KINDS[ref.kind].is_carried_out:
        return compile_declared(ref, spec)
    item = _compiled(ref, spec)
    declared = declared_fields(spec)
    return replace(item, declared=declared) if declared else item


def _compiled(ref: ResourceRef, spec: Spec) -> ConfigItem:
    match spec:
        case ExtensionSpec():
            return compile_extension(ref, spec)
        case OfficeHoursSpec():
            return compile_office_hours(ref, spec)
        case TenantSpec():
            return compile_tenant(ref, spec)
        case InboundRuleSpec():
            return compile_inbound_rule(ref, spec)
        case OutboundRuleSpec():
            return compile_outbound_rule(ref, spec)
        case RingGroupSpec(type="paging"):
            return compile_declared(ref, spec)
        case RingGroupSpec():
            return compile_ring_group(ref, spec)
        case RateTableSpec():
            return compile_rate_table(ref, spec)
        case TrunkSpec():
            return compile_declared(ref, spec) if spec.transport == "tls" else compile_trunk(ref, spec)
        case ListenerSpec():
            return compile_listener(ref, spec) if spec.transport in CARRIED_OUT else compile_declared(ref, spec)
        case IpRuleSpec():
            return compile_ip_rule(ref, spec)
        case SystemSpec():
            return compile_system(ref, spec)
        case ExtensionProfileSpec() | ExtensionGroupSpec() | TenantSourceSpec():
            return compile_declared(ref, spec, waits=False)
        case _:
            raise LookupError(f"kind {ref.kind} has no compile function; add it in reconciler/compile/registry.py")


def origin_of(resource: AnyResource) -> Origin:
    mark = resource.origin
    return Origin(mark.file, mark.line)


def config_ref(resource: AnyResource) -> ConfigRef:
    """The engine's key of a resource: a Tenant belongs to the tenant that it is."""
    tenant, kind, name = resource.ref
    return ConfigRef(name if kind == "Tenant" else tenant or "", kind, name)
