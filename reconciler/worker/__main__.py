"""The child: answers the parent over stdin and stdout, one socket, until it ends. Started by `worker.process`, never by hand.

Usage: python -m reconciler.worker SOURCE DATA (SOURCE: a folder, or a remote as `spelled` writes it), with the key of the secrets'
version as the first 32 bytes of stdin.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from functools import partial
from pathlib import Path

from reconciler.compile.data_versions import data_versions
from reconciler.secrets.certificate_file import certificate_file
from reconciler.secrets.resolver import Resolver
from reconciler.source.commit import GitCommit
from reconciler.source.directory import Directory
from reconciler.source.remote import unspelled
from reconciler.source.tree import SourceTree
from reconciler.worker.answers import answer
from reconciler.worker.at_hand import AtHand
from reconciler.worker.frames import (
    CommitAsked,
    Committed,
    DeclarationsAsked,
    HoldAsked,
    LookAsked,
    ManifestsAsked,
    PlanAsked,
    ResourceAsked,
    RevisionsAsked,
    decode,
    encode,
    read_frame,
    sliced,
)
from reconciler.worker.look import Look
from reconciler.worker.pipes import pipes
from reconciler.worker.store import StateStore

KEY_BYTES = 32


def main(source: str, data: str) -> int:
    # Ctrl-C reaches the whole group of processes; the parent ends us by closing the pipe, when it no longer needs us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.nice(5)
    # A look makes half a million objects that stay; looking through them all each time doubles its time. See _tidy.
    gc.disable()
    asked, answers = pipes()
    key = asked.read(KEY_BYTES)
    if len(key) < KEY_BYTES:
        return 0
    resolver = Resolver(Path(data), os.environ, key)
    store = StateStore(Path(data) / "state")
    look = _look(source, Path(data), resolver, store)
    while (frame := read_frame(asked)) is not None:
        match decode(frame):
            case LookAsked(held, order):
                for piece in sliced(look.look(held, order)):
                    answers.write(encode(piece))
            case CommitAsked(number, revision, at, duration_s):
                kept = look.commit(number, revision, at, duration_s)
                answers.write(encode(Committed(kept.problem, kept.sequence, look.followed)))
                answers.flush()
                _tidy()
            case HoldAsked(hold):
                answers.write(encode(Committed(look.hold(hold), look.sequence, look.followed)))
            case PlanAsked() | RevisionsAsked() | ManifestsAsked() | ResourceAsked() | DeclarationsAsked() as question:
                answers.write(encode(answer(look, question)))
            case other:
                raise TypeError(f"nobody asks with a {type(other).__name__}")
        answers.flush()
    return 0


def _look(source: str, data: Path, resolver: Resolver, store: StateStore) -> Look:
    remote, read = unspelled(source), partial(certificate_file, data)
    if remote is None:
        folder = Path(source)
        directory = Directory(folder)
        at_hand = AtHand(resolver, read, directory.beside)
        return Look(
            directory,
            resolver,
            store,
            data_versions(),
            lambda tree: _commit_of(folder, tree),
            at_hand=at_hand,
            data_folder=data,
        )
    from reconciler.source.fetched import FetchedSource  # with dulwich

    fetched = FetchedSource(remote, data)
    at_hand = AtHand(resolver, read)
    return Look(
        fetched,
        resolver,
        store,
        data_versions(),
        fetched.commit_of,
        mode="approved",
        at_hand=at_hand,
        data_folder=data,
    )


def _commit_of(source: Path, tree: SourceTree) -> GitCommit | None:
    from reconciler.source.git import commit_of  # with dulwich: only when something changes, not at every start

    return commit_of(source, tree)


def _tidy() -> None:
    """Collect what is left in cycles since the last time, while nobody waits; what stays is not looked through again."""
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except ConnectionError:
        sys.exit(0)  # the parent is gone; killed, with our last answer unread, it resets the pipe instead of closing it
