"""The systemd unit and the container file: what they name exists, and those who know better than we have nothing to say against them."""

from __future__ import annotations

import re
import shutil
import subprocess
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from cli.main import app
from schema.kinds.system import Media
from tests.support.trunkline_process import ROOT

UNIT = ROOT / "deploy" / "systemd" / "trunkline.service"
CONTAINERFILE = ROOT / "deploy" / "container" / "Containerfile"
IGNORED = CONTAINERFILE.with_name("Containerfile.dockerignore")


def environment_of(command: str) -> set[str]:
    """The variables that an option of ours reads."""
    root = get_command(app)
    assert isinstance(root, TyperGroup)
    found = root.commands[command].params
    return {str(parameter.envvar) for parameter in found if parameter.envvar is not None}


def variables(text: str) -> set[str]:
    return set(re.findall(r"\bTRUNKLINE_[A-Z_]+\b", text)) - {"TRUNKLINE_MANIFESTS", "TRUNKLINE_MYPYC"}


@pytest.mark.parametrize("path", [UNIT, CONTAINERFILE], ids=["unit", "container"])
def test_only_variables_that_serve_reads(path: Path) -> None:
    named = variables(path.read_text("utf-8"))
    assert "TRUNKLINE_DATA" in named
    assert named <= environment_of("serve")


@pytest.mark.skipif(
    shutil.which("systemd-analyze") is None,
    reason="systemd-analyze is not installed; on Debian: apt-get install systemd",
)
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    here = tmp_path / "trunkline.service"
    # The program and its user are there only where it is installed.
    text = UNIT.read_text("utf-8").replace("/opt/trunkline/bin/trunkline", "/bin/true")
    here.write_text(re.sub(r"^(User|Group)=trunkline$", r"\1=root", text, flags=re.MULTILINE), encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", here], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_is_copied_into_the_container_is_there() -> None:
    kept = [line[1:] for line in IGNORED.read_text("utf-8").splitlines() if line.startswith("!")]
    assert [name for name in kept if not (ROOT / name).exists()] == []
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "bench"}
    assert packages <= set(kept)


def ignored(path: str) -> bool:
    """By the file of patterns, of which the last that fits counts: https://docs.docker.com/build/concepts/context/#dockerignore-files."""
    parents = [*(str(parent) for parent in reversed(PurePosixPath(path).parents)), path]
    is_out = False
    for line in IGNORED.read_text("utf-8").splitlines():
        pattern = line.removeprefix("!")
        anywhere = pattern.startswith("**/")
        pattern = pattern.removeprefix("**/")
        names = [PurePosixPath(name).name if anywhere else name for name in parents]
        # A slash at its end says nothing: builders clean each pattern as a path.
        if pattern == "**" or any(fnmatch(name, pattern.rstrip("/")) for name in names):
            is_out = not line.startswith("!")
    return is_out


def test_all_that_is_installed_gets_into_the_container() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "bench"}
    needed = [name for name in listed if name.split("/")[0] in packages]
    assert "engine/native/protocol.py" in needed
    assert [name for name in needed if ignored(name)] == []
    assert ignored("engine/native/_native.so")
    assert ignored("engine/native/protocol.cpython/sip/message.c")
    assert ignored("tests/conftest.py")
    assert ignored("secrets/trunk")


def test_the_container_shows_the_ports_that_are_the_defaults() -> None:
    shown = re.findall(r"^EXPOSE (.+)$", CONTAINERFILE.read_text("utf-8"), re.MULTILINE)[0].split()
    ports = Media.model_fields["ports"].default
    assert f"{ports.first}-{ports.last}/udp" in shown
    assert {"5060/udp", "5060/tcp", "8888/tcp"} <= set(shown)


BASE = "docker.io/library/debian:12-slim"


def builder() -> str | None:
    """A program that can build it here and now: it has the base, or can have it."""
    for name in ("docker", "podman"):
        for have in (("inspect", "--type", "image"), ("pull",)):
            if (
                shutil.which(name)
                and subprocess.run([name, *have, BASE], capture_output=True, check=False).returncode == 0
            ):
                return name
    return None


def test_the_base_is_the_one_that_is_asked_for() -> None:
    bases = set(re.findall(r"^FROM (\S+)", CONTAINERFILE.read_text("utf-8"), re.MULTILINE))
    assert {f"docker.io/library/{base}" for base in bases} == {BASE}


@pytest.mark.e2e
@pytest.mark.timeout(900)
def test_the_container_is_built_and_answers() -> None:
    name = builder()
    if name is None:
        pytest.skip("no container builder here that can have its base image: the file was linted only")
    built = subprocess.run(
        [name, "build", "-f", CONTAINERFILE, "-t", "trunkline-under-test", ROOT],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr[-2000:]
    said = subprocess.run(
        [name, "run", "--rm", "trunkline-under-test", "version"], capture_output=True, text=True, check=False
    )
    assert said.stdout.startswith("trunkline "), said.stderr
