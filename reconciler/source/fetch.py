"""The process that fetches: asks the server for the branch's tip each time it is told to, and brings what is new into the mirror.

Started by `follower`, never by hand. Usage: python -m reconciler.source.fetch DATA; the first line of stdin is the remote as JSON, each
further line asks for one fetch and is answered by a line of stdout, the state as JSON. It is a process of its own because unpacking what
was fetched would hold the interpreter that answers phones, and because what a server sends is not to be trusted: memory, file size and
time are bounded, and it is killed where it hangs.

Left out: partial and shallow fetches (the whole history of the branch tells whether it was rewritten, and who changed what), LFS,
submodules.
"""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

from dulwich import errors as dulwich_errors
from dulwich.client import GitClient, HttpGitClient, HTTPUnauthorized, LocalGitClient, SSHGitClient
from dulwich.graph import can_fast_forward
from dulwich.objects import Commit, ObjectID
from dulwich.refs import Ref
from dulwich.repo import Repo
from urllib3.exceptions import HTTPError

from engine.config.secret import SecretRef
from reconciler.secrets.resolver import Resolver
from reconciler.source import tenant_bounds
from reconciler.source.damage import ObjectTooLarge, Stamp, damage_of, stamp_of
from reconciler.source.git import GitRevision
from reconciler.source.mirror import Fetched, Mirror
from reconciler.source.redirects import LedElsewhere, straight
from reconciler.source.remote import Remote
from reconciler.source.signature import NotTrusted, check
from schema.problem import printable, shown

CONNECT_S: Final = 15.0
MOST_BYTES: Final = 2 * 1024**3
MOST_PACKS: Final = 40
LONGEST_WORDS: Final = 300
STALE_DRAFT_S: Final = 3600
CURE_S: Final = 600.0
"""How long what was fetched anew and is damaged all the same is let be."""
HEAVY_S: Final = 3600.0
"""How long a tenant's tip that took too much to look at is let be, unless there is another one."""
_NAME: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}", re.ASCII)


class _Refused(Exception):
    """The server answered, and what it has is not followed."""


class _NotTrusted(_Refused):
    """The tip has no signature that counts."""

    def __init__(self, message: str, tip: str) -> None:
        super().__init__(message)
        self.tip = tip


class _TooHeavy(_Refused):
    """Looking at the tip took too much."""

    def __init__(self, message: str, tip: str) -> None:
        super().__init__(message)
        self.tip = tip


class _Damaged(Exception):
    """What was kept can't be read; the message says what of it."""


class Fetcher:
    """`fetch` never raises: whatever is wrong stands in the state that it saves and returns."""

    def __init__(self, remote: Remote, data: Path, environ: Mapping[str, str], clock: Callable[[], float]) -> None:
        self._remote = remote
        self._mirror = Mirror(data, remote.tenant)
        self._resolver = Resolver(data, environ, os.urandom(32))
        self._clock = clock
        self._ref = Ref(b"refs/heads/" + remote.branch.encode())
        self._sound: tuple[str, Stamp] | None = None
        self._no_cure_before = 0.0

    def fetch(self) -> Fetched:
        before = self._mirror.state()
        now = (self._remote.url, self._remote.branch, self._remote.path)
        if (before.url, before.branch, before.path) != now:
            before = Fetched(url=self._remote.url, branch=self._remote.branch, path=self._remote.path)
        try:
            after = self._fetched(before, self._mirror.repository(self._remote.identity))
        except (_Refused, LedElsewhere, ObjectTooLarge) as error:
            after = replace(before, at=self._clock(), problem=str(error), is_refusal=True, mended="")
            if self._remote.tenant and isinstance(error, _NotTrusted) and error.tip == before.tip:
                after = replace(after, tip="")  # followed before signatures were asked for, or before its key ran out
            if isinstance(error, _TooHeavy):
                after = replace(after, heavy=error.tip, heavy_why=str(error), heavy_at=self._clock())
        except Exception as error:  # noqa: BLE001 - as below
            # The border of a fetch: servers, networks and packs fail in more ways than can be listed, and none may end the process.
            after = self._mended(before, error)
        try:
            self._mirror.save(after)
        except OSError as error:
            after = replace(after, problem=f"what was fetched can't be kept on disk: {error}")
        return after

    def _mended(self, before: Fetched, error: Exception) -> Fetched:
        """After a failure: if what is kept is damaged, all of it anew; else it is the server's."""
        path = self._mirror.repository(self._remote.identity)
        damage = str(error) if isinstance(error, _Damaged) else damage_of(path, before.tip, self._folder)
        if damage is None or self._clock() < self._no_cure_before:
            return replace(before, problem=self._words(error), is_refusal=False, mended="")
        draft = path.with_suffix(".anew")
        shutil.rmtree(draft, ignore_errors=True)
        try:
            after = self._fetched(before, draft)
            self._mirror.put(draft, self._remote.identity)
        except (_Refused, LedElsewhere, ObjectTooLarge) as refusal:
            return replace(before, at=self._clock(), problem=str(refusal), is_refusal=True, mended="")
        except Exception as again:  # noqa: BLE001 - as in `fetch`
            if isinstance(again, _Damaged):  # so it is on the server; who brings all of it again and again helps nobody
                self._no_cure_before = self._clock() + CURE_S
            what = f"what is kept of it is damaged ({damage}), and {self._words(again)}"
            return replace(before, problem=what, is_refusal=False, mended="")
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        self._sound = None
        return replace(after, mended=damage)

    @property
    def _folder(self) -> str | None:
        return self._remote.path or None

    def _fetched(self, before: Fetched, path: Path) -> Fetched:
        if self._remote.tenant and _size_of(path) > tenant_bounds.KEPT_BYTES:
            shutil.rmtree(path)  # what was rewritten again and again; the tip comes anew
        with self._opened(path) as repo:
            lost = "" if self._has(repo, before.tip) else f"commit {before.tip[:12]} was missing"
            tip = self._bring(repo)
            commit = repo[tip]
            if not isinstance(commit, Commit):
                raise _Refused(f"{self._remote.name} is a {commit.type_name.decode()}, not a commit")
            signed_by = self._signed_by(commit) if self._remote.signers else ""
            name = tip.decode("ascii")
            replaced = before.replaced if name == before.tip else self._replaced(repo, before.tip, tip)
            self._tidy(repo)
        self._prove(path, name)
        if self._remote.tenant and name != before.tip:
            self._weigh(path, name, before)
        return replace(
            before,
            heavy="",
            tip=name,
            at=self._clock(),
            signed_by=signed_by,
            problem="",
            is_refusal=False,
            replaced=replaced,
            mended=lost,
            changed=before.changed
            if name == before.tip and before.changed
            else GitRevision(path, name, self._folder).last_change().id,
        )

    def _weigh(self, path: Path, name: str, before: Fetched) -> None:
        """Look at all of a tip; at one that took too much not at each fetch again. _TooHeavy."""
        if name == before.heavy and 0 <= self._clock() - before.heavy_at < HEAVY_S:
            raise _Refused(before.heavy_why)
        try:
            tenant_bounds.weigh(self._remote.tenant, path, name, self._folder)
        except tenant_bounds.TooMuch as error:
            raise _TooHeavy(f"commit {name[:12]} of {self._remote.name} is not followed: {error}", name) from None

    @staticmethod
    def _has(repo: Repo, tip: str) -> bool:
        return not tip or ObjectID(tip.encode("ascii")) in repo.object_store

    def _prove(self, path: Path, tip: str) -> None:
        """That all which a source needs of it can be read; once, as long as its files stay as they are. _Damaged."""
        now = (tip, stamp_of(path))
        if self._sound == now:
            return
        damage = damage_of(path, tip, self._folder, tenant_bounds.OBJECT_BYTES if self._remote.tenant else None)
        if damage is not None:
            raise _Damaged(damage)
        self._sound = now

    def _opened(self, path: Path) -> Repo:
        if path.exists():
            return Repo(str(path))
        path.mkdir(mode=0o700, parents=True)
        return Repo.init_bare(str(path))

    def _bring(self, repo: Repo) -> ObjectID:
        """The tip of the branch, with all that it needs."""
        found: dict[str, ObjectID] = {}

        def wants(refs: Mapping[Ref, ObjectID | None], depth: int | None = None) -> list[ObjectID]:
            tip = refs.get(self._ref)
            if tip is None:
                raise _Refused(self._no_branch(refs))
            if _NAME.fullmatch(tip.decode("ascii", "replace")) is None:
                raise _Refused(f"{self._remote.name} has a tip that is no name of a commit")
            found["tip"] = tip
            return [] if tip in repo.object_store else [tip]

        client, path = self._client()
        try:
            client.fetch(path, repo, determine_wants=wants, progress=lambda _: None)
        finally:
            if isinstance(client, HttpGitClient):
                client.close()
        tip = found["tip"]
        repo.refs[self._ref] = tip  # what the next fetch need not send again
        return tip

    def _client(self) -> tuple[GitClient, str]:
        parts = self._remote.split
        if parts.scheme == "file":
            return LocalGitClient(), parts.path
        if parts.scheme == "ssh":
            return SSHGitClient(
                parts.hostname or "",
                port=parts.port,
                username=parts.username,
                key_filename=self._remote.key or None,
                ssh_command=self._ssh(),
            ), parts.path
        token = self._token()
        base = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        user = parts.username or ("trunkline" if token else None)
        client = HttpGitClient(base, username=user, password=token or None, timeout=CONNECT_S, quiet=True)
        return straight(client), parts.path

    def _ssh(self) -> str:
        """Without questions, and only to hosts whose keys are known."""
        options = ["-oBatchMode=yes", "-oStrictHostKeyChecking=yes", f"-oConnectTimeout={CONNECT_S:.0f}"]
        if self._remote.known_hosts:
            options.append(f"-oUserKnownHostsFile={self._remote.known_hosts}")
        if self._remote.key:
            options.append("-oIdentitiesOnly=yes")
        return " ".join(["ssh", *[f"'{option}'" for option in options]])

    def _token(self) -> str:
        if not self._remote.token:
            return ""
        ref = SecretRef(self._remote.token)
        resolved = self._resolver.resolve([ref])
        if ref in resolved.missing:
            raise OSError(f"its token {ref} is not there: {resolved.missing[ref]}")
        return resolved.values[ref]

    def _no_branch(self, refs: Mapping[Ref, ObjectID | None]) -> str:
        branches = sorted(
            name.decode("utf-8", "replace").removeprefix("refs/heads/")
            for name in refs
            if name.startswith(b"refs/heads/")
        )
        told = f"there are {', '.join(map(shown, branches[:5]))}" if branches else "it has no branch at all"
        return f"{self._remote.url} has no branch {shown(self._remote.branch)}; {told}"

    def _signed_by(self, commit: Commit) -> str:
        try:
            return printable(check(commit, Path(self._remote.signers), self._remote.signers_setting))[:LONGEST_WORDS]
        except NotTrusted as error:
            raise _NotTrusted(str(error), commit.id.decode("ascii")) from None

    def _replaced(self, repo: Repo, old: str, new: ObjectID) -> str:
        """The tip that was followed before, if the new one does not follow from it."""
        if not old:
            return ""
        before = ObjectID(old.encode("ascii"))
        if before in repo.object_store and can_fast_forward(repo, before, new):
            return ""
        return old

    def _tidy(self, repo: Repo) -> None:
        """Each fetch leaves a pack; many make reading slow."""
        store = repo.object_store
        if len(list(store.packs)) > MOST_PACKS:
            store.repack()
        store.prune(grace_period=STALE_DRAFT_S)

    def _words(self, error: Exception) -> str:
        """Why there was no fetch, for who must act. Neither token nor key is part of any of these."""
        what = f"{self._remote.name} can't be fetched: "
        match error:
            case _Damaged():
                return what + str(error)
            case HTTPUnauthorized():
                return (
                    what + "the server refuses us (401); name a token that may read it: " + self._remote.token_setting
                )
            case dulwich_errors.NotGitRepository():
                return (
                    what
                    + "there is no repository at that address that we may read; look at the address and at what the token may"
                )
            case dulwich_errors.HangupException():
                lines = [line.decode("utf-8", "replace").strip() for line in error.stderr_lines or ()]
                told = next((line for line in reversed(lines) if line), "the server hung up")
                return what + printable(told)[:LONGEST_WORDS]
            case HTTPError():
                return what + printable(_innermost(error))[:LONGEST_WORDS]
            case OSError():
                return what + printable(error.strerror or str(error))[:LONGEST_WORDS]
            case _:
                return what + printable(f"{type(error).__name__}: {error}")[:LONGEST_WORDS]


def _size_of(mirror: Path) -> int:
    return sum(size for _, size, _ in stamp_of(mirror))


def _innermost(error: BaseException) -> str:
    """The last reason: urllib3 wraps them, each with the whole address."""
    reason = getattr(error, "reason", None)
    while isinstance(reason, BaseException) and isinstance(getattr(reason, "reason", None), BaseException):
        reason = reason.reason  # type: ignore[attr-defined]  # as was just asked
    text = str(reason if reason is not None else error)
    return text.rpartition(">: ")[2] or text


def main(arguments: Sequence[str]) -> int:
    # Ctrl-C reaches the whole group of processes; the parent ends us by closing the pipe, or kills us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.nice(10)
    asked, answers = os.fdopen(os.dup(0), "r"), os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever else prints
    remote = Remote(**json.loads(asked.readline()))
    ours = tenant_bounds.FETCHED_BYTES if remote.tenant else MOST_BYTES
    for limit in (resource.RLIMIT_FSIZE, resource.RLIMIT_DATA):
        most = resource.getrlimit(limit)[1]
        resource.setrlimit(limit, (ours if most < 0 else min(ours, most), most))
    fetcher = Fetcher(remote, Path(arguments[0]), os.environ, time.time)
    for _ in asked:
        answers.write(json.dumps(asdict(fetcher.fetch())) + "\n")
        answers.flush()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (BrokenPipeError, ConnectionError):
        sys.exit(0)  # the parent is gone
