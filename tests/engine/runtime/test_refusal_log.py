"""Who was refused is said once for each source in ten seconds, and harmlessly."""

import pytest

from engine.call.admission import Refusal
from engine.runtime.refusal_log import RefusalLog
from engine.sip.flow import Flow


def refusal(host: str, user: str = "101") -> Refusal:
    return Refusal(Flow("udp", "udp", host, 5060), "REGISTER", user, "wrong credentials")


def test_a_source_is_named_with_what_it_claimed(caplog: pytest.LogCaptureFixture) -> None:
    RefusalLog().note([refusal("192.0.2.66")], 100.0)
    assert caplog.messages == ["source=192.0.2.66 port=5060 method=REGISTER user='101' why='wrong credentials' more=0"]


def test_guesses_do_not_flood_the_log_and_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    log = RefusalLog()
    log.note([refusal("192.0.2.66")] * 500, 100.0)
    log.note([refusal("192.0.2.67")], 101.0)
    log.note([refusal("192.0.2.66")], 110.0)
    assert [message.rpartition(" ")[2] for message in caplog.messages] == ["more=0", "more=0", "more=499"]


def test_a_user_name_cannot_forge_a_line(caplog: pytest.LogCaptureFixture) -> None:
    RefusalLog().note([refusal("192.0.2.66", "x\n2026 INFO all is well \x1b[2J")], 100.0)
    (message,) = caplog.messages
    assert "\n" not in message
    assert "\x1b" not in message
