"""A real SIP phone as the tests hold it: one child process, commanded over a pipe, each answer awaited with a deadline.

PJSIP and baresip sit behind the same commands and events (`tests/support/pjsip_phone.py`, `baresip_phone.py` are the programs).
Events, each with its fields:

    registered                  expires
    unregistered
    registration-failed         status, reason
    incoming                    call, from, to
    call                        call, state: calling ringing early confirmed disconnected; status; reason
    media                       call, state: active local-hold remote-hold none
    dtmf                        call, digit

A status is 0 where the stack tells none: baresip after its own CANCEL.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path

from tests.support.phone_wire import Value
from tests.support.ports import LOOPBACK, free_udp_port, free_udp_range

ROOT = Path(__file__).resolve().parents[2]
RTP_PORTS = 20
EVENT_S = 10.0
REPLY_S = 10.0


class Stack(Enum):
    PJSIP = "pjsip"
    BARESIP = "baresip"

    @property
    def module(self) -> str:
        """What the phone's process imports."""
        return {"pjsip": "pjsua2", "baresip": "baresip"}[self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """`server`: host:port that everything is sent to, or None for calls straight to another phone; `transport`: how, udp or tcp."""

    user: str
    domain: str
    password: str = ""
    server: str | None = None
    auth_user: str | None = None
    expires_s: int = 300
    transport: str = "udp"


class PhoneError(AssertionError):
    """The phone did not do what the test needs; says what it did instead."""


class Event(dict[str, Value]):
    """One event's fields, with `event` for its kind."""

    @property
    def call(self) -> int:
        number = self["call"]
        assert isinstance(number, int)
        return number

    @property
    def status(self) -> int:
        status = self["status"]
        assert isinstance(status, int)
        return status

    def matches(self, kind: str, fields: Mapping[str, Value]) -> bool:
        return self["event"] == kind and all(self.get(name) == value for name, value in fields.items())


class Phone:
    """Use as a context manager, or call `stop()`. `uri` is its own address for calls without a server."""

    def __init__(self, stack: Stack, name: str, folder: Path) -> None:
        self.stack = stack
        self.name = name
        self.port = free_udp_port()
        folder.mkdir(parents=True, exist_ok=True)
        self._log_path = folder / f"{name}.log"
        self._log = self._log_path.open("wb")
        first = free_udp_range(RTP_PORTS)
        program = f"tests.support.{stack.value}_phone"
        arguments = [LOOPBACK, str(self.port), str(first), str(first + RTP_PORTS - 1), str(self._log_path) + ".stack"]
        self._process = subprocess.Popen(
            [sys.executable, "-m", program, *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            encoding="utf-8",
            bufsize=1,
        )
        self._changed = threading.Condition()
        self._replies: dict[int, dict[str, Value]] = {}
        self._events: list[Event] = []
        self._history: list[Event] = []
        self._ended = False
        self._next_id = 0
        self._reader = threading.Thread(target=self._read, name=f"phone-{name}", daemon=True)
        self._reader.start()
        self.wait_for("ready", timeout=20)

    # -- accounts ------------------------------------------------------------------------------------------------------

    def use(self, account: Account) -> None:
        """Take that identity, without registering."""
        self._do("use", **asdict(account))

    def take_tcp(self) -> None:
        """Take TCP too, on the port of UDP; baresip always does."""
        if self.stack is Stack.PJSIP:
            self._do("take_tcp")

    def register(self, account: Account | None = None) -> Event:
        """Register and wait until that has worked."""
        self.start_registering(account)
        event = self.wait_for_any("registered", "registration-failed")
        if event["event"] != "registered":
            raise PhoneError(f"{self.name}: registration failed: {dict(event)}\n{self.story()}")
        return event

    def start_registering(self, account: Account | None = None) -> None:
        if account is not None:
            self.use(account)
        self._do("register")

    def unregister(self) -> None:
        self._do("unregister")
        self.wait_for("unregistered")

    @property
    def uri(self) -> str:
        return f"sip:{self.name}@{LOOPBACK}:{self.port}"

    # -- calls: `call` None means the latest one -------------------------------------------------------------------------

    def call(self, uri: str) -> int:
        """Send an INVITE; the call's number, as events show it."""
        number = self._do("call", uri=uri)
        assert isinstance(number, int)
        return number

    def answer(self, status: int = 200, *, call: int | None = None) -> None:
        """Answer the call that came in: 180, 183 with early media, 200, or a refusal."""
        self._do("answer", status=status, call=call)

    def hang_up(self, *, call: int | None = None) -> None:
        """BYE, CANCEL, or a refusal, as the call's state asks for."""
        self._do("hang_up", call=call)

    def hold(self, *, call: int | None = None) -> None:
        self._do("hold", call=call)

    def unhold(self, *, call: int | None = None) -> None:
        self._do("unhold", call=call)

    def dtmf(self, digits: str, *, call: int | None = None) -> None:
        """As telephone-events (RFC 4733)."""
        self._do("dtmf", digits=digits, call=call)

    def wait_for_call(self, state: str, *, call: int | None = None, timeout: float = EVENT_S) -> Event:
        """The call's change to that state."""
        fields: dict[str, Value] = {"state": state}
        if call is not None:
            fields["call"] = call
        return self.wait_for("call", timeout=timeout, **fields)

    def wait_for_incoming(self, timeout: float = EVENT_S) -> Event:
        return self.wait_for("incoming", timeout=timeout)

    def live_calls(self) -> int:
        count = self._do("live_calls")
        assert isinstance(count, int)
        return count

    # -- audio ---------------------------------------------------------------------------------------------------------

    def play(self, wav: Path) -> None:
        """Send this 8 kHz file, over and over, in every call from now on."""
        self._do("play", path=str(wav))

    def silence(self) -> None:
        self._do("silence")

    def record(self, wav: Path) -> Path:
        """Write what is received from now on to a new file."""
        self._do("record", path=str(wav))
        return wav

    def stop_recording(self) -> None:
        """Close the file; only then it can be read."""
        self._do("stop_recording")

    # -- events --------------------------------------------------------------------------------------------------------

    def wait_for(self, kind: str, *, timeout: float = EVENT_S, **fields: Value) -> Event:
        """The first event of that kind with these fields that no one has waited for yet."""
        return self._take(lambda event: event.matches(kind, fields), f"{kind} {fields or ''}", timeout)

    def wait_for_any(self, *kinds: str, timeout: float = EVENT_S) -> Event:
        return self._take(lambda event: event["event"] in kinds, " or ".join(kinds), timeout)

    def expect_none(self, kind: str, within: float, **fields: Value) -> None:
        """Nothing of that kind within so many seconds; PhoneError if it comes."""
        try:
            event = self.wait_for(kind, timeout=within, **fields)
        except PhoneError:
            if self._process.poll() is None:
                return
            raise
        raise PhoneError(f"{self.name}: came, though it should not: {dict(event)}\n{self.story()}")

    def forget_events(self) -> None:
        """What happened so far is of no interest any more."""
        with self._changed:
            self._events.clear()

    def story(self) -> str:
        """All events so far, and the end of the phone's log."""
        events = "\n".join(f"    {dict(event)}" for event in self._history)
        log = self._log_path.read_text(encoding="utf-8", errors="replace").splitlines()[-15:]
        return "\n".join([f"  events of {self.name} ({self.stack.value}):", events, f"  {self._log_path}:", *log])

    # -- process -------------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """End the process: by asking, then by its pid."""
        if self._process.poll() is None:
            try:
                self._do("quit")
            except PhoneError:
                self._process.kill()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)
        self._reader.join(5)
        for stream in (self._process.stdin, self._process.stdout, self._log):
            if stream is not None:
                stream.close()

    def kill(self) -> None:
        """Vanish, as a phone does whose battery is empty."""
        self._process.kill()
        self._process.wait(5)

    def __enter__(self) -> Phone:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _do(self, command: str, /, **arguments: Value) -> Value:
        stdin = self._process.stdin
        assert stdin is not None
        with self._changed:
            self._next_id += 1
            number = self._next_id
        try:
            stdin.write(json.dumps({"id": number, "do": command, "with": arguments}) + "\n")
        except OSError as error:
            raise PhoneError(f"{self.name}: can't be reached for {command}: {error}\n{self.story()}") from error
        with self._changed:
            if not self._changed.wait_for(lambda: number in self._replies or self._ended, REPLY_S):
                raise PhoneError(f"{self.name}: no reply to {command} within {REPLY_S} s\n{self.story()}")
            reply = self._replies.pop(number, None)
        if reply is None:
            raise PhoneError(f"{self.name}: ended during {command}\n{self.story()}")
        if "refused" in reply:
            raise PhoneError(f"{self.name}: {command} {arguments}: {reply['refused']}\n{self.story()}")
        return reply["result"]

    def _take(self, wanted: Callable[[Event], bool], described: str, timeout: float) -> Event:
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                for index, event in enumerate(self._events):
                    if wanted(event):
                        return self._events.pop(index)
                left = deadline - time.monotonic()
                if left <= 0 or self._ended:
                    why = "the phone ended" if self._ended else f"nothing within {timeout} s"
                    raise PhoneError(f"{self.name}: waited for {described}: {why}\n{self.story()}")
                self._changed.wait(left)

    def _read(self) -> None:
        stdout = self._process.stdout
        assert stdout is not None
        for line in stdout:
            message = json.loads(line)
            with self._changed:
                if "reply" in message:
                    self._replies[message["reply"]] = message
                else:
                    event = Event(message)
                    self._events.append(event)
                    self._history.append(event)
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()
