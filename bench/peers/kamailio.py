"""Debian's Kamailio beside us: a registrar with digest, and a stateful proxy, configured by `kamailio.cfg`.

What it does less than we do: it is a proxy, so a call is one dialog between the phones and not two of its own; it touches neither
SDP nor media, takes no port, decides by a look-up in memory and a fixed line, writes no journal and no call record, and it has no
revision to pin. What both do: parse, digest with a nonce of its own each time and its count checked, transactions with retransmissions,
bindings in memory (ours besides in a database).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

from bench import conditions, cpu
from bench.options import Prober
from bench.place import place
from bench.server import DOMAIN, free_port, number, password

_STARTS_S = 20.0
_STOPS_S = 10.0
_TEMPLATE = Path(__file__).with_name("kamailio.cfg")


def find() -> str | None:
    """The program, if it is installed."""
    return shutil.which("kamailio") or shutil.which("kamailio", path="/usr/sbin")


class Kamailio:
    """A running Kamailio; a context manager. `trunk_port`: everybody is proxied there instead of to whom registered."""

    name = "kamailio"

    def __init__(self, program: str, extensions: int, core: int, trunk_port: int = 0) -> None:
        self._program = program
        self._extensions = extensions
        self._core = core
        self._trunk_port = trunk_port
        self.port = free_port()

    def __enter__(self) -> Kamailio:
        self._folder = tempfile.TemporaryDirectory(prefix="trunkline-bench-")
        folder = Path(self._folder.name)
        config = folder / "kamailio.cfg"
        config.write_text(self._config())
        self._log = (folder / "kamailio.log").open("w+")
        command = [self._program, "-f", str(config), "-DD", "-E", "-m", "256", "-M", "16"]
        command += ["-Y", str(folder), "-P", str(folder / "pid")]
        self._process = subprocess.Popen(
            place().inside(command),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
        os.sched_setaffinity(self._process.pid, {self._core})
        conditions.prefer(self._process.pid)
        try:
            with Prober(self.port) as prober:
                prober.wait(_STARTS_S, lambda: self._process.poll() is None)
        except RuntimeError as error:
            self._log.seek(0)
            said = self._log.read()[-2000:]
            self.__exit__(None, None, None)
            raise RuntimeError(f"kamailio: {error}; it said: {said}") from None
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.terminate()  # ends its children, too
        try:
            self._process.wait(_STOPS_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()
        self._folder.cleanup()

    def cpu_s(self) -> dict[str, float]:
        """As `Server.cpu_s`, over all its processes."""
        return cpu.used_s(self._process.pid)

    def _config(self) -> str:
        passwords = "\n".join(
            f'    $sht(password=>{number(index)}) = "{password(index)}";' for index in range(self._extensions)
        )
        to_trunk = f'    $du = "sip:{place().phones}:{self._trunk_port}";'
        to_phone = '    if (!lookup("location")) {\n        sl_send_reply("480", "Offline");\n        exit;\n    }'
        return _TEMPLATE.read_text().format(
            host=place().server,
            port=self.port,
            domain=DOMAIN,
            passwords=passwords,
            destination=to_trunk if self._trunk_port else to_phone,
        )
