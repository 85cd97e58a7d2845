"""The real child process: asked over its pipe, started again when it dies, gone when its parent is."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from engine.config.ref import Revision
from engine.config.secret import SecretRef
from reconciler.errors import WorkerLost
from reconciler.state import Held, HeldUnit
from reconciler.worker.frames import Committed, LookAsked, encode
from reconciler.worker.process import WorkerProcess
from reconciler.worker.verdict import Round
from tests.support.manifest_folder import LISTENER, Folder, extension, tenant

AT = "2026-11-20T09:00:00Z"
ROOT = Path(__file__).resolve().parents[3]


def folder(base: Path) -> Folder:
    made = Folder(base / "manifests")
    made.write("system.yaml", LISTENER)
    made.write("acme.yaml", tenant("acme"), extension("acme", "101"))
    return made


def with_worker(base: Path, story: Callable[[WorkerProcess], Awaitable[None]]) -> None:
    async def main() -> None:
        worker = WorkerProcess(base / "manifests", base / "data", b"k" * 32)
        try:
            await story(worker)
        finally:
            await worker.close()

    asyncio.run(main())


def held_after(done: Round) -> Held:
    units = {change.unit: HeldUnit(change.revision, change.origins_revision) for change in done.changes}
    return Held(units, done.secrets.version if done.secrets is not None else "")


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PW", "one")


def test_it_looks_and_remembers(tmp_path: Path) -> None:
    made = folder(tmp_path)

    async def story(worker: WorkerProcess) -> None:
        first = await worker.look(Held())
        assert {change.unit: change.whole for change in first.changes} == {"": True, "acme": True}
        assert first.secrets is not None
        assert first.secrets.get(SecretRef("env:PW")) == "one"
        assert await worker.commit(first.number, Revision("one"), AT, 0.1) == Committed(None, 1)
        assert (await worker.look(held_after(first))).is_quiet
        made.write("acme.yaml", tenant("acme"), extension("acme", "101"), extension("acme", "102"))
        second = await worker.look(held_after(first))
        assert [(change.whole, len(change.upserts)) for change in second.changes] == [(False, 1)]

    with_worker(tmp_path, story)
    assert (tmp_path / "data" / "state" / "applied.json").exists()


def test_what_the_asker_does_not_hold_is_sent_whole(tmp_path: Path) -> None:
    folder(tmp_path)

    async def story(worker: WorkerProcess) -> None:
        first = await worker.look(Held())
        await worker.commit(first.number, Revision("one"), AT, 0.1)
        lost = Held({"": held_after(first).units[""], "acme": HeldUnit(Revision("other"), "o")}, "v")
        again = await worker.look(lost)
        assert [(change.unit, change.whole) for change in again.changes] == [("acme", True)]

    with_worker(tmp_path, story)


def test_a_child_that_is_killed_is_started_again_and_knows_what_was_applied(tmp_path: Path) -> None:
    made = folder(tmp_path)

    async def story(worker: WorkerProcess) -> None:
        first = await worker.look(Held())
        await worker.commit(first.number, Revision("one"), AT, 0.1)
        os.kill(pid_of(worker), signal.SIGKILL)
        made.write("acme.yaml", "kind: [broken")
        with pytest.raises(WorkerLost, match="started again"):
            await worker.look(held_after(first))
        again = await worker.look(held_after(first))
        assert again.is_quiet
        assert {verdict.unit: verdict.is_accepted for verdict in again.found.verdicts} == {"": True, "acme": False}

    with_worker(tmp_path, story)


def test_a_child_that_hangs_is_given_up(tmp_path: Path) -> None:
    folder(tmp_path)

    async def main() -> None:
        worker = WorkerProcess(tmp_path / "manifests", tmp_path / "data", b"k" * 32, answer_s=0.3)
        try:
            await worker.start()
            os.kill(pid_of(worker), signal.SIGSTOP)
            with pytest.raises(WorkerLost, match="did not answer"):
                await worker.look(Held())
        finally:
            await worker.close()

    asyncio.run(main())


def test_a_question_that_is_given_up_leaves_no_stale_answer(tmp_path: Path) -> None:
    folder(tmp_path)

    async def story(worker: WorkerProcess) -> None:
        asked = asyncio.create_task(worker.look(Held()))
        await asyncio.sleep(0)
        while worker.pid is None:
            await asyncio.sleep(0.01)
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        first = worker.pid
        found = await worker.look(Held())
        assert found.number == 1
        assert worker.pid != first

    with_worker(tmp_path, story)


def test_it_ends_quietly_when_the_parent_is_killed_with_an_answer_unread(tmp_path: Path) -> None:
    folder(tmp_path)
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-m", "reconciler.worker", str(tmp_path / "manifests"), str(tmp_path / "data")]
    with theirs:
        child = subprocess.Popen(
            command, cwd=ROOT, stdin=theirs.fileno(), stdout=theirs.fileno(), stderr=subprocess.PIPE
        )
    with ours:
        ours.sendall(b"k" * 32 + encode(LookAsked(Held())))
        ours.recv(1, socket.MSG_PEEK)
    _, said = child.communicate(timeout=10)
    assert (child.returncode, said) == (0, b"")


def test_it_ends_when_it_is_closed(tmp_path: Path) -> None:
    folder(tmp_path)
    pids: list[int] = []

    async def story(worker: WorkerProcess) -> None:
        await worker.look(Held())
        pids.append(pid_of(worker))

    with_worker(tmp_path, story)
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


def test_a_folder_of_ours_in_its_working_directory_is_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder(tmp_path)
    (tmp_path / "schema").mkdir()
    (tmp_path / "schema" / "__init__.py").write_text("raise SystemExit(9)", encoding="utf-8")
    (tmp_path / "reconciler.py").write_text("raise SystemExit(9)", encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    async def story(worker: WorkerProcess) -> None:
        assert (await worker.look(Held())).changes

    with_worker(tmp_path, story)


def pid_of(worker: WorkerProcess) -> int:
    pid = worker.pid
    assert pid is not None
    return pid
