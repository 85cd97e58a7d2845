"""The throw-away child: plans one posted set of manifests and ends. Started by `worker.trial`, never by hand.

It is given what runs and what was posted, and nothing else: no data folder, no environment with secrets in it. Three parts come in over
its stdin, each behind its length: a head (JSON), what runs (JSON), what was posted. One answer goes out. It yields to everything else on
the machine, and its processor time and memory are bounded by the kernel.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import signal
import sys
from typing import TYPE_CHECKING, BinaryIO, Final

if TYPE_CHECKING:
    from reconciler.worker.frames import PostedAnswer

LOWEST: Final = 19
MOST_CPU_S: Final = 30
MOST_MEMORY_BYTES: Final = 2 * 1024**3
LENGTH_BYTES: Final = 4


def main() -> int:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(LOWEST)
    os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_S, MOST_CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    gc.disable()
    # From here on at the lowest priority: importing the manifests' language costs half a second.
    from reconciler.worker.frames import encode
    from reconciler.worker.pipes import pipes

    asked, answers = pipes()
    parts = [_part(asked) for _ in range(3)]
    if any(part is None for part in parts):
        return 0
    answers.write(encode(_answer(*(part or b"" for part in parts))))
    answers.flush()
    return 0


def _part(asked: BinaryIO) -> bytes | None:
    head = asked.read(LENGTH_BYTES)
    length = int.from_bytes(head, "big")
    content = asked.read(length)
    return content if len(head) == LENGTH_BYTES and len(content) == length else None


def _answer(head: bytes, running: bytes, posted: bytes) -> PostedAnswer:
    from reconciler.compile.data_versions import data_versions
    from reconciler.errors import BadManifestSet
    from reconciler.ports import PostedForm
    from reconciler.source.tree import SourceFile, SourceTree
    from reconciler.worker.frames import BadSet
    from reconciler.worker.posted import read_posted
    from reconciler.worker.posted_plan import posted_plan

    asked, runs = json.loads(head), json.loads(running)
    files = [SourceFile.of(path, text.encode("utf-8", "surrogatepass")) for path, text in sorted(runs["files"].items())]
    try:
        tree = read_posted(posted, PostedForm(asked["form"]))
        return posted_plan(SourceTree(tuple(files)), runs["revision"], tree, asked["tenant"], data_versions())
    except BadManifestSet as error:
        return BadSet(str(error), error.is_malformed)
    except MemoryError:
        return BadSet(
            "planning these manifests needs more memory than is given to it; post fewer, or plan them in CI", False
        )


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ConnectionError:
        sys.exit(0)  # nobody waits for it any more
