"""Manifests that the schema's tests build on: a small set without a fault, and its parts."""

import textwrap

SYSTEM = """\
apiVersion: trunkline/v1
kind: System
metadata: {name: system}
spec:
  media: {ports: 40000-41000, inactivityTimeout: 2m}
"""
LISTENER = """\
apiVersion: trunkline/v1
kind: Listener
metadata: {name: phones}
spec: {transport: udp}
"""
IP_RULE = """\
apiVersion: trunkline/v1
kind: IpRule
metadata: {name: scanner}
spec: {network: 198.18.0.0/15, action: deny, description: Scans us}
"""


def tenant(name: str, domain: str, extra: str = "") -> str:
    """Return a Tenant; `extra` are further lines of its spec."""
    return (
        f"apiVersion: trunkline/v1\nkind: Tenant\nmetadata: {{name: {name}}}\nspec:\n  domain: {domain}\n"
        + textwrap.indent(extra, "  ")
    )


def extension(tenant_name: str, name: str, extra: str = "") -> str:
    """Return an Extension; `extra` are further lines of its spec."""
    return (
        f"apiVersion: trunkline/v1\nkind: Extension\nmetadata: {{tenant: {tenant_name}, name: {name}}}\n"
        f"spec:\n  password: {{env: P}}\n" + textwrap.indent(extra, "  ")
    )


def office_hours(tenant_name: str, name: str, spec: str = "week: {mon-fri: '09:00-17:00'}\n") -> str:
    """Return OfficeHours; `spec` are the lines of its spec."""
    return (
        f"apiVersion: trunkline/v1\nkind: OfficeHours\nmetadata: {{tenant: {tenant_name}, name: {name}}}\nspec:\n"
        + textwrap.indent(spec, "  ")
    )


def resource(kind: str, tenant_name: str, name: str, spec: str) -> str:
    """Return a resource of a tenant; `spec` are the lines of its spec."""
    return (
        f"apiVersion: trunkline/v1\nkind: {kind}\nmetadata: {{tenant: {tenant_name}, name: {name}}}\nspec:\n"
        + textwrap.indent(spec, "  ")
    )


OUTSIDE = (
    resource("Trunk", "globex", "carrier", "host: 192.0.2.50\n"),
    resource("InboundRule", "globex", "main", 'match: {did: "+442079460100"}\ninHours: {extension: "101"}\n'),
    resource("OutboundRule", "globex", "outside", "routes: [{trunk: carrier}]\n"),
    resource("RingGroup", "globex", "all", 'number: "200"\nmembers: ["101"]\n'),
)


def documents(*parts: str) -> str:
    """Return one file of several documents."""
    return "---\n".join(parts)


ACME = documents(tenant("acme", "acme.example"), extension("acme", "101"), extension("acme", "102"))
GLOBEX = documents(
    tenant("globex", "globex.example"), extension("globex", "101"), office_hours("globex", "main"), *OUTSIDE
)
GOOD = {"acme.yaml": ACME, "globex.yaml": GLOBEX, "system.yaml": documents(SYSTEM, LISTENER, IP_RULE)}
