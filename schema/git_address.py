"""The address of a git repository on a server: `git+https://`, `git+ssh://`, `git+file://`, and `git+http://` on this machine only.

A password in an address would stand in process lists, logs and git, so it is refused: a token is named by reference.
"""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Annotated, Final
from urllib.parse import SplitResult, urlsplit

from schema.field_type import FieldType, refusal
from schema.problem import shown
from schema.text import Text

PREFIX: Final = "git+"
SCHEMES: Final = ("https", "ssh", "file", "http")
LONGEST_CHARACTERS: Final = 2_000
BRANCH_PATTERN: Final = r"(?!.*\.\.)(?!.*(?:/|\.lock|\.)$)[A-Za-z0-9_][A-Za-z0-9_./+@-]{0,199}"
_USER: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}", re.ASCII)
_HOST: Final = re.compile(r"[A-Za-z0-9:][A-Za-z0-9.:-]{0,253}", re.ASCII)
_TOKEN: Final = re.compile(r"gh[a-z]_|github_pat_|gl[a-z]{2,5}-", re.ASCII)
"""How tokens of forges begin. They are taken in place of a user name, too, and stand in logs then."""


class BadGitAddress(ValueError):
    """An address that can't be used; the message says why and what to write."""


def git_url(address: str, name_a_token: str) -> SplitResult:
    """The parts of a good address, without `git+`. BadGitAddress; `name_a_token`: how one is named where the address stands."""
    url = address.removeprefix(PREFIX)
    if len(url) > LONGEST_CHARACTERS or not url.isprintable() or " " in url:
        raise BadGitAddress(f"the address of the git repository {_told(url)} is none: spaces, or too long")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        why = "look at its host and port" if "@" in url else str(error)  # which repeats what may be a password
        raise BadGitAddress(f"the address of the git repository {_told(url)} can't be read: {why}") from None
    if parts.scheme not in SCHEMES:
        told = ", ".join(f"git+{scheme}://" for scheme in SCHEMES[:3])
        raise BadGitAddress(f"the source {_told(address)} is of no sort that can be followed; begin it with {told}")
    if parts.password is not None:
        raise BadGitAddress(
            f"the address of {parts.hostname} holds a password, which process lists and logs show; "
            f"leave it out and name a token: {name_a_token}"
        )
    if parts.query or parts.fragment:
        raise BadGitAddress(
            f"the address {_told(url)} has a ? or # part; branch and folder are settings of their own: --branch and --path"
            if name_a_token.startswith("--")
            else f"the address {_told(url)} has a ? or # part; branch and folder are fields of their own: branch and path"
        )
    _check_place(parts, port, name_a_token)
    return parts


def _told(address: str) -> str:
    """As messages show one that can't be used: without what stands before an "@", and after a "?" or "#", for that may be a secret."""
    scheme, mark, rest = address.partition("://")
    if not mark:
        scheme, rest = "", address
    _, at, place = rest.rpartition("@")
    place, cut, _ = re.sub("[?#]", "?", place).partition("?")
    return shown(f"{scheme}{mark}{'...@' if at else ''}{place}{'?...' if cut else ''}")


def _check_place(parts: SplitResult, port: int | None, name_a_token: str) -> None:
    if parts.scheme == "file":
        if parts.netloc or not parts.path.startswith("/"):
            raise BadGitAddress("a repository on this machine is written git+file:///absolute/path")
        return
    host = parts.hostname or ""
    if _HOST.fullmatch(host) is None or (port is not None and port == 0):
        raise BadGitAddress(f"the address of the git repository names no host: {_told(parts.netloc)}")
    user = parts.username
    if user is not None and (_USER.fullmatch(user) is None or _TOKEN.match(user) is not None):
        raise BadGitAddress(
            f"what stands before the @ in the address of {host} is no user name for a git repository (it is not shown here: it may "
            f"be a token); leave it out, and name a token: {name_a_token}"
        )
    if parts.scheme == "http" and not _is_this_machine(host):
        raise BadGitAddress(
            f"http to {host} shows manifests and token to everybody on the way; use git+https:// or git+ssh://"
        )


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class _GitAddress(FieldType[str]):
    """An address, kept as it is written."""

    def read(self, value: object) -> str:
        """Return the address. One that holds a password is not shown."""
        if not isinstance(value, str) or not value.startswith(PREFIX):
            told = shown(value) if not isinstance(value, str) or "@" not in value else "text (not shown here)"
            raise refusal(
                "git-address", f"is {told}, not the address of a git repository", "begin it with git+https://"
            )
        try:
            git_url(value, "spec.token: {file: secrets/git-token}")
        except BadGitAddress as error:
            what, _, hint = str(error).partition("; ")
            raise refusal(
                "git-address", f"can't be used: {what}", hint or 'write it like "git+https://git.example/acme/pbx.git"'
            ) from None
        return str(value)

    def write(self, value: str) -> str:
        """Return the address."""
        return value

    def json_schema(self) -> dict[str, object]:
        """Return how it begins; the rest is checked when it is read."""
        return {
            "type": "string",
            "pattern": r"^git\+(?:https|ssh|file|http)://\S{1,2000}$",
            "examples": ["git+https://git.example/acme/pbx.git"],
        }


GitAddress = Annotated[str, _GitAddress()]
GitBranch = Annotated[str, Text(pattern=BRANCH_PATTERN, form="the name of a branch", example="main", rule="git-branch")]
GitFolder = Annotated[
    str,
    Text(
        pattern=r"(?!/)(?!(?:.*/)?\.{1,2}(?:/|$))(?!.*//)[^\x00-\x1f\x7f\\]{1,1024}(?<!/)",
        form="a folder of the repository: relative, without . and ..",
        example="manifests",
        rule="git-folder",
    ),
]
