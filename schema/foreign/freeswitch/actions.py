"""Applications of FreeSWITCH's dial plan, by what becomes of a call that meets one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SILENT: Final = frozenset(
    [
        "answer",
        "pre_answer",
        "ring_ready",
        "sleep",
        "log",
        "info",
        "hash",
        "db",
        "bind_meta_app",
        "bind_digit_action",
        "clear_digit_action",
        "digit_action_set_realm",
        "start_dtmf",
        "stop_dtmf",
        "unset",
        "multiset",
        "multiunset",
        "export",
        "eval",
        "presence",
        "limit",
        "limit_execute",
        "sched_hangup",
        "set_user",
        "set_global",
        "record_session",
        "stop_record_session",
        "session_loglevel",
        "wait_for_answer",
        "delay_echo_cancel",
        "set_audio_level",
        "privacy",
        "verbose_events",
        "enable_heartbeat",
        "jitterbuffer",
        "set_name",
        "set_profile_var",
        "nibblebill",
        "event",
    ]
)
SOUNDS: Final = frozenset(
    [
        "playback",
        "say",
        "phrase",
        "speak",
        "gentones",
        "play_and_get_digits",
        "displace_session",
        "broadcast",
        "loop_playback",
    ]
)
ENDINGS: Final[Mapping[str, str]] = {
    "lua": "a program decides where it goes",
    "javascript": "a program decides where it goes",
    "python": "a program decides where it goes",
    "perl": "a program decides where it goes",
    "socket": "a program decides where it goes",
    "httapi": "a program decides where it goes",
    "execute_extension": "another extension is run like a subroutine",
    "intercept": "another phone's call is picked up; our own code for that is **NUMBER",
    "pickup": "another phone's call is picked up; our own code for that is **NUMBER",
    "eavesdrop": "calls are listened to",
    "three_way": "calls are joined",
    "valet_park": "calls are parked",
    "park": "calls are parked",
    "fifo": "callers wait in a fifo",
    "echo": "it echoes, for tests",
    "delay_echo": "it echoes, for tests",
    "tone_detect": "it listens for tones",
    "endless_playback": "it plays music",
    "redirect": "the call is sent elsewhere by a redirect",
    "deflect": "the call is sent elsewhere by a redirect",
    "rxfax": "a fax is received",
    "txfax": "a fax is sent",
    "record": "callers record a file",
    "directory": "callers spell a name",
    "enum": "numbers are looked up in DNS",
    "att_xfer": "a call is transferred",
    "group": "members of a group change",
}
_CAUSES: Final[Mapping[str, str]] = {
    "USER_BUSY": "busy",
    "486": "busy",
    "NO_ANSWER": "unavailable",
    "USER_NOT_REGISTERED": "unavailable",
    "480": "unavailable",
    "503": "unavailable",
    "NORMAL_TEMPORARY_FAILURE": "unavailable",
    "UNALLOCATED_NUMBER": "notFound",
    "NO_ROUTE_DESTINATION": "notFound",
    "404": "notFound",
    "CALL_REJECTED": "declined",
    "603": "declined",
    "403": "declined",
}


def causes(text: str) -> str | None:
    """How a call ends by this cause or status, as Destination's hangUp says it."""
    return _CAUSES.get(text.strip().partition(" ")[0].upper())
