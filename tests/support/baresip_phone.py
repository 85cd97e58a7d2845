"""A phone made of baresip: `python -m tests.support.baresip_phone HOST PORT FIRST_RTP LAST_RTP LOG`; see `phone.py`.

The stack runs on a thread of its own and reports to the asyncio loop. Audio is pumped from here: every 20 ms the transmit buffer
is filled up to `AHEAD_S`, and what was received is taken out, recorded or not.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import wave
from collections.abc import Awaitable, Callable

import baresip
from baresip import Account, AudioNotActive, AudioRestarted, BaresipError, Call, Config, Event, Runtime, StackEvent
from baresip.errors import split_status

from tests.support.phone_wire import Command, Value, Wire

PUMP_S = 0.02
AHEAD_S = 0.2
SAMPLE_BYTES = 2
STATES = {
    Event.CALL_OUTGOING: ("calling", 0),
    Event.CALL_RINGING: ("ringing", 180),
    Event.CALL_PROGRESS: ("early", 183),
    Event.CALL_ESTABLISHED: ("confirmed", 200),
}


class _Line:
    """One call, its number, and what of it is audible."""

    def __init__(self, call: Call, number: int) -> None:
        self.call = call
        self.number = number
        self.established = False
        self.live = True
        self.holding = False  # asked for; the stack's own flag turns after the far end's answer may have come
        self.offset = 0


class BaresipPhone:
    def __init__(self, host: str, port: int, first_rtp: int, last_rtp: int) -> None:
        self.wire = Wire()
        self._config = Config(
            net_interface=host,
            max_concurrent_calls=None,
            sip_trace=True,
            native_log_level="info",
            extra_config_text=f"sip_listen {host}:{port}\nrtp_ports {first_rtp}-{last_rtp}\n",
        )
        self._runtime = Runtime()
        self._account: Account | None = None
        self._agent: baresip.UserAgent | None = None
        self._agents: list[baresip.UserAgent] = []
        self._leaving = False
        self._registrations: list[asyncio.Future[None]] = []
        self._lines: list[_Line] = []
        self._unclaimed: dict[int, list[StackEvent]] = {}
        self._tone = b""
        self._recording: wave.Wave_write | None = None
        self._quit = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        loop = asyncio.get_running_loop()

        def read() -> None:
            for command in self.wire.commands():
                loop.call_soon_threadsafe(self._spawn, self._obey(command))
            loop.call_soon_threadsafe(self._quit.set)

        await self._runtime.start(self._config)
        self._runtime.subscribe(self._stack_event)
        self._spawn(self._pump())
        threading.Thread(target=read, daemon=True).start()
        self.wire.emit("ready")
        await self._quit.wait()
        for line in self._lines:
            if line.live:
                await line.call.hangup()
        await self._runtime.close()

    def _spawn(self, action: Awaitable[None]) -> asyncio.Future[None]:
        task = asyncio.ensure_future(action)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _obey(self, command: Command) -> None:
        action: Callable[..., Awaitable[Value]] | None = getattr(self, f"do_{command.do}", None)
        if action is None:
            self.wire.refuse(command, f"a baresip phone can't {command.do}")
            return
        try:
            self.wire.reply(command, await action(**command.arguments))
        except (BaresipError, LookupError, ValueError) as error:
            self.wire.refuse(command, f"{type(error).__name__}: {error}")

    # -- accounts ------------------------------------------------------------------------------------------------------

    async def do_use(
        self,
        *,
        user: str,
        domain: str,
        password: str,
        server: str | None,
        auth_user: str | None,
        expires_s: int,
        transport: str,
    ) -> None:
        account = Account(
            user=user,
            domain=domain,
            password=password,
            registrar=server if transport == "udp" or server is None else f"{server};transport={transport}",
            transport="tcp" if transport == "tcp" else "udp",
            auth_user=auth_user,
            reg_interval=expires_s if server is not None else 0,
            audio_codecs=("pcmu", "pcma"),
        )
        agent = await baresip.UserAgent.create(self._runtime, account)
        agent.on_incoming(self._incoming)
        agent.on(self._agent_event)
        self._agent = agent
        self._agents.append(agent)

    async def do_register(self) -> None:
        self._registrations = [self._spawn(self._register(self._own_agent()))]

    async def _register(self, agent: baresip.UserAgent) -> None:
        try:
            await agent.register()
        except baresip.RegistrationError as error:
            if error.status is None:  # with a status, the stack's event has told it
                self.wire.emit("registration-failed", status=0, reason=str(error))

    async def do_unregister(self) -> None:
        # The stack's event comes before `register()` returns, and until that it takes itself for unregistered and does nothing.
        await asyncio.gather(*self._registrations)
        self._leaving = True  # the stack reports the confirmation as REGISTER_OK, too
        try:
            await self._own_agent().unregister()
        finally:
            self._leaving = False
        self.wire.emit("unregistered")

    def _own_agent(self) -> baresip.UserAgent:
        if self._agent is None:
            raise LookupError("no account yet: use() one first")
        return self._agent

    def _agent_event(self, event: StackEvent) -> None:
        if event.event is Event.REGISTER_OK and not self._leaving:
            self.wire.emit("registered", expires=0)
        elif event.event is Event.REGISTER_FAIL:
            status, reason = split_status(event.text or "")
            self.wire.emit("registration-failed", status=status or 0, reason=reason)

    # -- calls ---------------------------------------------------------------------------------------------------------

    def _incoming(self, call: Call) -> None:
        line = self._add(call)
        self.wire.emit("incoming", call=line.number, **{"from": call.peer, "to": ""})

    def _add(self, call: Call) -> _Line:
        line = _Line(call, len(self._lines) + 1)
        self._lines.append(line)
        for event in self._unclaimed.pop(call.handle, ()):
            self._call_event(line, event)
        return line

    def _stack_event(self, event: StackEvent) -> None:
        """A call's first events come before `dial` has returned the call: they wait for it."""
        if not event.call or event.event is Event.CALL_INCOMING:
            return
        for line in self._lines:
            if line.call.handle == event.call:
                self._call_event(line, event)
                return
        self._unclaimed.setdefault(event.call, []).append(event)

    def _call_event(self, line: _Line, event: StackEvent) -> None:
        if event.event in STATES:
            state, status = STATES[event.event]
            self.wire.emit("call", call=line.number, state=state, status=status, reason=event.text or "")
            if event.event is Event.CALL_ESTABLISHED:
                line.established = True
                self.wire.emit("media", call=line.number, state="active")
        elif event.event is Event.CALL_CLOSED:
            line.live = False
            status_sent, reason = split_status(event.text or "")
            status = status_sent or (200 if line.established else 0)
            self.wire.emit("call", call=line.number, state="disconnected", status=status, reason=reason)
        elif event.event is Event.CALL_DTMF_START:
            self.wire.emit("dtmf", call=line.number, digit=event.text)
        elif event.event is Event.CALL_HOLD:
            self.wire.emit("media", call=line.number, state="remote-hold")
        elif event.event is Event.CALL_RESUME:
            self.wire.emit("media", call=line.number, state="active")
        elif event.event is Event.CALL_REMOTE_SDP and event.text == "answer" and line.established:
            state = "local-hold" if line.holding else "active"
            self.wire.emit("media", call=line.number, state=state)

    def _line(self, number: int | None) -> _Line:
        live = [line for line in self._lines if line.live and number in (None, line.number)]
        if not live:
            raise LookupError("no live call" if number is None else f"call {number} is not live")
        return live[-1]

    async def do_call(self, uri: str) -> int:
        return self._add(await self._own_agent().dial(uri)).number

    async def do_answer(self, status: int, call: int | None) -> None:
        """The stack rings (180) by itself and refuses with 486 only."""
        line = self._line(call)
        if status == 180:
            return
        if status == 200:
            await line.call.answer()
        elif status == 486:
            await line.call.reject()
        else:
            raise ValueError(f"a baresip phone answers 200 or 486, not {status}")

    async def do_hang_up(self, call: int | None) -> None:
        await self._line(call).call.hangup()

    async def do_hold(self, call: int | None) -> None:
        line = self._line(call)
        line.holding = True
        await line.call.hold()

    async def do_unhold(self, call: int | None) -> None:
        line = self._line(call)
        line.holding = False
        await line.call.resume()

    async def do_dtmf(self, digits: str, call: int | None) -> None:
        await self._line(call).call.send_dtmf(digits)

    async def do_live_calls(self) -> int:
        return sum(line.live for line in self._lines)

    # -- audio ---------------------------------------------------------------------------------------------------------

    async def do_play(self, path: str) -> None:
        with wave.open(path, "rb") as file:
            if (file.getframerate(), file.getnchannels(), file.getsampwidth()) != (8000, 1, SAMPLE_BYTES):
                raise ValueError(f"{path} is not 8 kHz 16-bit mono")
            self._tone = file.readframes(file.getnframes())

    async def do_silence(self) -> None:
        self._tone = b""

    async def do_record(self, path: str) -> None:
        await self.do_stop_recording()
        recording = wave.open(path, "wb")  # noqa: SIM115  # closed by stop_recording
        recording.setnchannels(1)
        recording.setsampwidth(SAMPLE_BYTES)
        recording.setframerate(8000)
        self._recording = recording

    async def do_stop_recording(self) -> None:
        if self._recording is not None:
            self._recording.close()
            self._recording = None

    async def do_quit(self) -> None:
        self._quit.set()

    async def _pump(self) -> None:
        while True:
            for line in self._lines:
                if line.live:
                    try:
                        self._move(line)
                    except (AudioNotActive, AudioRestarted):
                        continue  # before the answer, on hold, or just renegotiated
            await asyncio.sleep(PUMP_S)

    def _move(self, line: _Line) -> None:
        audio = line.call.audio
        info = audio.info()
        wanted = int(AHEAD_S * info.tx_sample_rate) * SAMPLE_BYTES - info.tx_buffered
        if self._tone and info.tx_ready and wanted > 0:
            start = line.offset % len(self._tone)
            doubled = (self._tone[start:] + self._tone)[:wanted]
            line.offset = start + audio.write(doubled)
        if info.rx_ready:
            received = audio.read(info.rx_capacity)
            if self._recording is not None:
                self._recording.writeframesraw(received)


async def main() -> None:
    listen, sip, first, last, log_path = sys.argv[1:]
    logging.basicConfig(filename=log_path, level=logging.DEBUG, format="%(asctime)s %(name)s %(message)s")
    await BaresipPhone(listen, int(sip), int(first), int(last)).run()


if __name__ == "__main__":
    asyncio.run(main())
