"""A branch of a git repository on a server, as `serve` follows it: where it is, and by what we prove who we are.

`git+https://`, `git+ssh://`, `git+file://`, and `git+http://` on this machine only. A password in an address would stand in process
lists and logs, so it is refused: a token is named by reference.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Final
from urllib.parse import SplitResult, urlsplit

from schema.git_address import BRANCH_PATTERN, PREFIX, BadGitAddress, git_url
from schema.problem import shown

_SPELLED: Final = "remote:"


class BadRemote(ValueError):
    """An address or a setting that can't be used; the message says why and what to write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """`url`: without `git+` and without any secret; `path`: the folder of manifests, "" = the root. Secrets by reference, "" = none.

    `token`: of HTTPS, as the password of `user` (or of any name); `key`: path of an SSH private key; `known_hosts`: path of the host keys
    that are believed, "" = ssh's own. `signers`: path of what a tip must be signed by: a file of allowed signers (ssh-keygen(1)), or a
    keyring (`.gpg`, `.kbx`); "" = signatures are not asked for. `tenant`: whose own source it is, "" = it is the whole system's.
    """

    url: str
    branch: str = "main"
    path: str = ""
    token: str = ""
    key: str = ""
    known_hosts: str = ""
    signers: str = ""
    tenant: str = ""

    @property
    def split(self) -> SplitResult:
        return urlsplit(self.url)

    @property
    def name(self) -> str:
        """As messages call it."""
        of = f"the source of Tenant {self.tenant}, " if self.tenant else ""
        return f"{of}branch {self.branch} of {self.url}"

    @property
    def token_setting(self) -> str:
        """Where a token is named, as whoever reads a message would write it."""
        return f"spec.token of TenantSource {self.tenant}" if self.tenant else "--git-token"

    @property
    def signers_setting(self) -> str:
        """Where it is said that signatures are asked for."""
        return f"spec.signers of TenantSource {self.tenant}" if self.tenant else "--signers"

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
    try:
        parts = git_url(source, "--git-token env:NAME or file:PATH")
    except BadGitAddress as error:
        raise BadRemote(str(error)) from None
    if parts.scheme == "file" and token:
        raise BadRemote("a repository on this machine asks for no token; leave --git-token out")
    if parts.scheme == "ssh" and token:
        raise BadRemote("ssh takes a key, not a token: --git-key PATH")
    if re.fullmatch(BRANCH_PATTERN, branch, re.ASCII) is None:
        raise BadRemote(f"{shown(branch)} is no name of a branch")
    folder = path.strip("/")
    if ".." in folder.split("/") or not folder.isprintable():
        raise BadRemote(f"the folder {shown(path)} leads out of the repository; name one inside it")
    folder = "" if folder == "." else folder
    url = source.removeprefix(PREFIX)
    return Remote(url=url, branch=branch, path=folder, token=token, key=key, known_hosts=known_hosts, signers=signers)
