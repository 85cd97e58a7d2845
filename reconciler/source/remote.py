"""A branch of a git repository on a server, as `serve` follows it: where it is, and by what we prove who we are.

`git+https://`, `git+ssh://`, `git+file://`, and `git+http://` on this machine only. A password in an address would stand in process
lists and logs, so it is refused: a token is named by reference.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from hashlib import sha256
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from schema.problem import shown

PREFIX: Final = "git+"
SCHEMES: Final = ("https", "ssh", "file", "http")
LONGEST_CHARACTERS: Final = 2_000
_SPELLED: Final = "remote:"
_BRANCH: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./+@-]{0,199}", re.ASCII)
_USER: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}", re.ASCII)
_HOST: Final = re.compile(r"[A-Za-z0-9:][A-Za-z0-9.:-]{0,253}", re.ASCII)


class BadRemote(ValueError):
    """An address or a setting that can't be used; the message says why and what to write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """`url`: without `git+` and without any secret; `path`: the folder of manifests, "" = the root. Secrets by reference, "" = none.

    `token`: of HTTPS, as the password of `user` (or of any name); `key`: path of an SSH private key; `known_hosts`: path of the host keys
    that are believed, "" = ssh's own. `signers`: path of what a tip must be signed by: a file of allowed signers (ssh-keygen(1)), or a
    keyring (`.gpg`, `.kbx`); "" = signatures are not asked for.
    """

    url: str
    branch: str = "main"
    path: str = ""
    token: str = ""
    key: str = ""
    known_hosts: str = ""
    signers: str = ""

    @property
    def split(self) -> SplitResult:
        return urlsplit(self.url)

    @property
    def name(self) -> str:
        """As messages call it."""
        return f"branch {self.branch} of {self.url}"

    @property
    def identity(self) -> str:
        """A name for what is kept of it: another repository, another name."""
        return sha256(self.url.encode()).hexdigest()[:16]


def spelled(remote: Remote) -> str:
    """As an argument of a process of ours; no secret is in it."""
    return _SPELLED + json.dumps(asdict(remote))


def unspelled(text: str) -> Remote | None:
    """The remote that `spelled` wrote, None if it is another text."""
    return Remote(**json.loads(text.removeprefix(_SPELLED))) if text.startswith(_SPELLED) else None


def is_remote(source: str) -> bool:
    return source.startswith(PREFIX)


def remote_of(
    source: str,
    *,
    branch: str = "main",
    path: str = "",
    token: str = "",
    key: str = "",
    known_hosts: str = "",
    signers: str = "",
) -> Remote:
    """The remote that `git+URL` names, with these settings. BadRemote."""
    url = source.removeprefix(PREFIX)
    if len(url) > LONGEST_CHARACTERS or not url.isprintable() or " " in url:
        raise BadRemote(f"the address of the git repository {shown(url)} is none: spaces, or too long")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadRemote(f"the address of the git repository {shown(url)} can't be read: {error}") from None
    if parts.scheme not in SCHEMES:
        told = ", ".join(f"git+{scheme}://" for scheme in SCHEMES[:3])
        raise BadRemote(f"the source {shown(source)} is of no sort that can be followed; begin it with {told}")
    if parts.password is not None:
        raise BadRemote(
            f"the address of {parts.hostname} holds a password, which process lists and logs show; "
            "leave it out and name a token: --git-token env:NAME or file:PATH"
        )
    if parts.query or parts.fragment:
        raise BadRemote(f"the address {shown(url)} has a ? or # part; branch and folder are --branch and --path")
    _check_place(parts, port, token)
    if _BRANCH.fullmatch(branch) is None or ".." in branch or branch.endswith(("/", ".lock", ".")):
        raise BadRemote(f"{shown(branch)} is no name of a branch")
    folder = path.strip("/")
    if ".." in folder.split("/") or not folder.isprintable():
        raise BadRemote(f"the folder {shown(path)} leads out of the repository; name one inside it")
    folder = "" if folder == "." else folder
    return Remote(url=url, branch=branch, path=folder, token=token, key=key, known_hosts=known_hosts, signers=signers)


def _check_place(parts: SplitResult, port: int | None, token: str) -> None:
    if parts.scheme == "file":
        if parts.netloc or not parts.path.startswith("/"):
            raise BadRemote("a repository on this machine is written git+file:///absolute/path")
        if token:
            raise BadRemote("a repository on this machine asks for no token; leave --git-token out")
        return
    host = parts.hostname or ""
    if _HOST.fullmatch(host) is None or (port is not None and port == 0):
        raise BadRemote(f"the address of the git repository names no host: {shown(parts.netloc)}")
    if parts.username is not None and _USER.fullmatch(parts.username) is None:
        raise BadRemote(f"{shown(parts.username)} is no user name for a git repository")
    if parts.scheme == "http" and not _is_this_machine(host):
        raise BadRemote(
            f"http to {host} shows manifests and token to everybody on the way; use git+https:// or git+ssh://"
        )
    if parts.scheme == "ssh" and token:
        raise BadRemote("ssh takes a key, not a token: --git-key PATH")


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
