"""The API's servers: one app over the running engine and reconciler, on the control socket and by TCP. Imported after SIP answers."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from api import control_socket
from api.access import Access
from api.app import create_app
from api.doors import Doors
from api.proxies import Network
from api.public_url import PublicUrl
from api.server import ControlServer
from api.tcp_server import TcpServer
from cli.api_address import ApiAddress
from cli.version import installed_version
from engine.runtime.access import AccessRecords
from engine.runtime.engine import Engine
from reconciler.loop import Reconciler
from reconciler.ports import SourceHook, TenantHooks
from reconciler.worker.trial import PlanTrials

log = logging.getLogger("trunkline.serve")


@dataclass(frozen=True, slots=True)
class Place:
    """`address`: None = no TCP; `names`: what browsers and clients call it besides; `hook`: of the git server; `proxies`: those before it
    that are believed besides this machine's own; `public`: where links to the page lead, None = to where it is served;
    `tenant_hooks`: of tenants' own sources."""

    data: Path
    address: ApiAddress | None
    names: Sequence[str]
    hook: SourceHook | None = None
    proxies: Sequence[Network] = ()
    public: PublicUrl | None = None
    tenant_hooks: TenantHooks | None = None


class ApiServers:
    """Use: `start`; what it opens is closed by the stack that it is given. `lines`: for whoever started us."""

    def __init__(self, engine: Engine, reconciler: Reconciler, place: Place) -> None:
        self._place = place
        self._access = Access(AccessRecords(engine.records), public=place.public)
        self._is_announced = False
        doors = Doors(
            engine=engine,
            feed=engine,
            routing=engine,
            calls=engine,
            bans=engine,
            balances=engine.balances,
            preferences=engine,
            records=engine.records,
            webhooks=engine.records,
            reconcile=reconciler,
            plans=reconciler,
            trials=PlanTrials(reconciler),
            control=reconciler,
            hook=place.hook,
            tenant_hooks=place.tenant_hooks,
        )
        self._app = create_app(doors, installed_version(), self._access)

    async def start(self, closing: AsyncExitStack) -> None:
        """OSError, SocketTaken: the control socket can't be opened. A port that is taken is no error."""
        listening = control_socket.listen(self._place.data)
        closing.callback(control_socket.remove, self._place.data)
        self._access.start()
        closing.push_async_callback(self._access.stop)
        if self._place.address is not None:
            await self._start_tcp(self._place.address, closing)
        control = ControlServer(self._app, listening)
        await control.start()
        closing.push_async_callback(control.stop)  # before the other: it ends the streams of both

    async def _start_tcp(self, address: ApiAddress, closing: AsyncExitStack) -> None:
        if not address.is_loopback:
            log.warning(
                "the API is served on %s in clear text: whoever is on the path reads tokens; put a proxy with TLS before it, "
                "or serve it on 127.0.0.1",
                address.host,
            )
        names = frozenset(name.lower() for name in self._place.names)
        tcp = TcpServer(
            self._app,
            self._access,
            address.host,
            address.port,
            names=names,
            proxies=self._place.proxies,
            told=self._told,
        )
        await tcp.start()
        closing.push_async_callback(tcp.stop)

    def lines(self) -> list[str]:
        """Where the API is served, if it is by now; later it is told by itself."""
        self._is_announced = True
        return self._lines(self._access.url) if self._access.url else []

    def _lines(self, url: str) -> list[str]:
        public = self._access.public
        return [f"api: {url}"] if public is None else [f"api: {url}", f"page: {public}"]

    def _told(self, url: str) -> None:
        if not self._is_announced:
            return
        try:
            sys.stdout.writelines(f"{line}\n" for line in self._lines(url))
            sys.stdout.flush()
        except OSError:
            pass  # whoever started us no longer reads; the log has it, too
