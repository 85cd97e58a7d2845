"""`trunkline get KIND -o yaml` and `export manifests`: what runs comes out as it was written, and plans to no change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from reconciler.accept import secrets_named
from schema.manifest_set import parse_file
from schema.registry import KINDS
from schema.resource import ResourceRef
from tests.support.following_server import Server
from tests.support.manifest_folder import LISTENER, extension, tenant
from tests.support.served import served

ROOT = Path(__file__).resolve().parents[2]
# These wait for a key, without which nothing of them runs.
SEALED = ("sealed", "three-tenants")
EXAMPLES = [
    ROOT / "manifests",
    *sorted(path for path in (ROOT / "examples").iterdir() if any(path.glob("*.yaml")) and path.name not in SEALED),
]
COMMENTED = """\
# The one at the door.
apiVersion: trunkline/v1
kind: Extension
metadata: {tenant: acme, name: "103"} # painted red
spec:
  password: {env: PW}
"""


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def _tenants(example: Path) -> list[ResourceRef]:
    parsed = [parse_file(path.name, path.read_bytes()) for path in example.rglob("*.yaml")]
    return [one.ref for file in parsed for one in file.resources if one.ref.kind == "Tenant"]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path / "s")
    made.folder.write("system.yaml", LISTENER)
    made.folder.write("acme.yaml", tenant("acme"), extension("acme", "101"), COMMENTED)
    assert made.round()
    with served(made, tmp_path):
        yield made


IN_EACH_RUN = ("manifests", "company", "whole-language")
"""The others go with the tests that start servers: each costs two seconds."""


@pytest.mark.parametrize(
    "example",
    [pytest.param(path, marks=() if path.name in IN_EACH_RUN else pytest.mark.e2e, id=path.name) for path in EXAMPLES],
)
def test_what_runs_of_the_examples_plans_to_no_change_when_it_is_got_or_exported(example: Path, tmp_path: Path) -> None:
    made = Server(tmp_path / "s")
    for path in example.rglob("*.yaml"):
        into = made.folder.root / path.relative_to(example)
        into.parent.mkdir(parents=True, exist_ok=True)
        into.write_bytes(path.read_bytes())
        for ref in secrets_named(parse_file(path.name, path.read_bytes()).resources):
            source, _, name = ref.partition(":")
            if source == "env":
                made.environ[name] = "a-secret-of-the-tests"
            elif source == "file":
                secret = made.base / name
                secret.parent.mkdir(parents=True, exist_ok=True)
                secret.write_text("a-secret-of-the-tests")
    made.round()
    if made.reconciler.status().proposal is not None:
        made.approve()
    assert not made.engine.snapshot.tenants.keys() ^ {ref.name for ref in _tenants(example)}
    with served(made, tmp_path):
        exported = tmp_path / "exported"
        assert run("export", "manifests", "-o", exported, "--data", tmp_path).exit_code == 0
        got = tmp_path / "got"
        got.mkdir()
        for kind in KINDS:
            done = run("get", kind, "-o", "yaml", "--data", tmp_path)
            assert done.exit_code == 0
            if done.stdout:
                (got / f"{kind}.yaml").write_text(done.stdout)
        for folder in (exported, got):
            planned = run("plan", folder, "--data", tmp_path, "--expect-no-changes")
            assert planned.exit_code == 0, planned.stdout + planned.stderr


@pytest.mark.usefixtures("server")
def test_one_resource_comes_with_its_comments(tmp_path: Path) -> None:
    for word, name in (("Extension", "acme/103"), ("extensions", "103"), ("extension", "acme/103")):
        done = run("get", word, name, "-o", "yaml", "--data", tmp_path)
        assert (done.exit_code, done.stdout) == (0, COMMENTED)
    assert run("get", "Extension", "acme/103", "--data", tmp_path).stdout == COMMENTED


@pytest.mark.usefixtures("server")
def test_listings_and_kinds_are_told_apart(tmp_path: Path) -> None:
    assert run("get", "listeners", "--data", tmp_path).stdout.startswith("NAME    TRANSPORT")
    assert "kind: Listener" in run("get", "listeners", "-o", "yaml", "--data", tmp_path).stdout
    assert run("get", "Extension", "--data", tmp_path).stdout.count("Extension") == 2
    everything = run("get", "manifests", "-o", "yaml", "--data", tmp_path).stdout
    assert everything.count("apiVersion:") == 4
    assert (
        run("get", "manifests", "-o", "yaml", "--tenant", "acme", "--data", tmp_path).stdout.count("apiVersion:") == 3
    )


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (("extnsion",), 2, "or a kind: Extension"),
        (("calls", "-o", "yaml"), 2, '"calls" is nothing that can be got as YAML'),
        (("Extension", "acme/109", "-o", "yaml"), 1, 'no Extension "acme/109" runs'),
        (("Extension", "-o", "yaml", "--number", "101"), 2, "--number does not apply to manifests"),
        (("Extension", "-o", "yaml", "--revision", "x"), 1, 'revision "x" is no number'),
        (("Extension", "acme/101", "-o", "json"), 2, "trunkline describe Extension acme/101 -o json"),
    ],
)
def test_what_can_not_be_got_is_told(tmp_path: Path, words: tuple[str, ...], status: int, told: str) -> None:
    done = run("get", *words, "--data", tmp_path)
    assert (done.exit_code, done.stdout) == (status, "")
    assert told in done.stderr


@pytest.mark.usefixtures("server")
def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "y").write_text("mine")
    done = run("export", "manifests", "-o", tmp_path / "x", "--data", tmp_path)
    assert (done.exit_code, "not empty" in done.stderr) == (1, True)
