"""Small manifests as text, and a folder of them."""

from __future__ import annotations

from pathlib import Path

LISTENER = """\
apiVersion: trunkline/v1
kind: Listener
metadata: {name: phones}
spec: {transport: udp, port: 5070}
"""


def tenant(name: str, domain: str | None = None) -> str:
    return f"""\
apiVersion: trunkline/v1
kind: Tenant
metadata: {{name: {name}}}
spec: {{domain: {domain or name + ".example"}}}
"""


def extension(tenant_name: str, number: str, *, env: str = "PW", name: str | None = None, display: str = "") -> str:
    return f"""\
apiVersion: trunkline/v1
kind: Extension
metadata: {{tenant: {tenant_name}, name: "{name or number}"}}
spec: {{number: "{number}", displayName: "{display or number}", password: {{env: {env}}}}}
"""


def ring_group(tenant_name: str, number: str, *members: str) -> str:
    return f"""\
apiVersion: trunkline/v1
kind: RingGroup
metadata: {{tenant: {tenant_name}, name: "{number}"}}
spec: {{number: "{number}", members: [{", ".join(f'"{member}"' for member in members)}]}}
"""


def documents(*texts: str) -> str:
    return "---\n".join(texts)


class Folder:
    """A folder of manifests that a test edits."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)

    def write(self, path: str, *texts: str) -> None:
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(documents(*texts), encoding="utf-8")

    def remove(self, path: str) -> None:
        (self.root / path).unlink()
