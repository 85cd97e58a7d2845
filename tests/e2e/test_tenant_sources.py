"""Two tenants with git repositories of their own, each behind a server that asks for its token, and real phones of both."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from tests.e2e.office import NewPhone
from tests.e2e.test_git_source import api_of
from tests.support.git_repository import Content, Repository
from tests.support.git_server import GitServer
from tests.support.phone import Account, Stack
from tests.support.phone_bare import BarePhone
from tests.support.trunkline_process import Json, Site, Trunkline, write_atomically

HOOK = "hook-77b1d0"


class Customer:
    """A tenant whose people push to a repository of their own."""

    def __init__(self, name: str, site: Site, folder: Path) -> None:
        self.name, self.site = name, site
        self.origin = Repository(folder / f"{name}.git", bare=True)
        self.token = f"tok-of-{name}"
        self._secret(site.data / "secrets" / f"git-{name}", self.token)
        self._secret(site.data / "secrets" / f"hook-{name}", HOOK)
        for number in ("101", "102"):
            self._secret(site.data / "tenants" / name / "secrets" / number, self.password(number))
        self.commit("begun", "101")
        self.git = GitServer(self.origin.path, self.token)

    @staticmethod
    def _secret(path: Path, text: str) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o600)

    def password(self, number: str) -> str:
        return f"open-sesame-{self.name}-{number}"

    def commit(self, message: str, *numbers: str, **more: str) -> str:
        files: dict[str | bytes, Content] = {
            f"pbx/{number}.yaml": f"""\
apiVersion: trunkline/v1
kind: Extension
metadata: {{tenant: {self.name}, name: "{number}"}}
spec: {{password: {{file: secrets/{number}}}}}
"""
            for number in numbers
        }
        return self.origin.commit({**files, **{f"pbx/{name}.yaml": text for name, text in more.items()}}, message)

    @property
    def declared(self) -> str:
        return f"""\
apiVersion: trunkline/v1
kind: Tenant
metadata: {{name: {self.name}}}
spec: {{domain: {self.name}.example, quotas: {{maxExtensions: 5}}}}
---
apiVersion: trunkline/v1
kind: TenantSource
metadata: {{name: {self.name}}}
spec:
  git: {self.git.url}
  path: pbx
  poll: 1h
  token: {{file: secrets/git-{self.name}}}
  hook: {{file: secrets/hook-{self.name}}}
"""

    def account(self, number: str) -> Account:
        domain, password = f"{self.name}.example", self.password(number)
        return Account(user=number, domain=domain, password=password, server=self.site.server, transport="udp")

    def registers(self, number: str) -> bool:
        with BarePhone(self.account(number)) as phone:
            return phone.register().status == 200

    def close(self) -> None:
        self.git.close()
        self.origin.close()


class Provider:
    """A site whose folder declares acme and globex, and where the rest of them comes from."""

    def __init__(self, folder: Path, logs: Path) -> None:
        self.site = Site.create(folder / "site", logs, [])
        self.acme, self.globex = (Customer(name, self.site, folder) for name in ("acme", "globex"))
        self.declare(self.acme, self.globex)

    def declare(self, *customers: Customer) -> None:
        write_atomically(self.site.manifests / "tenants.yaml", "---\n".join(one.declared for one in customers))

    def ask(self, *arguments: str, check: bool = True) -> str:
        done = self.site.run(*arguments, "--data", str(self.site.data), check=check)
        return done.stdout + done.stderr

    def wait_until_there(self, customer: Customer, number: str) -> None:
        def is_there(found: list[Json]) -> bool:
            return any((one["tenant"], one["name"], one["applied"]) == (customer.name, number, True) for one in found)

        self.site.wait_for("resources", is_there, f"{number} of {customer.name}", 30.0)

    def close(self) -> None:
        self.acme.close()
        self.globex.close()


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Provider]:
    one = Provider(tmp_path, tmp_path)
    yield one
    one.close()


def test_a_commit_changes_its_tenant_only_while_another_talks(provider: Provider, new_phone: NewPhone) -> None:
    acme, globex = provider.acme, provider.globex
    globex.commit("two of us", "101", "102")
    with Trunkline(provider.site) as server:
        provider.wait_until_there(acme, "101")
        provider.wait_until_there(globex, "102")
        caller, callee = new_phone(Stack.PJSIP, "gil"), new_phone(Stack.PJSIP, "gus")
        caller.register(globex.account("101"))
        callee.register(globex.account("102"))
        call = caller.call("sip:102@globex.example")
        callee.wait_for_incoming()
        callee.answer()
        caller.wait_for_call("confirmed", call=call)
        assert acme.registers("101")
        assert not acme.registers("102")

        tip = acme.commit("Abe has a phone", "101", "102")
        provider.ask("reconcile")
        assert acme.registers("102")
        told = provider.ask("get", "revisions")
        assert f"{tip[:12]} by Ada Lovelace: Abe has a phone (in the source of Tenant acme)" in told
        described = provider.ask("describe", "extension", "acme/102")
        assert "@acme/102.yaml" in described
        assert tip[:12] in described

        evil = f"{globex.declared}---\n" + globex.declared.replace("name: globex", "name: acme")
        acme.commit("mine, all of it", "101", evil=evil)
        globex.commit("three of us", "101", "102", room="apiVersion: trunkline/v1\nkind: [")
        provider.ask("reconcile", check=False)
        status = provider.site.status()
        assert "source-not-its-tenant" in status
        assert "@acme/evil.yaml" in status
        assert "@globex/room.yaml" in status
        assert acme.registers("101")
        assert acme.registers("102")
        assert globex.registers("102")

        assert caller.live_calls() == callee.live_calls() == 1
        caller.hang_up()
        callee.wait_for_call("disconnected")
        log = server.log_path.read_text()
        assert acme.token not in log
        assert globex.token not in log


def test_a_source_that_is_away_holds_nobody_back_and_a_restart_needs_it_not(provider: Provider) -> None:
    acme, globex = provider.acme, provider.globex
    acme.git.status = "503 Service Unavailable"
    with Trunkline(provider.site):
        provider.wait_until_there(globex, "101")
        assert globex.registers("101")
        assert not acme.registers("101")
        assert "SourceUnavailable" in provider.ask("describe", "tenantsource", "acme", check=False)
        acme.git.status = None
        provider.ask("reconcile")
        assert acme.registers("101")
    acme.git.status = "503 Service Unavailable"
    with Trunkline(provider.site):
        assert acme.registers("101")
        provider.declare(globex)
        plan = json.loads(provider.ask("plan", "--output", "json"))
        assert {change["tenant"] for change in plan["plan"]["changes"]} <= {"acme", None}
        provider.declare(acme, globex)
        assert acme.registers("101")


def test_each_tenant_has_a_webhook_of_its_own(provider: Provider) -> None:
    acme, globex = provider.acme, provider.globex
    with Trunkline(provider.site, "--api", "127.0.0.1:0") as server:
        provider.wait_until_there(acme, "101")
        provider.wait_until_there(globex, "101")
        url, body = api_of(server), b'{"ref": "refs/heads/main"}'
        signed = {
            "Content-Type": "application/json",
            "X-Hub-Signature-256": "sha256=" + hmac.new(HOOK.encode(), body, sha256).hexdigest(),
        }
        forged = {**signed, "X-Hub-Signature-256": "sha256=" + "0" * 64}
        acme.commit("Abe has a phone", "101", "102")
        for tenant, headers, status in (("acme", forged, 401), ("evil", signed, 401), ("acme", signed, 202)):
            answer = httpx.post(f"{url}v1/tenants/{tenant}/source/hook", content=body, headers=headers)
            assert answer.status_code == status, tenant
        provider.wait_until_there(acme, "102")
        assert acme.registers("102")
