"""`trunkline preference`: against the real API over a server without phones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from tests.support.following_server import Server
from tests.support.manifest_folder import LISTENER, extension, tenant
from tests.support.served import served

MAY = extension("acme", "101").replace("spec: {", "spec: {mayChange: [doNotDisturb, forwarding], ")


class Site:
    def __init__(self, data: Path) -> None:
        self.data = data

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(app, [*words, "--data", str(self.data)])

    def change(self, command: str, *words: str) -> Result:
        return self.run("preference", command, "acme/101", *words, "--author", "ada")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    server = Server(tmp_path / "s")
    server.folder.write("acme.yaml", LISTENER, tenant("acme"), MAY, extension("acme", "102"))
    assert server.round()
    with served(server, tmp_path):
        yield Site(tmp_path)


def test_set_get_and_clear(site: Site) -> None:
    head = "Extension acme/101 (101)  may change: doNotDisturb, forwarding\n"
    assert (
        site.run("preference", "get", "acme/101").stdout == f"{head}  nothing is set: all is as the manifests have it\n"
    )
    done = site.change(
        "set", "--status", "away", "--forward", "noAnswer=extension:102", "--forward", "busy/out=hangUp:busy"
    )
    assert done.exit_code == 0, done.output
    lines = done.stdout.removeprefix(head).splitlines()
    assert lines[0].startswith("  status:     away  since 2026-11-20 ")
    assert lines[1].startswith("  forwarding: noAnswer -> extension 102, busy out of hours -> hangUp busy  since ")
    assert all(line.endswith("set by ada") for line in lines)
    assert json.loads(site.run("preference", "get", "acme/101", "-o", "json").stdout)["status"] == "away"

    listed = site.run("get", "preferences").stdout
    assert "status away; forwarding noAnswer -> extension 102" in listed
    extensions = site.run("get", "Extension").stdout
    assert ("SET BY ITS PERSON" in extensions, "status away; forwarding" in extensions) == (True, True)
    described = site.run("describe", "Extension", "acme/101").stdout
    assert "Set by its person, in place of what is written:\n  status:     away  since" in described

    left = site.change("clear", "--only", "status")
    assert ("status:" in left.stdout, "forwarding:" in left.stdout) == (False, True)
    assert "nothing is set" in site.change("clear").stdout
    assert "to nowhere" in site.change("set", "--forward-nowhere").stdout


MISTAKES = [
    (("set",), 2, "nothing is to be set"),
    (("set", "--forward", "noAnswer"), 2, '--forward "noAnswer" is not understood; write WHEN=KIND:VALUE'),
    (("set", "--forward", "busy=hangUp:busy", "--forward-nowhere"), 2, "exclude each other"),
    (("set", "--queue", "help"), 2, "write NAME=on or NAME=off"),
    (("clear", "--only", "everything"), 2, "write one of status, forwarding, greeting, queues"),
    (("set", "--status", "asleep"), 1, "write one of available, away, doNotDisturb"),
    (("set", "--greeting", "holiday"), 1, "mayChange of Extension acme/101 does not have greeting"),
    (("set", "--queue", "help=on"), 1, "mayChange of Extension acme/101 does not have queueLogin"),
]


@pytest.mark.parametrize(
    ("words", "code", "told"), MISTAKES, ids=lambda value: " ".join(value) if isinstance(value, tuple) else None
)
def test_what_is_wrong_is_said(site: Site, words: tuple[str, ...], code: int, told: str) -> None:
    done = site.change(*words)
    assert (done.exit_code, done.stdout) == (code, "")
    assert told in done.stderr


@pytest.mark.parametrize("name", ["101", "acme/", "/101", "acme/101/2"])
def test_an_extension_is_named_with_its_tenant(site: Site, name: str) -> None:
    done = site.run("preference", "get", name)
    assert (done.exit_code, "write TENANT/NAME, as acme/101" in done.stderr) == (2, True)


def test_one_that_is_not_there(site: Site) -> None:
    done = site.run("preference", "get", "acme/109")
    assert (done.exit_code, "no manifest that runs declares Extension acme/109" in done.stderr) == (1, True)
