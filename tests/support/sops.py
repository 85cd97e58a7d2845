"""Files encrypted as people do it, by the real SOPS and age, for the tests of what reads and writes them; and keys of our own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from reconciler.secrets.age import new_identity
from reconciler.secrets.age_keys import AgeKeys, Keys

PROGRAM: Final = Path(sys.executable).with_name("sops")
needs_sops = pytest.mark.skipif(
    not PROGRAM.exists(), reason="sops comes with ci/setup test where there is a wheel for it"
)
needs_age = pytest.mark.skipif(not shutil.which("age"), reason="age is not installed; on Debian: apt-get install age")


class Keyring:
    """A key in a file, as `age-keygen` writes it."""

    def __init__(self, folder: Path, name: str = "key.txt") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        identity = new_identity()
        self.recipient = str(identity.to_public())
        self.text = f"# created: 2026-11-20T09:00:00Z\n# public key: {self.recipient}\n{identity}\n"
        self.path = folder / name
        self.path.write_text(self.text)
        self.path.chmod(0o600)
        self.environ = {"TRUNKLINE_AGE_KEY_FILE": str(self.path)}

    def keys(self) -> Keys:
        return AgeKeys(self.path.parent, self.environ).keys()

    def sops(self, *arguments: str, config: str = "") -> str:
        """What the real SOPS prints. AssertionError with what it says if it refuses."""
        if config:
            (self.path.parent / "sops-config.yaml").write_text(config)
            arguments = ("--config", str(self.path.parent / "sops-config.yaml"), *arguments)
        environ = {"PATH": os.defpath, "SOPS_AGE_KEY_FILE": str(self.path)}
        done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, env=environ, timeout=30)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def encrypt(self, path: Path, plain: str, *arguments: str, config: str = "") -> bytes:
        """A file encrypted by the real SOPS for this key."""
        path.write_text(plain, encoding="utf-8")
        self.sops("encrypt", "-i", "--age", self.recipient, *arguments, str(path), config=config)
        return path.read_bytes()

    def age(self, plain: str) -> bytes:
        """A file encrypted by Debian's age for this key."""
        command = ["age", "-a", "-r", self.recipient]
        return subprocess.run(command, input=plain.encode(), capture_output=True, check=True, timeout=30).stdout
