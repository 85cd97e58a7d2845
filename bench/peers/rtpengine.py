"""Debian's rtpengine beside our media backend: forwarding in user space by one thread, told by its NG protocol.

What both do: learn where a stream comes from, rewrite addresses, relay RTP and RTCP, count, watch for silence. rtpengine could hand
packets to its kernel module, which Debian builds by DKMS and which is not used here; ours has none. Its one worker thread is what one
core can use.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from types import TracebackType

from bench import conditions, cpu
from bench.place import place
from bench.server import free_port

_STARTS_S = 20.0
_STOPS_S = 10.0
_ANSWERS_S = 1.0
_ASK_S = 0.05
_MEDIA = re.compile(rb"\r\nm=audio (\d+) ")


def find() -> str | None:
    """The program, if it is installed."""
    return shutil.which("rtpengine") or shutil.which("rtpengine", path="/usr/sbin")


class Rtpengine:
    """A running rtpengine; a context manager."""

    def __init__(self, program: str, core: int) -> None:
        self._program = program
        self._core = core
        self._port = free_port()
        self._cookie = 0

    def __enter__(self) -> Rtpengine:
        self._log = tempfile.TemporaryFile("w+")
        here = place()
        # Its configuration file apart, which is Debian's for a machine and not for a bench.
        command = [self._program, "--config-file=none", "--foreground", "--log-stderr", "--log-level=3", "--table=-1"]
        command += [f"--interface={here.server}", f"--listen-ng={here.server}:{self._port}", "--num-threads=1"]
        command += ["--port-min=20000", "--port-max=32000", "--timeout=120"]
        self._process = subprocess.Popen(
            here.inside(command),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
        os.sched_setaffinity(self._process.pid, {self._core})
        conditions.prefer(self._process.pid)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((here.phones, 0))
        self._socket.connect((here.server, self._port))
        self._socket.settimeout(_ANSWERS_S)
        try:
            self._wait_up()
        except RuntimeError:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._socket.close()
        self._process.terminate()
        try:
            self._process.wait(_STOPS_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def cpu_s(self) -> dict[str, float]:
        return cpu.used_s(self._process.pid)

    def open_calls(self, calls: int, host: str, first_port: int) -> str:
        """Offer and answer of so many calls; call i has the ports first + 4i and + 4i + 2. Its own ports, a line for each call.

        As the generator wants them: A sends to the port that the answer names, B to the one that the offer does.
        """
        lines = []
        for call in range(calls):
            named = {"call-id": f"bench-{call}", "from-tag": "a", "ICE": "remove"}
            offered = self._media("offer", named, host, first_port + 4 * call)
            answered = self._media("answer", {**named, "to-tag": "b"}, host, first_port + 4 * call + 2)
            lines.append(f"{answered} {offered}\n")
        return "".join(lines)

    def _media(self, command: str, named: dict[str, str], host: str, port: int) -> int:
        sdp = f"v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\nm=audio {port} RTP/AVP 0\r\n"
        answer = self._ask({"command": command, "sdp": sdp, **named})
        found = _MEDIA.search(answer)
        if found is None:
            raise RuntimeError(f"rtpengine refused an {command}: {answer.decode(errors='replace')}")
        return int(found[1])

    def _wait_up(self) -> None:
        for _ in range(int(_STARTS_S / _ASK_S)):
            try:
                if b"pong" in self._ask({"command": "ping"}):
                    return
            except RuntimeError:
                if self._process.poll() is not None:
                    break
                time.sleep(_ASK_S)
        self._log.seek(0)
        raise RuntimeError(f"rtpengine does not answer; it said: {self._log.read()[-2000:]}")

    def _ask(self, question: dict[str, str]) -> bytes:
        """The bencoded answer to one question; RuntimeError if none comes."""
        self._cookie += 1
        try:
            self._socket.send(b"%d %b" % (self._cookie, bencoded(question)))
            while True:
                cookie, _, answer = self._socket.recv(65536).partition(b" ")
                if int(cookie) == self._cookie:
                    return answer
        except (TimeoutError, ConnectionRefusedError) as error:
            raise RuntimeError(f"rtpengine does not answer to {question['command']}") from error


def bencoded(question: dict[str, str]) -> bytes:
    """A dictionary of texts, in bencode."""
    items = sorted((key.encode(), value.encode()) for key, value in question.items())
    return b"d" + b"".join(b"%d:%b%d:%b" % (len(key), key, len(value), value) for key, value in items) + b"e"
