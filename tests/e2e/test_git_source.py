"""`serve git+http://...`: a server that fetches its manifests, with real phones on it; the git server asks for a token."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from tests.support.git_repository import Content, Repository
from tests.support.git_server import GitServer
from tests.support.phone_bare import BarePhone
from tests.support.trunkline_process import TENANT, Json, Site, Trunkline

ADA, GRACE = "101", "102"
TOKEN = "tok-5d01b7"
HOOK = "hook-91c2e4"


class Followed:
    """A site whose manifests are committed to a repository that a server follows."""

    def __init__(self, folder: Path, logs: Path, *, apply: str = "") -> None:
        system = f"  apply: {apply}\n" if apply else ""
        self.site = Site.create(folder / "site", logs, [ADA], system=system)
        self.origin = Repository(folder / "origin.git", bare=True)
        secret = self.site.data / "secrets" / "git-token"
        secret.write_text(TOKEN)
        secret.chmod(0o600)
        self.commit("Ada has a phone")
        self.git = GitServer(self.origin.path, TOKEN)

    def commit(self, message: str, *, parents: list[str] | None = None) -> str:
        files: dict[str | bytes, Content] = {
            f"pbx/{path.name}": path.read_text() for path in self.site.manifests.iterdir()
        }
        return self.origin.commit({**files, "README.md": message}, message, parents=parents)

    def serve(self, *more: str) -> Trunkline:
        options = ("--path", "pbx", "--git-token", "file:secrets/git-token", *(more or ("--poll", "5s")))
        return Trunkline(self.site, *options, source=self.git.url)

    def ask(self, *arguments: str, check: bool = True) -> str:
        done = self.site.run(*arguments, "--data", str(self.site.data), check=check)
        return done.stdout + done.stderr

    def revisions(self) -> list[Json]:
        return self.site.get("revisions")

    def close(self) -> None:
        self.git.close()
        self.origin.close()


@pytest.fixture
def followed(tmp_path: Path) -> Iterator[Followed]:
    one = Followed(tmp_path, tmp_path, apply="auto")
    yield one
    one.close()


def api_of(server: Trunkline) -> str:
    """Where it serves the API by TCP, as it says itself."""
    server.site.wait_for_status(lambda _: "\napi: http" in server.log_path.read_text(), "where the API is")
    return server.log_path.read_text().split("\napi: ", 1)[1].split("\n", 1)[0]


def registers(site: Site, number: str) -> bool:
    with BarePhone(site.account(number)) as phone:
        return phone.register().status == 200


def test_a_commit_is_served_and_a_restart_needs_no_git_server(followed: Followed) -> None:
    site = followed.site
    with followed.serve() as server:
        assert registers(site, ADA)
        assert not registers(site, GRACE)
        site.add_extension(GRACE)
        tip = followed.commit("Grace has one, too")
        followed.ask("reconcile")
        assert registers(site, GRACE)
        newest = followed.revisions()[0]
        assert (newest["author"], newest["trigger"]) == ("Ada Lovelace", "auto")
        assert f"commit {tip[:12]}: Grace has one, too" in str(newest["note"])
        assert TOKEN not in server.log_path.read_text()
    followed.git.status = "503 Service Unavailable"
    with followed.serve() as server:
        assert registers(site, GRACE)
        site.wait_for_status(lambda _: "503" in server.log_path.read_text(), "a log line of the failed fetch")
        away = site.run("reconcile", "--data", str(site.data), check=False)
        assert (away.returncode, "503" in away.stderr) == (1, True)
        followed.git.status = None
        site.remove_extension(GRACE)
        followed.commit("Grace has gone")
        # By the poll alone.
        site.wait_for(
            "resources", lambda found: all(one["name"] != GRACE for one in found), "no resource of Grace's", 15.0
        )


def test_what_is_pushed_waits_for_approval_unless_the_manifests_say_otherwise(tmp_path: Path) -> None:
    followed = Followed(tmp_path, tmp_path)
    site = followed.site
    try:
        with serving_after_approval(followed):
            assert registers(site, ADA)
            site.add_extension(GRACE)
            followed.commit("Grace has one, too")
            assert "AwaitingApproval" in followed.ask("reconcile", check=False)
            assert not registers(site, GRACE)
            plan = json.loads(followed.ask("plan", "--output", "json"))
            assert plan["commit"]["subject"] == "Grace has one, too"
            followed.ask("apply", "--digest", plan["plan"]["digest"])
            assert registers(site, GRACE)
    finally:
        followed.close()


@contextmanager
def serving_after_approval(followed: Followed) -> Iterator[None]:
    """The very first revision would wait, too: it says `auto` itself, and then leaves that out."""
    system = followed.site.manifests / "system.yaml"
    text = system.read_text()
    system.write_text(text.replace("spec:\n", "spec:\n  apply: auto\n", 1))
    followed.commit("to begin with, at once")
    with followed.serve():
        system.write_text(text)
        followed.commit("from here on, approved")
        followed.ask("reconcile")
        yield


def test_a_broken_commit_and_a_rewritten_branch_leave_phones_alone(followed: Followed) -> None:
    site = followed.site
    first = followed.commit("as it is")
    with followed.serve() as server, BarePhone(site.account(ADA)) as phone:
        assert phone.register().status == 200
        site.manifest(ADA).write_text("kind: [broken\n")
        followed.commit("oops")
        followed.ask("reconcile", check=False)
        site.wait_for_status(lambda status: site.manifest(ADA).name in status, "the file that is broken")
        assert phone.register().status == 200
        site.add_extension(ADA, displayName="Ada")
        tip = followed.commit("as if it had never been", parents=[first])
        followed.ask("reconcile")
        newest = followed.revisions()[0]
        assert f"commit {tip[:12]}" in str(newest["note"])
        assert "the branch was rewritten" in str(newest["note"])
        assert "the branch was rewritten" in server.log_path.read_text()
        assert phone.register().status == 200


def test_a_damaged_mirror_mends_itself_under_a_running_server(followed: Followed) -> None:
    site = followed.site
    mirrors = site.data / "source"
    with followed.serve("--poll", "1h") as server, BarePhone(site.account(ADA)) as phone:
        assert phone.register().status == 200
        [pack] = mirrors.glob("*.git/objects/pack/*.pack")
        pack.chmod(0o600)
        pack.write_bytes(pack.read_bytes()[: pack.stat().st_size // 2])
        [head] = mirrors.glob("*.git/refs/heads/main")
        head.write_bytes(b"nonsense")
        assert phone.register().status == 200
        followed.ask("reconcile")
        assert phone.register().status == 200
        site.add_extension(GRACE)
        tip = followed.commit("Grace has one, too")
        followed.ask("reconcile")
        assert registers(site, GRACE)
        assert phone.register().status == 200
        told = f"{tip[:12]} by Ada Lovelace: Grace has one, too"
        assert told in followed.ask("get", "revisions")
        assert told in followed.ask("describe", "extension", f"{TENANT}/{GRACE}")
        log = server.log_path.read_text()
        assert log.count("it was fetched anew") == 1
        assert "SourceUnavailable" not in log


def test_a_signed_webhook_brings_a_push_at_once(followed: Followed) -> None:
    site = followed.site
    secret = site.data / "secrets" / "git-hook"
    secret.write_text(HOOK)
    secret.chmod(0o600)
    with followed.serve("--poll", "1h", "--git-hook", "file:secrets/git-hook", "--api", "127.0.0.1:0") as server:
        url = api_of(server)
        site.add_extension(GRACE)
        followed.commit("Grace has one, too")
        body = b'{"ref": "refs/heads/main"}'
        json_of = {"Content-Type": "application/json"}
        forged = {**json_of, "X-Hub-Signature-256": "sha256=" + "0" * 64}
        assert httpx.post(f"{url}v1/source/hook", content=body, headers=forged).status_code == 401
        signed = json_of | {"X-Hub-Signature-256": "sha256=" + hmac.new(HOOK.encode(), body, sha256).hexdigest()}
        assert httpx.post(f"{url}v1/source/hook", content=body, headers=signed).status_code == 202
        site.wait_for("resources", lambda found: any(one["name"] == GRACE for one in found), "Grace's resource", 15.0)
        assert registers(site, GRACE)
        assert HOOK not in server.log_path.read_text()
