"""Signed commits as git makes them, by real keys of ssh-keygen(1) and gpg(1)."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

import pytest
from dulwich.objects import Commit, ObjectID
from dulwich.refs import Ref

from tests.support.git_repository import Repository


def attach(repository: Repository, name: str, signature: bytes, branch: str = "main") -> str:
    """The commit with that signature, as the branch's tip; its id."""
    commit = repository.repo[ObjectID(name.encode())].copy()
    assert isinstance(commit, Commit)
    commit.gpgsig = signature.rstrip(b"\n")
    repository.repo.object_store.add_object(commit)
    repository.repo.refs[Ref(b"refs/heads/" + branch.encode())] = commit.id
    return commit.id.decode()


class SshKey:
    """A key without a passphrase in that folder."""

    def __init__(self, folder: Path, name: str) -> None:
        if shutil.which("ssh-keygen") is None:
            pytest.skip("needs ssh-keygen (Debian's openssh-client)")
        self._path = folder / name
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(self._path)], check=True)

    @property
    def public(self) -> str:
        return self._path.with_suffix(".pub").read_text()

    def sign(self, repository: Repository, name: str) -> str:
        """The commit signed, as the tip of main."""
        payload = repository.repo[ObjectID(name.encode())].as_raw_string()
        command = ["ssh-keygen", "-Y", "sign", "-n", "git", "-f", str(self._path)]
        done = subprocess.run(command, input=payload, check=True, capture_output=True)
        return attach(repository, name, done.stdout)


class PgpHome:
    """A home of gpg of its own, with a short path for its agent's socket. Use as a context manager, which ends the agent."""

    def __init__(self) -> None:
        for program in ("gpg", "gpgv", "gpgconf"):
            if shutil.which(program) is None:
                pytest.skip(f"needs {program} (Debian's gpg, gpgv, gpgconf)")
        self._home = Path(tempfile.mkdtemp(prefix="gpg-", dir="/tmp"))  # private by mkdtemp

    def __enter__(self) -> PgpHome:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        subprocess.run(["gpgconf", "--homedir", str(self._home), "--kill", "gpg-agent"], check=False)
        shutil.rmtree(self._home, ignore_errors=True)

    def make(self, who: str, *, at: str = "", runs_out: str = "never") -> None:
        """A key to sign with. `at`: when it is made, as `20200101T000000`."""
        self._gpg("--passphrase", "", "--quick-gen-key", who, "ed25519", "sign", runs_out, at=at)

    def keyring(self, path: Path, who: str) -> Path:
        """A keyring of that key alone."""
        path.write_bytes(self._gpg("--export", who))
        return path

    def sign(self, repository: Repository, name: str, who: str, *, at: str = "") -> str:
        """The commit signed, as the tip of main."""
        payload = repository.repo[ObjectID(name.encode())].as_raw_string()
        signature = self._gpg("--local-user", who, "--armor", "--detach-sign", given=payload, at=at)
        return attach(repository, name, signature)

    def _gpg(self, *arguments: str, given: bytes = b"", at: str = "") -> bytes:
        time = ["--faked-system-time", at] if at else []
        command = ["gpg", "--homedir", str(self._home), "--batch", "--quiet", "--yes", "--pinentry-mode", "loopback"]
        done = subprocess.run([*command, *time, *arguments], input=given, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout
