"""Secrets in files that stand encrypted beside the manifests: what a running server makes of them, also when they change or break."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.config.secret import SecretRef
from reconciler.accept import sealed_problems
from reconciler.restore import restore
from reconciler.secrets.age import encrypt, recipient
from reconciler.secrets.resolver import Resolver
from reconciler.secrets.sops_edit import new_file, with_value
from reconciler.source.directory import Directory
from reconciler.source.git import GitRevision, commit_of
from reconciler.views import ConditionType, Reason
from schema.manifest_set import parse_file
from tests.support.following_server import KEY, Server
from tests.support.git_repository import Content, Repository
from tests.support.manifest_folder import LISTENER, documents, extension, tenant
from tests.support.sops import Keyring

ONE, TWO = "hunter2-7Kq9vT2mZp4W", "hunter2-Wb81-xVnq-02Ls"
SOPS = SecretRef("sops:secrets/acme.sops.yaml#sip.101")
AGE = SecretRef("age:secrets/102.age")
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def sealed(number: str, source: str) -> str:
    return extension("acme", number).replace("{env: PW}", source)


IN_SOPS = sealed("101", "{sops: secrets/acme.sops.yaml, key: sip.101}")
IN_AGE = sealed("102", "{age: secrets/102.age}")


@dataclass
class Site:
    server: Server
    keyring: Keyring

    def put(self, value: str, *, key: tuple[str, ...] = ("sip", "101"), path: str = "secrets/acme.sops.yaml") -> None:
        place = self.server.folder.root / path
        keys = self.keyring.keys()
        content = (
            with_value(path, place.read_bytes(), key, value, keys, NOW)
            if place.exists()
            else new_file(path, key, value, [self.keyring.recipient], NOW)
        )
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(content)

    def put_age(self, value: str) -> None:
        place = self.server.folder.root / "secrets" / "102.age"
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(encrypt(value.encode(), [recipient(self.keyring.recipient)], armored=True))

    def problem(self) -> str:
        [problem] = self.server.unit("acme").problems
        return f"{problem.file}:{problem.line}:{problem.column}: {problem.message}; {problem.hint} [{problem.rule}]"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    server = Server(tmp_path)
    server.folder.write("system.yaml", LISTENER)
    server.folder.write("acme.yaml", tenant("acme"), IN_SOPS, IN_AGE)
    made = Site(server, Keyring(tmp_path / "age"))
    made.put(ONE)
    made.put_age(TWO)
    assert server.round()
    return made


def test_they_are_opened_for_those_that_name_them(site: Site) -> None:
    assert site.server.reason("acme") is Reason.IN_SYNC
    assert site.server.engine.secrets.values == {SOPS: ONE, AGE: TWO}


def test_another_value_changes_the_secrets_and_no_revision(site: Site) -> None:
    before, version = site.server.engine.snapshot, site.server.engine.secrets.version
    source = site.server.reconciler.status().source
    site.put("hunter2-another-one")
    site.server.round()
    assert site.server.engine.secrets.get(SOPS) == "hunter2-another-one"
    assert site.server.engine.secrets.version != version
    assert site.server.engine.snapshot.revision == before.revision
    assert site.server.reconciler.status().source == source
    site.put_age("hunter2-yet-another")
    site.server.round()
    assert site.server.engine.secrets.get(AGE) == "hunter2-yet-another"


def test_a_file_that_breaks_takes_nothing_away_and_is_told_at_the_reference(site: Site) -> None:
    place = site.server.folder.root / "secrets" / "acme.sops.yaml"
    whole = place.read_bytes()
    place.write_bytes(whole[: whole.index(b"sops:")])
    site.server.round()
    assert site.server.reason("acme", ConditionType.ACCEPTED) is Reason.SECRET_MISSING
    assert site.problem() == (
        "acme.yaml:9:53: Extension acme/101 has no password, as file secrets/acme.sops.yaml is not encrypted by SOPS: "
        "it has no sops part; encrypt it: sops encrypt -i [secret-missing]"
    )
    assert site.server.engine.secrets.get(SOPS) == ONE
    place.write_bytes(whole.replace(b"101:", b"103:", 1).replace(b'"101":', b'"103":', 1))
    site.server.round()
    assert site.server.engine.secrets.get(SOPS) == ONE
    place.write_bytes(whole)
    site.server.round()
    assert site.server.reason("acme") is Reason.IN_SYNC


def test_a_broken_file_takes_nothing_away_after_a_restart_either(site: Site) -> None:
    (site.server.folder.root / "secrets" / "acme.sops.yaml").write_bytes(b"sip: ENC[AES256_GCM,")
    site.server.restart()
    assert site.server.engine.secrets.get(SOPS) == ONE
    site.server.round()
    assert site.server.engine.secrets.get(SOPS) == ONE
    assert site.server.reason("acme", ConditionType.ACCEPTED) is Reason.SECRET_MISSING


@pytest.mark.parametrize("how", ["file", "key"])
def test_what_is_taken_away_authenticates_nobody(site: Site, how: str) -> None:
    if how == "file":
        site.server.folder.remove("secrets/acme.sops.yaml")
    else:
        site.server.folder.remove("secrets/acme.sops.yaml")
        site.put("hunter2-x", key=("sip", "1010"))
    site.server.round()
    assert site.server.engine.secrets.get(SOPS) not in {None, ONE, "hunter2-x"}
    assert site.server.reason("acme", ConditionType.ACCEPTED) is Reason.SECRET_MISSING
    told = "is not beside the manifests" if how == "file" else "has no value at sip.101; did you mean sip.1010?"
    assert told in site.problem()


def test_a_start_finds_them_while_the_source_is_away(site: Site) -> None:
    root = site.server.folder.root
    root.rename(root.with_name("away"))
    restored = site.server.restart()
    assert restored is not None
    assert restored.secrets.values == {SOPS: ONE, AGE: TWO}
    site.server.round()
    assert site.server.engine.secrets.values == {SOPS: ONE, AGE: TWO}


def test_a_start_without_our_key_locks_them_until_it_is_back(site: Site) -> None:
    away = site.keyring.path.with_name("away")
    site.keyring.path.rename(away)
    restored = restore(site.server.base / "state", Resolver(site.server.base, {}, KEY))
    assert restored is not None
    assert restored.secrets.get(SOPS) not in {None, ONE}
    site.server.restart()
    site.server.round()
    assert "there is no age key at" in str(site.server.unit("acme").problems[0])
    away.rename(site.keyring.path)
    site.server.round()
    assert site.server.engine.secrets.get(SOPS) == ONE


def test_nothing_on_disk_or_in_what_is_told_holds_one(site: Site) -> None:
    site.put("hunter2 has\nlines")
    site.server.round()
    told = str(site.server.reconciler.status()) + str(site.server.unit("acme"))
    assert "holds more than one line" in told
    assert "hunter2" not in told
    kept = [path.read_bytes() for path in (site.server.base / "state").rglob("*") if path.is_file()]
    assert any(b"acme.sops.yaml" in content for content in kept)
    assert not any(b"hunter2" in content or b"AGE-SECRET" in content for content in kept)


def test_a_value_in_clear_text_is_refused(site: Site) -> None:
    place = site.server.folder.root / "secrets" / "acme.sops.yaml"
    text = place.read_text().replace("_unencrypted", "_clear")
    place.write_text(text)
    site.server.folder.write(
        "acme.yaml", tenant("acme"), sealed("101", "{sops: secrets/acme.sops.yaml, key: sip_clear}")
    )
    place.write_text("sip_clear: hunter2-clear\n" + text)
    [problem] = problems(site.server)
    assert problem == "the value at sip_clear of file secrets/acme.sops.yaml stands there in clear text"


def problems(server: Server) -> list[str]:
    """What is seen without any key."""
    tree = Directory(server.folder.root, settle_s=0).read()
    resources = [resource for file in tree.files for resource in parse_file(file.path, file.content).resources]
    found = list(sealed_problems(resources, tree.sealed))
    assert all((problem.rule, problem.mark.file) == ("secret-missing", "acme.yaml") for problem in found)
    return [problem.message.partition(", as ")[2] for problem in found]


def test_without_any_key_it_is_seen_that_a_value_is_there(site: Site) -> None:
    site.keyring.path.unlink()
    assert problems(site.server) == []
    site.server.folder.write(
        "acme.yaml",
        tenant("acme"),
        sealed("101", "{sops: secrets/acme.sops.yaml, key: sip.11}"),
        sealed("102", "{age: secrets/12.age}"),
        sealed("103", "{sops: secrets/acme.sops.yaml, key: sip}"),
    )
    assert problems(site.server) == [
        "file secrets/acme.sops.yaml has no value at sip.11",
        "file secrets/12.age is not beside the manifests, or is not encrypted",
        "file secrets/acme.sops.yaml has no value at sip",
    ]


def test_kinds_that_are_not_carried_out_yet_are_looked_at_too(site: Site) -> None:
    conference = """\
apiVersion: trunkline/v1
kind: Conference
metadata: {tenant: acme, name: room}
spec: {number: "700", pin: {sops: secrets/acme.sops.yaml, key: sip.102}}
"""
    site.server.folder.write("acme.yaml", tenant("acme"), conference)
    tree = Directory(site.server.folder.root, settle_s=0).read()
    resources = [resource for file in tree.files for resource in parse_file(file.path, file.content).resources]
    [problem] = sealed_problems(resources, tree.sealed)
    assert str(problem) == (
        "acme.yaml:9:28: Conference acme/room has no secret for spec.pin, as "
        "file secrets/acme.sops.yaml has no value at sip.102; did you mean sip.101? [secret-missing]"
    )


def test_a_commit_holds_both(site: Site, tmp_path: Path) -> None:
    root = site.server.folder.root
    files: dict[str | bytes, Content] = {
        str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }
    repository = Repository(tmp_path / "repository")
    repository.commit({**files, "notes.json": "{}"})
    tree = GitRevision(tmp_path / "repository", "main").read()
    assert [file.path for file in tree.files] == ["acme.yaml", "system.yaml"]
    resolver = Resolver(tmp_path, {}, KEY)
    resolver.use(tree.sealed)
    assert resolver.resolve([SOPS, AGE]).values == {SOPS: ONE, AGE: TWO}
    (root / "x.json").write_text("{}")
    assert Directory(root, settle_s=0).read().revision == tree.revision
    repository.close()


def test_a_folder_at_a_commit_is_known_by_it_and_no_more_with_another_secret(tmp_path: Path) -> None:
    keyring = Keyring(tmp_path / "age")
    work = tmp_path / "work"
    repository = Repository(work)
    content = new_file("a.sops.yaml", ("x",), ONE, [keyring.recipient], NOW)
    repository.commit({"acme.yaml": documents(LISTENER, tenant("acme")), "a.sops.yaml": content})
    (work / "acme.yaml").write_text(documents(LISTENER, tenant("acme")))
    (work / "a.sops.yaml").write_bytes(content)
    assert commit_of(work) is not None
    (work / "a.sops.yaml").write_bytes(with_value("a.sops.yaml", content, ("x",), TWO, keyring.keys(), NOW))
    assert commit_of(work) is None
    repository.close()
