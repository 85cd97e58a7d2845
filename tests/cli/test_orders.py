"""The commands that decide what is followed, and those that look at it: against the real API over a server without phones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.author import author
from cli.main import app
from tests.support.following_server import Server
from tests.support.manifest_folder import LISTENER, extension, tenant
from tests.support.served import served

CARRIER = "apiVersion: trunkline/v1\nkind: Trunk\nmetadata: {tenant: acme, name: carrier}\nspec: {host: 192.0.2.50}\n"
ACME = (tenant("acme"), extension("acme", "101"), extension("acme", "102"), CARRIER)
BETA = (tenant("beta"), extension("beta", "201"))
APPROVED = "apiVersion: trunkline/v1\nkind: System\nmetadata: {name: system}\nspec: {apply: approved}\n"


class Site:
    def __init__(self, server: Server, data: Path) -> None:
        self.server = server
        self.folder = server.folder
        self.data = data

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(app, [*words, "--data", str(self.data)])

    def digest(self) -> str:
        return str(json.loads(self.run("plan", "-o", "json").stdout)["plan"]["digest"])


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    server = Server(tmp_path / "s")
    server.folder.write("system.yaml", LISTENER)
    server.folder.write("acme.yaml", *ACME)
    server.folder.write("beta.yaml", *BETA)
    assert server.round()
    server.folder.write("system.yaml", LISTENER, APPROVED)
    assert server.round()
    with served(server, tmp_path):
        yield Site(server, tmp_path)


def test_apply_shows_then_applies(site: Site) -> None:
    assert site.run("apply").exit_code == 0
    site.folder.write("acme.yaml", *ACME, extension("acme", "103"))
    shown = site.run("apply")
    assert shown.exit_code == 1
    assert "+ Extension acme/103" in shown.stdout
    command = shown.stdout.splitlines()[-1].split()
    done = site.run(*command[1:2], "--digest", command[-1], "--author", "ada")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith("applied, and serving: revision 3 (")
    assert "103" in (site.server.extensions("acme") or {})
    revisions = site.run("get", "revisions").stdout.splitlines()
    assert revisions[1].split()[0] == "3"
    assert "approved" in revisions[1]
    assert "ada" in revisions[1]
    assert "+1" in revisions[1]


def test_a_digest_of_another_plan_is_refused(site: Site) -> None:
    site.folder.write("acme.yaml", *ACME, extension("acme", "103"))
    done = site.run("apply", "--digest", "0" * 12)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "the plan is another by now" in done.stderr


def test_a_tenant_goes_when_it_is_confirmed(site: Site) -> None:
    site.folder.remove("beta.yaml")
    shown = site.run("plan")
    assert "Has to be confirmed by name:" in shown.stdout
    assert shown.stdout.rstrip().endswith("--confirm tenant-deleted:beta")
    refused = site.run("apply", "--digest", site.digest())
    assert refused.exit_code == 1
    assert "--confirm tenant-deleted:beta" in refused.stderr
    done = site.run("apply", "--digest", site.digest(), "--confirm", "tenant-deleted:beta")
    assert done.exit_code == 0, done.stderr
    assert site.server.extensions("beta") is None


@pytest.mark.parametrize(
    "words",
    [
        ("apply", "--confirm", "x"),
        ("apply", "--digest", "123"),
        ("apply", "--digest", "g" * 12),
        ("rollback", "0"),
        ("rollback", "abc"),
        ("rollback", "main"),
        ("rollback", "1", "--confirm", "x"),
        ("describe", "Extention", "acme/101"),
        ("describe", "Extension", "101"),
        ("describe", "Listener", "acme/phones"),
    ],
)
def test_wrong_usage(site: Site, words: tuple[str, ...]) -> None:
    done = site.run(*words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr


def test_going_back(site: Site) -> None:
    shown = site.run("rollback", "1")
    assert shown.exit_code == 0, shown.stderr
    assert '    spec.apply: "approved" ->' in shown.stdout
    assert "trunkline resume" in shown.stdout
    digest = json.loads(site.run("rollback", "1", "-o", "json").stdout)["plan"]["digest"]
    assert f"rollback 1 --data {site.data} --digest {digest[:12]}" in shown.stdout
    done = site.run("rollback", "1", "--digest", digest)
    assert done.exit_code == 0, done.stderr
    assert "resume" in done.stdout
    assert "Following is suspended" in site.run("plan").stdout
    assert site.run("resume").stdout == "the manifests are followed\n"


def test_a_revision_by_its_hash(site: Site) -> None:
    site.folder.write("acme.yaml", *ACME, extension("acme", "103"))
    site.run("apply", "--digest", site.digest())
    newest, second, first = json.loads(site.run("get", "revisions", "-o", "json").stdout)["items"]
    assert (newest["sequence"], second["revision"]) == (3, first["revision"])
    assert site.run("rollback", newest["revision"][:12]).stdout == site.run("rollback", "3").stdout
    both = site.run("rollback", first["revision"][:12])
    assert "revisions 2, 1 begin with" in both.stderr
    nobody = site.run("rollback", "0" * 12)
    assert nobody.exit_code == 1
    assert "no revision that is kept" in nobody.stderr
    assert site.run("rollback", "99").exit_code == 1


def test_following_rests(site: Site) -> None:
    rests = site.run("suspend", "--reason", "release day", "--author", "ada")
    assert rests.stdout == "suspended by ada: release day; what runs goes on as it is, until: trunkline resume\n"
    site.folder.write("acme.yaml", *ACME, extension("acme", "103"))
    shown = site.run("plan").stdout
    assert "Following is suspended by ada (release day)" in shown
    assert "--digest" not in shown
    assert site.run("apply", "--digest", site.digest()).exit_code == 1
    assert site.run("resume", "-o", "json").stdout == '{\n  "suspended": null\n}\n'


def test_reconcile_says_what_came_of_it(site: Site) -> None:
    done = site.run("reconcile")
    assert done.exit_code == 0
    assert done.stdout.startswith("InSync: ")
    site.folder.write("acme.yaml", *ACME, extension("acme", "103"))
    waits = site.run("reconcile")
    assert waits.exit_code == 1
    assert waits.stdout.startswith("AwaitingApproval: ")
    site.folder.write("acme.yaml", tenant("acme"), "kind: [")
    assert site.run("reconcile", "-o", "json").exit_code == 1


def test_manifests_of_what_runs_and_ran(site: Site) -> None:
    assert site.run("get", "manifests").stdout.splitlines()[0].split() == ["FILE", "BYTES"]
    now = json.loads(site.run("get", "manifests", "-o", "json").stdout)
    then = json.loads(site.run("get", "manifests", "--revision", "1", "-o", "json").stdout)
    assert now["files"]["acme.yaml"] == then["files"]["acme.yaml"]
    assert now["files"]["system.yaml"] != then["files"]["system.yaml"]
    assert site.run("get", "manifests", "--revision", "one").exit_code == 1
    assert site.run("get", "calls", "--revision", "1").exit_code == 2
    assert len(site.run("get", "revisions", "--limit", "1").stdout.splitlines()) == 2


def test_a_resource_is_described(site: Site) -> None:
    done = site.run("describe", "extension", "acme/102", "--effective")
    assert done.exit_code == 0, done.stderr
    assert "Written in: acme.yaml:11" in done.stdout
    assert "State:      runs" in done.stdout
    assert "  Ready     yes  Works" in done.stdout
    assert "    ringTime: 30s # default\n" in done.stdout
    assert "Last changes of its tenant:" in done.stdout
    assert "ringTime" not in site.run("describe", "Extension", "acme/102").stdout
    assert "Listener" in site.run("describe", "Listener", "phones").stdout
    assert site.run("describe", "Tenant", "acme").exit_code == 0
    assert json.loads(site.run("describe", "System", "system", "-o", "json").stdout)["kind"] == "System"
    elsewhere = site.run("describe", "Trunk", "carrier")
    assert elsewhere.exit_code == 1
    assert elsewhere.stderr == 'trunkline describe: no shared Trunk is called "carrier"; write acme/carrier\n'
    missing = site.run("describe", "Extension", "acme/999")
    assert missing.exit_code == 1
    assert "trunkline get resources" in missing.stderr


def test_no_server(tmp_path: Path) -> None:
    for words in (
        ("apply",),
        ("rollback", "1"),
        ("suspend",),
        ("resume",),
        ("reconcile",),
        ("describe", "Tenant", "a"),
    ):
        done = CliRunner().invoke(app, [*words, "--data", str(tmp_path)])
        assert (done.exit_code, done.stdout) == (1, "")
        assert "no server runs on the data folder" in done.stderr


def test_an_author_is_who_is_logged_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "grace")
    assert author(None) == "grace"
    assert author("ada") == "ada"
    assert author("a\x1b[2J" + "x" * 300).startswith("a\\x1b")

    def nobody() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr("getpass.getuser", nobody)
    assert author(None).startswith("user ")
