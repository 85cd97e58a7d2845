"""The watcher on a real folder: changes are noticed, also after the folder went and came back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from reconciler.source.watch import changes

PATIENCE_S = 10.0


def watching(root: Path, story: Callable[[Callable[[], Awaitable[None]]], Awaitable[None]]) -> None:
    """Run `story` with a function that waits for the next noticed change."""

    async def main() -> None:
        noticed: AsyncIterator[None] = changes(root, look_ms=50)
        seen: asyncio.Queue[None] = asyncio.Queue()

        async def pump() -> None:
            async for _ in noticed:
                seen.put_nowait(None)

        task = asyncio.create_task(pump())

        async def next_change() -> None:
            await asyncio.wait_for(seen.get(), PATIENCE_S)
            while not seen.empty():
                seen.get_nowait()

        try:
            await story(next_change)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(main())


async def until_noticed(edit: Callable[[int], object], next_change: Callable[[], Awaitable[None]]) -> None:
    """Edit until it is noticed: the watch may not have been set up at the first edit."""
    for number in range(100):
        edit(number)
        try:
            await asyncio.wait_for(next_change(), 0.5)
        except TimeoutError:
            continue
        return
    raise AssertionError("no edit was noticed")


def test_an_edit_is_noticed(tmp_path: Path) -> None:
    async def story(next_change: Callable[[], Awaitable[None]]) -> None:
        await until_noticed(lambda n: (tmp_path / "a.yaml").write_text(f"a: {n}"), next_change)
        (tmp_path / "sub").mkdir()
        await next_change()
        (tmp_path / "sub" / "b.yaml").write_text("b: 1")
        await next_change()

    watching(tmp_path, story)


def test_a_folder_that_is_replaced_is_watched_again(tmp_path: Path) -> None:
    root = tmp_path / "manifests"
    root.mkdir()

    async def story(next_change: Callable[[], Awaitable[None]]) -> None:
        await until_noticed(lambda n: (root / "a.yaml").write_text(f"a: {n}"), next_change)
        root.rename(tmp_path / "old")
        await next_change()
        root.mkdir()
        await next_change()
        await until_noticed(lambda n: (root / "b.yaml").write_text(f"b: {n}"), next_change)

    watching(root, story)


def test_a_folder_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    root = tmp_path / "later"

    async def story(next_change: Callable[[], Awaitable[None]]) -> None:
        await until_noticed(lambda _: root.rmdir() if root.exists() else root.mkdir(), next_change)

    watching(root, story)
