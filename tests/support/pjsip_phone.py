"""A phone made of PJSIP: `python -m tests.support.pjsip_phone HOST PORT FIRST_RTP LAST_RTP LOG`; see `phone.py`.

Everything runs on the main thread, which polls the library and the commands in turn, but media, which the null sound device's own
thread moves. The library's objects must outlive their calls: they stay in `_calls` to the end.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pjsua2 as pj

from tests.support.phone_wire import Command, Value, Wire

POLL_MS = 10
COMPLETE_S = 3.0
STATES = {
    pj.PJSIP_INV_STATE_CALLING: "calling",
    pj.PJSIP_INV_STATE_CONFIRMED: "confirmed",
    pj.PJSIP_INV_STATE_DISCONNECTED: "disconnected",
}
MEDIA_STATES = {
    pj.PJSUA_CALL_MEDIA_ACTIVE: "active",
    pj.PJSUA_CALL_MEDIA_LOCAL_HOLD: "local-hold",
    pj.PJSUA_CALL_MEDIA_REMOTE_HOLD: "remote-hold",
}


class _Account(pj.Account):  # type: ignore[misc]  # pjsua2 has no types
    def __init__(self, phone: PjsipPhone) -> None:
        super().__init__()
        self._phone = phone

    def onRegState(self, prm: pj.OnRegStateParam) -> None:  # noqa: N802  # the library's name
        ok = prm.code // 100 == 2
        if not ok:
            self._phone.wire.emit("registration-failed", status=prm.code, reason=prm.reason)
        elif prm.expiration and self.getInfo().regIsActive:
            self._phone.wire.emit("registered", expires=prm.expiration)
        else:
            self._phone.wire.emit("unregistered")

    def onIncomingCall(self, prm: pj.OnIncomingCallParam) -> None:  # noqa: N802
        self._phone.incoming(prm.callId)


class _Call(pj.Call):  # type: ignore[misc]
    def __init__(self, phone: PjsipPhone, account: _Account, number: int, call_id: int) -> None:
        super().__init__(account, call_id)
        self._phone = phone
        self.number = number
        self.live = True

    def onCallState(self, prm: pj.OnCallStateParam) -> None:  # noqa: N802
        info = self.getInfo()
        state = STATES.get(info.state)
        if info.state == pj.PJSIP_INV_STATE_EARLY:
            state = "early" if info.lastStatusCode == 183 else "ringing"
        if info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self.live = False
        if state is not None:
            self._phone.wire.emit(
                "call", call=self.number, state=state, status=info.lastStatusCode, reason=info.lastReason
            )

    def onCallMediaState(self, prm: pj.OnCallMediaStateParam) -> None:  # noqa: N802
        state = "none"
        info = self.getInfo()  # owns the list: without a name for it, the list would be freed
        for media in info.media:
            if media.type == pj.PJMEDIA_TYPE_AUDIO:
                state = MEDIA_STATES.get(media.status, "none")
        if state != "none":
            self._phone.connect(self)
        self._phone.wire.emit("media", call=self.number, state=state)

    def onDtmfDigit(self, prm: pj.OnDtmfDigitParam) -> None:  # noqa: N802
        self._phone.wire.emit("dtmf", call=self.number, digit=prm.digit)


def _is_complete(recording: Path) -> bool:
    """Whether the length in the RIFF header is the file's."""
    head = recording.read_bytes()[:8]
    return head[:4] == b"RIFF" and int.from_bytes(head[4:8], "little") == recording.stat().st_size - 8


class PjsipPhone:
    def __init__(self, host: str, port: int, first_rtp: int, last_rtp: int, log: str) -> None:
        self.wire = Wire()
        self._host = host
        self._port = port
        self._rtp = (first_rtp, last_rtp)
        self._endpoint = pj.Endpoint()
        self._start(log)
        self._account: _Account | None = None
        self._calls: list[_Call] = []
        self._retired: list[_Account] = []
        self._player: pj.AudioMediaPlayer | None = None
        self._recorder: pj.AudioMediaRecorder | None = None
        self._recording = Path()
        self._running = True

    def _start(self, log: str) -> None:
        config = pj.EpConfig()
        config.uaConfig.threadCnt = 0
        config.uaConfig.mainThreadOnly = True
        config.uaConfig.userAgent = "pjsip-phone"
        config.logConfig.consoleLevel = 0
        config.logConfig.level = 5
        config.logConfig.msgLogging = 1
        config.logConfig.filename = log
        config.medConfig.clockRate = 8000
        config.medConfig.sndClockRate = 8000
        config.medConfig.noVad = True
        config.medConfig.ecTailLen = 0
        config.medConfig.hasIoqueue = True
        self._endpoint.libCreate()
        self._endpoint.libInit(config)
        transport = pj.TransportConfig()
        transport.port = self._port
        transport.boundAddress = self._host
        self._endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
        self._endpoint.libStart()
        self._endpoint.audDevManager().setNullDev()
        for codec in self._endpoint.codecEnum2():
            self._endpoint.codecSetPriority(codec.codecId, 128 if codec.codecId.startswith("PCM") else 0)

    def run(self) -> None:
        commands: queue.SimpleQueue[Command | None] = queue.SimpleQueue()

        def read() -> None:
            for command in self.wire.commands():
                commands.put(command)
            commands.put(None)

        threading.Thread(target=read, daemon=True).start()
        self.wire.emit("ready")
        while self._running:
            self._endpoint.libHandleEvents(POLL_MS)
            while not commands.empty():
                command = commands.get()
                if command is None:
                    self._running = False
                else:
                    self._obey(command)
        # Destructors of the bindings run in an order that crashes; the process ends without them.
        self._endpoint.hangupAllCalls()
        self._endpoint.libHandleEvents(POLL_MS)
        os._exit(0)

    def _obey(self, command: Command) -> None:
        action: Callable[..., Value] | None = getattr(self, f"do_{command.do}", None)
        if action is None:
            self.wire.refuse(command, f"a PJSIP phone can't {command.do}")
            return
        try:
            self.wire.reply(command, action(**command.arguments))
        except pj.Error as error:
            self.wire.refuse(command, f"{error.title}: {error.reason} ({error.status})")
        except (LookupError, ValueError) as error:
            self.wire.refuse(command, str(error))

    # -- accounts ------------------------------------------------------------------------------------------------------

    def do_use(
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
        if transport == "tcp":
            self.do_take_tcp()
        config = pj.AccountConfig()
        config.idUri = f"sip:{user}@{domain}"
        config.regConfig.registerOnAdd = False
        config.regConfig.registrarUri = f"sip:{domain}"
        config.regConfig.timeoutSec = expires_s
        config.regConfig.retryIntervalSec = 0
        if server is not None:
            config.sipConfig.proxies.append(f"sip:{server};transport={transport};lr")
        if password:
            config.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", auth_user or user, 0, password))
        media = config.mediaConfig.transportConfig
        media.boundAddress = self._host
        media.port, last = self._rtp
        media.portRange = last - self._rtp[0]
        account = _Account(self)
        account.create(config, True)
        if self._account is not None:
            self._retired.append(self._account)
        self._account = account

    def do_take_tcp(self) -> None:
        """Take TCP too, on the port of UDP."""
        transport = pj.TransportConfig()
        transport.port = self._port
        transport.boundAddress = self._host
        self._endpoint.transportCreate(pj.PJSIP_TRANSPORT_TCP, transport)

    def do_register(self) -> None:
        self._own_account().setRegistration(True)

    def do_unregister(self) -> None:
        self._own_account().setRegistration(False)

    def _own_account(self) -> _Account:
        if self._account is None:
            raise LookupError("no account yet: use() one first")
        return self._account

    # -- calls ---------------------------------------------------------------------------------------------------------

    def incoming(self, call_id: int) -> None:
        call = self._add(call_id)
        info = call.getInfo()
        self.wire.emit("incoming", call=call.number, **{"from": info.remoteUri, "to": info.localUri})
        self.do_answer(180, call.number)

    def _add(self, call_id: int) -> _Call:
        call = _Call(self, self._own_account(), len(self._calls) + 1, call_id)
        self._calls.append(call)
        return call

    def _call(self, number: int | None) -> _Call:
        live = [call for call in self._calls if call.live and number in (None, call.number)]
        if not live:
            raise LookupError("no live call" if number is None else f"call {number} is not live")
        return live[-1]

    def do_call(self, uri: str) -> int:
        call = self._add(pj.PJSUA_INVALID_ID)
        call.makeCall(uri, pj.CallOpParam(True))
        return call.number

    def do_answer(self, status: int, call: int | None) -> None:
        param = pj.CallOpParam()
        param.statusCode = status
        if status < 300:
            self._call(call).answer(param)
        else:
            self._call(call).hangup(param)

    def do_hang_up(self, call: int | None) -> None:
        self._call(call).hangup(pj.CallOpParam())

    def do_hold(self, call: int | None) -> None:
        self._call(call).setHold(pj.CallOpParam(True))

    def do_unhold(self, call: int | None) -> None:
        param = pj.CallOpParam(True)
        param.opt.flag = pj.PJSUA_CALL_UNHOLD
        self._call(call).reinvite(param)

    def do_dtmf(self, digits: str, call: int | None) -> None:
        self._call(call).dialDtmf(digits)

    def do_live_calls(self) -> int:
        return sum(call.live for call in self._calls)

    # -- audio ---------------------------------------------------------------------------------------------------------

    def connect(self, call: _Call) -> None:
        """Join the call's audio with what plays and what records; joining twice is joining once."""
        try:
            audio = call.getAudioMedia(-1)
        except pj.Error:
            return
        if self._player is not None:
            self._player.startTransmit(audio)
        if self._recorder is not None:
            audio.startTransmit(self._recorder)

    def _connect_all(self) -> None:
        for call in self._calls:
            if call.live and call.hasMedia():
                self.connect(call)

    def do_play(self, path: str) -> None:
        self.do_silence()
        player = pj.AudioMediaPlayer()
        player.createPlayer(path)
        self._player = player
        self._connect_all()

    def do_silence(self) -> None:
        self._player = None  # its destructor leaves the bridge

    def do_record(self, path: str) -> None:
        self.do_stop_recording()
        recorder = pj.AudioMediaRecorder()
        recorder.createRecorder(path)
        self._recorder = recorder
        self._recording = Path(path)
        self._connect_all()

    def do_stop_recording(self) -> None:
        """Drop the recorder; the bridge lets go of it in a later tick of its clock, and only then the file is complete."""
        if self._recorder is None:
            return
        self._recorder = None
        deadline = time.monotonic() + COMPLETE_S
        while not _is_complete(self._recording):
            if time.monotonic() > deadline:
                raise ValueError(f"{self._recording} was not completed within {COMPLETE_S} s")
            self._endpoint.libHandleEvents(POLL_MS)

    def do_quit(self) -> None:
        self._running = False


if __name__ == "__main__":
    listen, sip, first, last, log_path = sys.argv[1:]
    PjsipPhone(listen, int(sip), int(first), int(last), log_path).run()
