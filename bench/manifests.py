"""A folder of manifests as a large installation has it: tenants, a hundred extensions in each file, a secret in a file of its own for each.

Numbers and passwords are those of `bench.server`, so that its phones can use the first tenant.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.place import place
from bench.server import DOMAIN, number, password

PER_FILE = 100
MOST_ADDED = 50
"""So many extensions of each tenant can be added; their secrets are there."""
MEDIA_PORTS = "33000-35000"
DIDS_OF_RULE = 10
RING_GROUPS = 8
_RING_TIMES_S = (30, 25)


@dataclass(frozen=True, slots=True)
class Manifests:
    """The folder `root`, with secrets below `data`; tenant 0 is the one with `DOMAIN`. Every tenant has the same numbers.

    `more`: further lines of each extension's spec. `rules`: of routing, for all tenants together, with `DIDS_OF_RULE` numbers on each
    inbound one; with them come office hours, ring groups and a trunk for each tenant.
    """

    root: Path
    data: Path
    tenants: int
    extensions: int
    more: str = ""
    rules: int = 0

    @property
    def each(self) -> int:
        """Extensions of one tenant."""
        return self.extensions // self.tenants

    def write(self, port: int) -> None:
        """All of it; `port`: of the one listener."""
        self.root.mkdir(parents=True)
        (self.data / "secrets").mkdir(mode=0o700, parents=True)
        _save(self.root / "system.yaml", _system(port))
        for tenant in range(self.tenants):
            self._folder(tenant).mkdir()
            _save(self._folder(tenant) / "tenant.yaml", _tenant(tenant))
            if self.rules:
                _save(self._folder(tenant) / "routes.yaml", "---\n".join(self._routes(tenant)))
            for file in range(self.each // PER_FILE):
                self.rewrite(tenant, file)
        for tenant in range(self.tenants):
            for index in range(self.each + MOST_ADDED):
                secret = self.data / _secret(tenant, index)
                secret.touch(mode=0o600)
                secret.write_text(password(tenant * 100_000 + index))

    def rewrite(self, tenant: int, file: int, *, edition: int = 0, more: int = 0) -> None:
        """Save one file; `edition`: changes each extension in it, `more`: adds so many behind the tenant's last number."""
        first = file * PER_FILE
        added = range(self.each, self.each + more)
        documents = [
            _extension(tenant, index, edition) + self.more for index in (*range(first, first + PER_FILE), *added)
        ]
        _save(self._folder(tenant) / f"extensions-{file:03}.yaml", "---\n".join(documents))

    def rewrite_all(self, *, edition: int, more: int) -> None:
        """Every extension changed, as `sed -i` does it; those added stand in the file that is saved last."""
        for tenant in reversed(range(self.tenants)):
            for file in reversed(range(self.each // PER_FILE)):
                self.rewrite(tenant, file, edition=edition, more=more if (tenant, file) == (0, 0) else 0)

    def _routes(self, tenant: int) -> Iterator[str]:
        rules = self.rules // self.tenants
        inbound = rules * 2 // 5
        yield _owned(tenant, "Trunk", "carrier", f"host: 198.18.{tenant}.50")
        yield _owned(tenant, "OfficeHours", "office", 'week: {mon-fri: "09:00-17:00", sat-sun: closed}')
        for index in range(inbound):
            dids = ", ".join(f'"+4420{tenant:02}{index:02}{did:04}"' for did in range(DIDS_OF_RULE))
            group = f"group-{index % RING_GROUPS}"
            spec = f"hours: office\n  match: {{did: [{dids}]}}\n  inHours: {{ringGroup: {group}}}\n  outOfHours: {{hangUp: busy}}"
            yield _owned(tenant, "InboundRule", f"in-{index:03}", spec)
        for index in range(rules - inbound):
            prefixes = '"112", "999"' if index == 0 else f'"00{index:02}"'
            spec = f"match: {{prefixes: [{prefixes}]}}\n  routes: [{{trunk: carrier}}]"
            yield _owned(tenant, "OutboundRule", f"out-{index:03}", spec)
        for index in range(RING_GROUPS):
            mine = sorted({(index * 10 + member) % self.each for member in range(10)})
            members = ", ".join(f'"{number(member)}"' for member in mine)
            yield _owned(tenant, "RingGroup", f"group-{index}", f'number: "99{index}"\n  members: [{members}]')

    def _folder(self, tenant: int) -> Path:
        return self.root / _name(tenant)


def _owned(tenant: int, kind: str, name: str, spec: str) -> str:
    return f"apiVersion: trunkline/v1\nkind: {kind}\nmetadata: {{tenant: {_name(tenant)}, name: {name}}}\nspec:\n  {spec}\n"


def _name(tenant: int) -> str:
    return f"tenant-{tenant:02}"


def _secret(tenant: int, index: int) -> str:
    return f"secrets/{_name(tenant)}-{number(index)}"


def _save(path: Path, text: str) -> None:
    """As editors do it: written aside, renamed into place."""
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(text)
    draft.rename(path)


def _system(port: int) -> str:
    return f"""\
apiVersion: trunkline/v1
kind: System
metadata: {{name: system}}
spec:
  safety:
    maxChangedPercent: 100
  media:
    ports: "{MEDIA_PORTS}"
  security:
    allow: [{{network: {place().phones}/32}}]
---
apiVersion: trunkline/v1
kind: Listener
metadata: {{name: phones}}
spec:
  transport: udp
  port: {port}
  tenant: {_name(0)}
"""


def _tenant(tenant: int) -> str:
    domain = DOMAIN if tenant == 0 else f"{_name(tenant)}.example"
    return f"""\
apiVersion: trunkline/v1
kind: Tenant
metadata: {{name: {_name(tenant)}}}
spec:
  domain: {domain}
"""


def _extension(tenant: int, index: int, edition: int) -> str:
    return f"""\
apiVersion: trunkline/v1
kind: Extension
metadata: {{tenant: {_name(tenant)}, name: "{number(index)}"}}
spec:
  displayName: Person {index}
  password: {{file: {_secret(tenant, index)}}}
  ringTime: {_RING_TIMES_S[edition % len(_RING_TIMES_S)]}s
"""
