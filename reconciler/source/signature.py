"""Whether a commit is signed by somebody who may: asked of the programs that git itself asks, ssh-keygen(1) and gpgv(1).

A file of allowed signers answers for SSH signatures, a keyring (`.gpg`, `.kbx`) for OpenPGP ones. Left out: X.509. What can't be checked,
because a program or the file is missing, is not believed (law 10).
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import Final

from dulwich.objects import Commit

CHECK_S: Final = 10.0
_KEYRINGS: Final = frozenset({".gpg", ".kbx"})


class NotTrusted(Exception):
    """The commit is not signed by somebody who may; the message says how and what to do."""


def check(commit: Commit, signers: Path, setting: str = "--signers") -> str:
    """Who signed it. `setting`: where it is said that it has to be. NotTrusted."""
    name = commit.id.decode("ascii")[:12]
    signature = commit.gpgsig
    if not signature:
        raise NotTrusted(f"commit {name} is not signed; sign it (git commit -S), or leave {setting} out")
    if not signers.is_file():
        raise NotTrusted(f"commit {name} can't be checked: there is no file {signers}")
    payload = commit.raw_without_sig()
    is_ssh = signature.startswith(b"-----BEGIN SSH SIGNATURE-----")
    is_keyring = signers.suffix.lower() in _KEYRINGS
    if is_ssh and is_keyring:
        raise NotTrusted(
            f"commit {name} has an SSH signature, and {signers} is a keyring of OpenPGP; name a file of allowed signers"
        )
    if not is_ssh and not is_keyring:
        raise NotTrusted(f"commit {name} has an OpenPGP signature, and {signers} is no keyring (.gpg or .kbx)")
    with tempfile.TemporaryDirectory(prefix="trunkline-signature-") as folder:
        file = Path(folder) / "signature"
        file.write_bytes(signature)
        if is_ssh:
            return _by_ssh(name, payload, file, signers)
        return _by_gpg(name, payload, file, signers)


def _by_ssh(name: str, payload: bytes, signature: Path, signers: Path) -> str:
    found = _run(name, ["ssh-keygen", "-Y", "find-principals", "-f", str(signers), "-s", str(signature)], b"")
    principals = found.stdout.decode("utf-8", "replace").split()
    if found.returncode != 0 or not principals:
        raise NotTrusted(f"commit {name} is signed by a key that {signers} does not name")
    who = principals[0]
    verified = _run(
        name,
        ["ssh-keygen", "-Y", "verify", "-f", str(signers), "-I", who, "-n", "git", "-s", str(signature)],
        payload,
    )
    if verified.returncode != 0:
        raise NotTrusted(
            f"the signature of commit {name} by {who} does not hold: the commit was changed, or the key has run out"
        )
    return who


def _by_gpg(name: str, payload: bytes, signature: Path, keyring: Path) -> str:
    verified = _run(
        name, ["gpgv", "--status-fd", "1", "--keyring", str(keyring.absolute()), str(signature), "-"], payload
    )
    for line in verified.stdout.decode("utf-8", "replace").splitlines():
        words = line.split(" ", 3)
        if verified.returncode == 0 and words[:2] == ["[GNUPG:]", "GOODSIG"]:
            return words[3] if len(words) > 3 else words[2]
    raise NotTrusted(f"commit {name} is not signed by a key of {keyring}, or its signature does not hold")


def _run(name: str, command: list[str], given: bytes) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(command, input=given, capture_output=True, timeout=CHECK_S, check=False)  # noqa: S603  # names are ours
    except FileNotFoundError:
        package = "openssh-client" if command[0] == "ssh-keygen" else "gpgv"
        raise NotTrusted(
            f"commit {name} can't be checked: {command[0]} is not installed (Debian's {package})"
        ) from None
    except subprocess.TimeoutExpired:
        raise NotTrusted(f"commit {name} can't be checked: {command[0]} does not end within {CHECK_S:.0f} s") from None
