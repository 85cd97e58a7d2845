"""`trunkline serve DIR`: the composition root of the running PBX.

Order at start: take the data folder, load what was applied last, answer SIP, and only then import and open the database, HTTP and
the watch. Order at the end: stop following, stop answering questions, end calls with their records, close. Stdout gets the result
(where SIP is answered, which tenants, the control socket); everything else is a log line on stderr.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import random
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from api import control_socket
from api.public_url import PublicUrl
from cli import log as logs
from cli.api_address import ApiAddress, Network
from cli.data_folder import DataFolder, DataFolderError
from cli.exit_code import Exit
from cli.host_address import host_address
from cli.supervisor import tell_supervisor
from engine.config.secret import SecretRef
from engine.errors import JournalError, PrepareRefused
from engine.runtime.engine import Engine
from reconciler.loop import Reconciler
from reconciler.restore import Restored, nothing, restore
from reconciler.secrets.resolver import Resolver
from reconciler.source.follower import Follower
from reconciler.source.hook import Hook
from reconciler.source.remote import Remote
from reconciler.source.tenant_followers import TenantFollowers
from reconciler.source.watch import changes
from reconciler.worker.process import WorkerProcess

if TYPE_CHECKING:
    from cli.api_servers import ApiServers

log = logging.getLogger("trunkline.serve")

SECOND_SIGNAL_STATUS: Final = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`source`: the folder of manifests, or the branch that is followed, which is asked for news every `poll_s`; `hook_secret`: where
    the secret of its webhooks is, "" = none are taken; `host`: this machine's
    address as phones reach it; `api`: where HTTP is served besides the control
    socket, None = nowhere; `protocol`: in which form the protocol modules run."""

    source: Path | Remote
    poll_s: float
    hook_secret: str
    data: Path
    host: str
    log_level: str
    log_format: logs.LogFormat
    api: ApiAddress | None
    api_names: tuple[str, ...] = ()
    api_proxies: tuple[Network, ...] = ()
    public_url: PublicUrl | None = None
    protocol: str


class CantServe(Exception):
    """Why the server does not start; the message says what to do."""


def serve(settings: Settings) -> Exit:
    try:
        host = host_address(settings.host)
        lines = logs.set_up(settings.log_level, settings.log_format)
    except ValueError as error:
        sys.stderr.write(f"trunkline serve: {error}\n")
        return Exit.USAGE
    try:
        return _serve_here(settings, host)
    finally:
        lines.stop()


def _serve_here(settings: Settings, host: str) -> Exit:
    log.info("protocol modules: %s", settings.protocol)
    os.umask(0o077)  # records, registrations and state are nobody else's business
    try:
        folder = DataFolder.take(settings.data)
    except DataFolderError as error:
        sys.stderr.write(f"trunkline serve: {error}\n")
        return Exit.PROBLEMS
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_serve(settings, host))
    except (CantServe, JournalError) as error:
        sys.stderr.write(f"trunkline serve: {error}\n")
        return Exit.PROBLEMS
    finally:
        folder.release()
    return Exit.FINE


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    import uvloop

    return uvloop.new_event_loop


async def _serve(settings: Settings, host: str) -> None:
    stop = _stop_signal()
    key = os.urandom(32)
    restored = restore(settings.data / "state", Resolver(settings.data, os.environ, key))
    source = settings.source
    if restored is None and isinstance(source, Path) and not os.path.isdir(source):  # noqa: PTH112  # False where asking is refused
        raise CantServe(f"{source} is not a folder; name the folder that holds the manifests")
    worker = WorkerProcess(source, settings.data, key)
    follower = _follower(settings)
    secret = _secrets_of(settings)
    sources = TenantFollowers(settings.data, jitter=_jitter, secret=secret)
    engine = Engine(settings.data, host)
    async with AsyncExitStack() as closing:
        await engine.start()
        closing.push_async_callback(engine.stop)
        is_restored = await _apply_restored(engine, restored)
        await worker.start()
        closing.push_async_callback(worker.close)
        if follower is not None:
            closing.push_async_callback(follower.close)
        closing.push_async_callback(sources.close)
        reconciler = Reconciler(
            engine=engine,
            worker=worker,
            restored=restored or nothing(),
            clock=lambda: datetime.now(UTC),
            monotonic=time.monotonic,
            jitter=_jitter,
            refresh=None if follower is None else follower.refresh,
            sources=sources,
        )
        if is_restored:
            reconciler.serving.set()
        else:
            if follower is not None:
                await follower.fetch()
            await reconciler.round()  # nothing to serve before it
        tasks = [
            asyncio.create_task(reconciler.run(), name="reconcile"),
            asyncio.create_task(reconciler.follow(_changes(source, follower)), name="follow"),
            asyncio.create_task(reconciler.watch_health(), name="health"),
        ]
        closing.push_async_callback(_cancel, tasks)
        engine.open_records()
        hooks = _hook(settings, follower, secret), sources
        servers = await _answer_questions(closing, settings, engine, reconciler, *hooks)
        tasks.append(asyncio.create_task(_announce(reconciler, engine, settings, servers), name="announce"))
        await _until(stop, tasks)
        log.info("stopping")
        tell_supervisor("STOPPING=1")


def _jitter() -> float:
    return random.uniform(0.8, 1.2)  # noqa: S311  # spreads retries, guards nothing


def _follower(settings: Settings) -> Follower | None:
    if isinstance(settings.source, Path):
        return None
    follower = Follower(settings.source, settings.data, poll_s=settings.poll_s, jitter=_jitter)
    follower.hint()  # at once, and then every `poll_s`
    return follower


def _changes(source: Path | Remote, follower: Follower | None) -> AsyncIterator[None]:
    if follower is not None:
        return follower.changes()
    assert isinstance(source, Path)  # noqa: S101  # else it is followed
    return changes(source)


def _stop_signal() -> asyncio.Event:
    """Set by the first SIGTERM or SIGINT; the second ends the process where it stands."""
    stop = asyncio.Event()

    def asked() -> None:
        if stop.is_set():
            os._exit(SECOND_SIGNAL_STATUS)
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked)
    # A terminal that is closed, or a tool that rotates logs: neither is a reason to end calls.
    loop.add_signal_handler(signal.SIGHUP, log.info, "SIGHUP: nothing is to be done, manifests are followed anyway")
    return stop


async def _apply_restored(engine: Engine, restored: Restored | None) -> bool:
    """True if the engine serves what was applied last."""
    if restored is None:
        return False
    try:
        await engine.apply(restored.snapshot, restored.secrets)
    except PrepareRefused as error:
        # The reconciler sees that the engine does not hold it, and tries again until it does.
        log.error("what was applied last is refused: %s", "; ".join(error.reasons))
        return False
    log.info("restored: revision=%s tenants=%d", restored.snapshot.revision[:12], len(restored.snapshot.tenants))
    return True


def _secrets_of(settings: Settings) -> Callable[[str], str | None]:
    """Looks up the secrets of webhooks, each time anew."""
    resolver = Resolver(settings.data, os.environ, os.urandom(32))

    def secret(reference: str) -> str | None:
        ref = SecretRef(reference)
        resolved = resolver.resolve([ref])
        if ref in resolved.missing:
            log.error("the webhook's secret %s is not there: %s", ref, resolved.missing[ref])
        return resolved.values.get(ref)

    return secret


def _hook(settings: Settings, follower: Follower | None, secret: Callable[[str], str | None]) -> Hook | None:
    if follower is None or not settings.hook_secret:
        return None
    return Hook(lambda: secret(settings.hook_secret), follower.hint)


async def _answer_questions(
    closing: AsyncExitStack,
    settings: Settings,
    engine: Engine,
    reconciler: Reconciler,
    hook: Hook | None,
    sources: TenantFollowers,
) -> ApiServers:
    # In a thread: the import takes some tenths of a second, and phones are being answered already.
    api_servers = await asyncio.to_thread(importlib.import_module, "cli.api_servers")
    place = api_servers.Place(
        settings.data, settings.api, settings.api_names, hook, settings.api_proxies, settings.public_url, sources
    )
    servers: ApiServers = api_servers.ApiServers(engine, reconciler, place)
    try:
        await servers.start(closing)
    except (OSError, control_socket.SocketTaken) as error:
        raise CantServe(f"the control socket {settings.data / control_socket.NAME} can't be opened: {error}") from None
    return servers


async def _announce(reconciler: Reconciler, engine: Engine, settings: Settings, servers: ApiServers) -> None:
    """Say on stdout where phones are served, as soon as they are."""
    await reconciler.serving.wait()
    lines = [f"listener {view.name}: {view.transport} {view.advertised}" for view in engine.listeners()]
    lines += [
        f"tenant {name}: {tenant.config.domain}, {len(tenant.extensions)} extensions"
        for name, tenant in sorted(engine.snapshot.tenants.items())
    ]
    lines += [f"control socket: {settings.data / control_socket.NAME}", *servers.lines(), "ready"]
    try:
        sys.stdout.write("".join(f"{line}\n" for line in lines))
        sys.stdout.flush()
    except OSError as error:
        log.warning(
            "stdout can't be written: %s", error
        )  # whoever started us no longer reads; phones are served all the same
    log.info("ready")
    tell_supervisor("READY=1")


async def _until(stop: asyncio.Event, tasks: list[asyncio.Task[None]]) -> None:
    """Until a signal, or until a task fails: then with its error."""
    stopping = asyncio.create_task(stop.wait(), name="stop")
    waiting: set[asyncio.Task[None] | asyncio.Task[Literal[True]]] = {stopping, *tasks}
    try:
        while not stopping.done():
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
    finally:
        stopping.cancel()


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
