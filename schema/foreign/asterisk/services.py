"""queues.conf, voicemail.conf and rtp.conf."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from schema.foreign.asterisk.arguments import split_arguments
from schema.foreign.asterisk.config_file import Section
from schema.foreign.pbx import BoxDraft, Leftovers, QueueDraft
from schema.problem import shown

STRATEGIES: Final[Mapping[str, str]] = {
    "ringall": "simultaneous",
    "linear": "sequential",
    "rrmemory": "roundRobin",
    "roundrobin": "roundRobin",
    "rrordered": "roundRobin",
    "leastrecent": "roundRobin",
    "fewestcalls": "leastTalkTime",
}
_QUIET: Final = frozenset(
    [
        "strategy",
        "member",
        "timeout",
        "maxlen",
        "announce-frequency",
        "announce-position",
        "musicclass",
        "context",
        "ringinuse",
        "monitor-type",
        "monitor-format",
        "autopause",
        "eventwhencalled",
        "eventmemberstatus",
        "persistentmembers",
        "autofill",
        "retry",
        "wrapuptime",
        "setinterfacevar",
        "setqueuevar",
        "setqueueentryvar",
        "announce-holdtime",
        "reportholdtime",
        "memberdelay",
        "timeoutpriority",
        "weight",
        "joinempty",
        "leavewhenempty",
        "updatecdr",
        "shared_lastcall",
        "min-announce-frequency",
        "announce-round-seconds",
        "log_membername_as_agent",
    ]
)


def read_queues(sections: Sequence[Section], leftovers: Leftovers) -> dict[str, QueueDraft]:
    """The queues, with the phones that are their members."""
    found: dict[str, QueueDraft] = {}
    for section in sections:
        if section.is_template or section.name == "general":
            continue
        members: list[str] = []
        for entry in section.all("member"):
            interface = split_arguments(entry.value)[0]
            tech, _, name = interface.partition("/")
            if tech.upper() not in ("PJSIP", "SIP", "LOCAL") or not name:
                leftovers.add(
                    entry.mark, f"member {shown(interface)} of queue [{section.name}]", "only SIP phones are members"
                )
                continue
            members.append(name.partition("@")[0].partition("/")[0])
        strategy = section.value("strategy", "ringall").lower()
        if strategy not in STRATEGIES:
            leftovers.add(section.mark, f"strategy {shown(strategy)} of queue [{section.name}]", "all are rung at once")
        elif strategy in ("leastrecent", "fewestcalls"):
            what = f"strategy {strategy} of queue [{section.name}]"
            leftovers.add(section.mark, what, f"{STRATEGIES[strategy]} is the nearest here")
        for entry in section.entries:
            if entry.key not in _QUIET and not entry.key.startswith(("queue-", "periodic-announce")):
                leftovers.add(entry.mark, f"{entry.key} of queue [{section.name}]", "it is left out")
        for entry in section.entries:
            if entry.key.startswith(("queue-", "periodic-announce")):
                leftovers.add(
                    entry.mark, f"{entry.key} of queue [{section.name}]", "what is played is not carried over"
                )
        found[section.name] = QueueDraft(
            name=section.name,
            mark=section.mark,
            members=tuple(dict.fromkeys(members)),
            strategy=STRATEGIES.get(strategy, "simultaneous"),
            member_seconds=_whole(section.value("timeout")),
            max_callers=_whole(section.value("maxlen")),
            position_seconds=_whole(section.value("announce-frequency")),
        )
    return found


def read_boxes(sections: Sequence[Section], leftovers: Leftovers) -> dict[str, BoxDraft]:
    """`101 => PIN,Ada Lovelace,ada@example.net,,options` of every context."""
    found: dict[str, BoxDraft] = {}
    for section in sections:
        if section.is_template or section.name in ("general", "zonemessages"):
            continue
        for entry in section.entries:
            pin, person, mail, *_ = [*(part.strip() for part in entry.value.split(",")), "", "", ""]
            if entry.written in found:
                what = f"mailbox {shown(entry.written)} is there twice, in another context"
                leftovers.add(entry.mark, what, "the first one counts")
                continue
            found[entry.written] = BoxDraft(
                name=entry.written, mark=entry.mark, pin=pin or None, person=person, mail=mail
            )
    return found


def read_music(sections: Sequence[Section], leftovers: Leftovers) -> None:
    """Its files are no text, so only what there is is said."""
    for section in sections:
        if section.is_template or section.name == "general":
            continue
        where = section.value("directory") or section.value("application").partition(" ")[0] or section.value("mode")
        what = f"music on hold [{section.name}] ({shown(where)[1:-1]})"
        leftovers.add(section.mark, what, "put its sounds beside the manifests and write a MusicOnHold")


def read_ports(sections: Sequence[Section]) -> tuple[int, int] | None:
    """`rtpstart` and `rtpend`."""
    for section in sections:
        first, last = _whole(section.value("rtpstart")), _whole(section.value("rtpend"))
        if first and last and 1024 <= first < last <= 65535:
            return first, last
    return None


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and 0 < len(text) < 7 and int(text) > 0 else None
