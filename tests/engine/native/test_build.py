"""The compiled part builds, builds alone under sanitizers, and its absence never stops an install."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The sources that `setup.py` needs, somewhere else."""
    shutil.copy(ROOT / "setup.py", tmp_path)
    target = tmp_path / "engine" / "native"
    target.mkdir(parents=True)
    for source in (ROOT / "engine" / "native").glob("*.[ch]"):
        shutil.copy(source, target)
    return tmp_path


def build(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "setup.py", "build_ext", "--inplace"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), **environment},
        capture_output=True,
        text=True,
        timeout=50,
    )


@pytest.mark.parametrize(
    "environment",
    [{"PATH": "/nonexistent"}, {"CC": "no-such-compiler"}, {"CC": "false"}],
    ids=["no-path", "no-cc", "cc-fails"],
)
def test_without_a_compiler_the_build_goes_on_without(copy: Path, environment: dict[str, str]) -> None:
    stale = copy / "engine" / "native" / "_native.cpython-0.so"
    stale.write_bytes(b"")
    done = build(copy, **environment)
    assert done.returncode == 0, done.stderr
    assert "the native part was not built" in done.stderr
    assert not stale.exists()


def test_ci_can_insist_on_the_native_part(copy: Path) -> None:
    assert build(copy, PATH="/nonexistent", TRUNKLINE_REQUIRE_NATIVE="1").returncode != 0


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
def test_the_core_alone_passes_its_sanitized_driver() -> None:
    # LeakSanitizer needs ptrace rights that a container may lack; ci/asan itself runs with it.
    done = subprocess.run(
        [str(ROOT / "ci" / "asan")], env={**os.environ, "DETECT_LEAKS": "0"}, capture_output=True, text=True, timeout=55
    )
    assert done.returncode == 0, done.stderr
    assert "all checks passed" in done.stdout
