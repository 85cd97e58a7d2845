"""What we put into SOPS files is read by a third reader: the npm package sops-age (which reads only, and checks no MAC).

It is installed by its lock file, once, beside the other tools of the tests.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reconciler.secrets.sops_edit import new_file, with_value
from tests.support.phone import ROOT
from tests.support.sops import Keyring

HERE = Path(__file__).parent / "npm"
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
INSTALL_S = 300


def reader() -> Path:
    """The script, beside the packages that it needs."""
    lock = (HERE / "package-lock.json").read_bytes()
    folder = ROOT / ".venv" / f"npm-{hashlib.sha256(lock).hexdigest()[:12]}"
    if not (folder / "done").exists():
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(HERE, folder)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=INSTALL_S)
        (folder / "done").touch()
    shutil.copy(HERE / "read.mjs", folder)
    return folder / "read.mjs"


@pytest.mark.timeout(INSTALL_S + 60)
@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed; on Debian: apt-get install npm")
def test_sops_age_reads_ours(tmp_path: Path) -> None:
    keyring = Keyring(tmp_path / "keys")
    wanted: dict[str, object] = {}
    for name, where, shape in (
        ("a.yaml", ("sip", "10.1"), {"sip": {"10.1": "hünter2", "more": "x: #y"}}),
        ("b.json", ("sip", "a"), {"sip": {"a": "hünter2", "more": "x: #y"}}),
        ("c.env", ("A_B",), {"A_B": "hünter2", "more": "x: #y"}),
    ):
        path = tmp_path / name
        content = new_file(name, where, "hünter2", [keyring.recipient], NOW)
        path.write_bytes(with_value(name, content, (*where[:-1], "more"), "x: #y", keyring.keys(), NOW))
        wanted[str(path)] = shape
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "SOPS_AGE_KEY": keyring.text.splitlines()[-1]}
    command = ["node", str(reader()), *wanted]
    done = subprocess.run(command, capture_output=True, text=True, env=environ, timeout=60, check=True)
    assert json.loads(done.stdout) == wanted
