"""From a commit on a git server to serving it: one file of the manifests of 10,000 extensions is committed, the server is told as by a
webhook, fetches by HTTP, and serves when an extension that only the new commit knows can register.

What limits it: the child's look at what was fetched; the fetch itself is one small pack.
"""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path

import httpx
from dulwich import porcelain
from dulwich.repo import Repo

from bench import conditions
from bench.git_server import GitServer
from bench.manifests import Manifests
from bench.row import Row
from bench.saving import EXTENSIONS, TENANTS, Newcomer
from bench.sip_generator import Lane
from bench.trunkline import Serve

TARGET_S = 3.0

_PORT = 5060
_COMMITS = 6
_REST_S = 1.0
_ASK_S = 0.02
_UNSERVED_S = 30.0
_AUTHOR = b"Ada Lovelace <ada@example.org>"


def measure(*, runs: int) -> list[Row]:
    """One row; `runs`: how many commits are made, at least."""
    commits = max(runs, _COMMITS)
    with conditions.generating() as cores, tempfile.TemporaryDirectory(prefix="trunkline-bench-") as folder:
        manifests = Manifests(Path(folder, "manifests"), Path(folder, "data"), TENANTS, EXTENSIONS)
        manifests.write(_PORT)
        _apply_at_once(manifests.root / "system.yaml")
        Repo.init(str(manifests.root), default_branch=b"main").close()
        _commit(manifests.root, "the beginning")
        with (
            GitServer(str(manifests.root)) as git,
            Serve(git.url, manifests.data, _PORT, cores.server) as server,
            closing(Lane(_PORT)) as lane,
        ):
            server.wait_said("ready")
            served_s = [_served(manifests, number, lane) for number in range(1, commits + 1)]
    return [
        Row(
            bench="fetch",
            quantity="one file committed: served after",
            unit="s",
            target=TARGET_S,
            measured=max(served_s),
            at_most=True,
            detail=(
                f"the longest of {commits} commits, median {statistics.median(served_s):.2f} s; {EXTENSIONS:,} extensions in "
                f"{TENANTS} tenants; git by HTTP from a process of this machine"
            ),
        )
    ]


def _apply_at_once(system: Path) -> None:
    """What comes from a git server waits to be approved otherwise."""
    system.write_text(system.read_text().replace("spec:\n", "spec:\n  apply: auto\n", 1))


def _commit(root: Path, message: str) -> None:
    porcelain.add(str(root))
    porcelain.commit(str(root), message=message.encode(), author=_AUTHOR, committer=_AUTHOR)


def _served(manifests: Manifests, number: int, lane: Lane) -> float:
    """Commit one more extension after a rest, say so, and register it again and again until that succeeds."""
    time.sleep(_REST_S)
    newcomer = Newcomer(manifests.each + number - 1, lane)
    manifests.rewrite(0, 0, more=number)
    _commit(manifests.root, f"one more: {number}")
    committed = time.perf_counter()
    telling = threading.Thread(target=_tell, args=(manifests.data,))
    telling.start()
    try:
        for attempt in range(int(_UNSERVED_S / _ASK_S)):
            due = committed + attempt * _ASK_S
            time.sleep(max(0.0, due - time.perf_counter()))
            if newcomer.registers(attempt):
                return time.perf_counter() - committed
    finally:
        telling.join()
    raise RuntimeError(f"commit {number} is not served within {_UNSERVED_S:g} s")


def _tell(data: Path) -> None:
    transport = httpx.HTTPTransport(uds=str(data / "control.sock"), verify=False)
    with httpx.Client(transport=transport, base_url="http://trunkline", timeout=_UNSERVED_S) as client:
        client.post("/v1/reconcile").raise_for_status()
