"""`trunkline top`: what goes on, on one screen that the event stream keeps up to date. Nothing is polled.

The stream is read in a thread; the terminal is drawn, and keys are read, here.
"""

from __future__ import annotations

import os
import re
import select
import sys
import termios
import threading
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from queue import Empty, SimpleQueue
from typing import Final

from rich.console import Console
from rich.live import Live

from cli.client import ClientError
from cli.exit_code import Exit
from cli.follow import Broken, Lists, follow
from cli.live_state import LiveState
from cli.sse import Event
from cli.top_screen import Size, most_scrolled, screen
from cli.whom import Whom

TYPES: Final = "call,call-ended,trunk,trunk-gone,listener,listener-gone,ban,ban-lifted,reconcile,rates"
LISTS: Final = ("calls", "trunks", "listeners", "bans")
FRAME_S: Final = 0.2
SCRIPT_WIDTH: Final = 120
MOST_NAMED: Final = 20
_SCROLL: Final = {b"\x1b[A": -1, b"\x1b[B": 1, b"\x1b[5~": -10, b"\x1b[6~": 10, b"k": -1, b"j": 1}
_KEY: Final = re.compile(rb"\x1b\[[0-9;]*[A-Za-z~]|.", re.DOTALL)

Told = Event | Broken | Lists | ClientError


class Watched:
    """What has come so far, of all or of one tenant; `notice`: what is wrong with the connection."""

    def __init__(self, tenant: str | None = None) -> None:
        self._tenant = tenant
        self.state = LiveState()
        self.notice = ""
        self._at = datetime.now(UTC)
        self._came = time.monotonic()

    def take(self, told: Told) -> None:
        """ClientError if it says that there is nothing to watch."""
        match told:
            case Lists(items, status, rates):
                if rates:
                    self.state.rates.clear()
                    self.state.rates.extend(rates)
                for name, found in items.items():
                    self.state.take(name, found)
                reconcile = status.get("reconcile")
                self.state.reconcile = reconcile if isinstance(reconcile, dict) else {}
                self._check_tenant()
            case Event(name, body):
                self.state.apply(name, body)
                if name in {"hello", "rates"}:
                    self.notice = ""
                    self._at, self._came = datetime.fromisoformat(str(body["at"])), time.monotonic()
            case Broken(why):
                self.notice = f"{why}; trying again"
            case ClientError():
                raise told

    def _check_tenant(self) -> None:
        """A name that is misspelt would show an empty screen for ever; one that goes later is no fault."""
        units = self.state.reconcile.get("units")
        tenant, self._tenant = self._tenant, None
        known = [str(unit["unit"]) for unit in units if unit["unit"]] if isinstance(units, list) else []
        if tenant is not None and known and tenant not in known:
            raise ClientError(f'there is no tenant "{tenant}"; there are: {", ".join(known[:MOST_NAMED])}')

    @property
    def now(self) -> datetime:
        """By the server's clock."""
        return self._at + timedelta(seconds=time.monotonic() - self._came)


def top(server: Whom, tenant: str | None, *, once: bool) -> Exit:
    query = {"types": TYPES} | ({} if tenant is None else {"tenant": tenant})
    try:
        if once or not sys.stdout.isatty() or not sys.stdin.isatty() or os.environ.get("TERM") == "dumb":
            _print_once(server, query)
        else:
            _show(server, query)
    except ClientError as error:
        sys.stderr.write(f"trunkline top: {error}\n")
        return Exit.PROBLEMS
    except KeyboardInterrupt:
        pass
    return Exit.FINE


def _print_once(server: Whom, query: dict[str, str]) -> None:
    watched = Watched(query.get("tenant"))
    for told in follow(server, query, lists=LISTS):
        watched.take(told)
        if watched.state.rates:
            break
    is_terminal = sys.stdout.isatty()
    console = Console(width=None if is_terminal else int(os.environ.get("COLUMNS", SCRIPT_WIDTH)), highlight=False)
    calls = len(watched.state.lists["calls"])
    console.print(screen(watched.state, watched.now, Size(console.width, calls + 50)))


def _show(server: Whom, query: dict[str, str]) -> None:
    queue: SimpleQueue[Told] = SimpleQueue()
    threading.Thread(target=_read, args=(server, query, queue), daemon=True).start()
    watched = Watched(query.get("tenant"))
    watched.take(queue.get())  # before the screen is taken: there may be no server
    console = Console(highlight=False)
    scrolled = 0
    with _keys() as descriptor, Live(console=console, screen=True, auto_refresh=False) as live:
        while True:
            try:
                while True:
                    watched.take(queue.get_nowait())
            except Empty:
                pass
            size = Size(console.width, console.height)
            live.update(
                screen(watched.state, watched.now, size, scrolled=scrolled, notice=watched.notice), refresh=True
            )
            for key in _pressed(descriptor):
                if key in {b"q", b"Q"}:
                    return
                scrolled = max(0, min(most_scrolled(watched.state), scrolled + _SCROLL.get(key, 0)))


def _read(server: Whom, query: dict[str, str], queue: SimpleQueue[Told]) -> None:
    try:
        for told in follow(server, query, lists=LISTS):
            queue.put(told)
    except ClientError as error:
        queue.put(error)


@contextmanager
def _keys() -> Iterator[int]:
    """Keys come one by one, and are not shown."""
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor)
    try:
        yield descriptor
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _pressed(descriptor: int) -> list[bytes]:
    """The keys that were pressed within a frame."""
    ready, _, _ = select.select([descriptor], [], [], FRAME_S)
    return _KEY.findall(os.read(descriptor, 256)) if ready else []
