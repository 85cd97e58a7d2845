"""`trunkline validate` in little memory and time, whatever the folder holds: an answer for people, never a traceback."""

from __future__ import annotations

import gc
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO, TextIOWrapper
from pathlib import Path
from xml.etree import ElementTree

import pytest

from cli.main import main
from tests.support.manifest_folder import LISTENER, Folder, extension, tenant

ROOT = Path(__file__).resolve().parents[2]
MOST_BYTES = 700 * 1024 * 1024
MOST_CPU_S = 20

BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + step)}: &{chr(98 + step)} [{','.join(['*' + chr(97 + step)] * 10)}]\n" for step in range(12)
)


def text(content: str | bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content if isinstance(content, bytes) else content.encode())


def _sparse(path: Path) -> None:
    path.touch()
    os.truncate(path, 100 * 1024 * 1024)


CASES: list[tuple[str, Callable[[Path], object], str]] = [
    ("bomb", text(BOMB), "bad.yaml:5:29: aliases make this file longer than 100,000 values"),
    ("hundred-megabytes", _sparse, "bad.yaml:1:1: can't be read; has 104,857,600 bytes"),
    ("deep", text("[" * 4_900_000), "bad.yaml:1:51: values are nested deeper than 50"),
    ("tag-directives", text("".join(f"%TAG !a{n}! x\n" for n in range(250_000))), "bad.yaml:101:1: "),
    ("binary", text(os.urandom(1_000_000)), "bad.yaml:"),
    ("fifo", os.mkfifo, "bad.yaml:1:1: can't be read; is not a regular file"),
    ("zero", lambda path: path.symlink_to("/dev/zero"), "bad.yaml:1:1: can't be read; is not a regular file"),
    ("memory", lambda path: path.symlink_to("/proc/self/mem"), "bad.yaml:1:1: can't be read"),
    ("itself", lambda path: path.symlink_to(path), "bad.yaml:1:1: can't be read; too many levels of symbolic links"),
    ("root", lambda path: path.with_name("up").symlink_to("/"), "up:1:1: can't be read; is a symbolic link back"),
]


@pytest.mark.parametrize(("put", "told"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_bad_file_is_one_problem_among_good_ones(tmp_path: Path, put: Callable[[Path], object], told: str) -> None:
    folder = Folder(tmp_path / "manifests")
    folder.write("good.yaml", LISTENER, tenant("acme"), extension("acme", "101"))
    put(folder.root / "bad.yaml")

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_S, MOST_CPU_S))

    done = subprocess.run(
        [sys.executable, "-m", "cli.main", "validate", "."],
        cwd=folder.root,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limited,
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith(told)
    assert done.stdout.endswith(" 2 files\n")


@pytest.mark.parametrize(
    ("output", "encoding"),
    [
        *((output, "ascii") for output in ("text", "json", "sarif", "junit", "github")),
        *(("text", encoding) for encoding in ("latin-1", "utf-8")),
    ],
)
def test_a_locale_that_cannot_write_it_gets_an_escape(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str, encoding: str
) -> None:
    folder = Folder(tmp_path / "manifests")
    folder.write("größe-\U0001f600.yaml", LISTENER.replace("udp", "ü\U0001f600"))
    stdout = TextIOWrapper(BytesIO(), encoding=encoding)
    monkeypatch.chdir(folder.root)
    monkeypatch.setattr(sys, "argv", ["trunkline", "validate", ".", "--output", output])
    monkeypatch.setattr(sys, "stdout", stdout)
    threshold = gc.get_threshold()
    with pytest.raises(SystemExit) as ended:
        main()
    gc.set_threshold(*threshold)
    assert ended.value.code == 1
    told = stdout.buffer.getvalue().decode(encoding)
    if output == "json":
        assert json.loads(told)["problems"][0]["file"] == "größe-\U0001f600.yaml"
    if output == "junit":
        assert [case.get("name") for case in ElementTree.fromstring(told).iter("testcase")] == ["größe-\U0001f600.yaml"]


def test_the_locale_is_that_of_the_environment(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "manifests")
    folder.write("größe.yaml", LISTENER.replace("udp", "ü"))
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", "validate", "."],
        cwd=folder.root,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, b"")
    assert done.stdout.startswith(b"gr\\xf6\\xdfe.yaml:")
