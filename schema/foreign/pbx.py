"""A foreign PBX, as far as it was understood: phones, carriers, and what its dial plan does with which numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from schema.foreign.digits import Digits
from schema.foreign.moment import Moment
from schema.foreign.outcome import Outcome
from schema.mark import Mark
from schema.problem import Problem, Report, Severity

MOST_LEFTOVERS: Final = 2_000
LEFT_BEHIND: Final = "left-behind"
FOREIGN_SYNTAX: Final = "foreign-syntax"


class NotRead(Exception):
    """Foreign text that can't be read or must not be followed: nothing comes of the whole import."""

    def __init__(self, mark: Mark, what: str, hint: str) -> None:
        super().__init__(what)
        self.problem = Problem(mark=mark, message=what, hint=hint, rule=FOREIGN_SYNTAX)


@dataclass(slots=True)
class Leftovers:
    """What could not be carried over: where it stands there, and why. Each is told once."""

    problems: dict[Problem, None] = field(default_factory=dict)

    def add(self, mark: Mark, what: str, hint: str) -> None:
        """`what`: with its value, never with a secret; `hint`: what becomes of it, or what to do."""
        if len(self.problems) < MOST_LEFTOVERS:
            self.problems[Problem(mark=mark, message=what, hint=hint, rule=LEFT_BEHIND, severity=Severity.WARNING)] = (
                None
            )

    @property
    def report(self) -> Report:
        """All of them, in reading order."""
        return Report.of(self.problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """An account that a phone registers with. `password`: None = none that can be used; `context`: where its calls begin."""

    name: str
    mark: Mark
    auth_user: str = ""
    password: str | None = field(default=None, repr=False)
    display_name: str = ""
    caller_number: str = ""
    max_contacts: int | None = None
    context: str = ""
    box: str = ""
    outbound_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """A trunk. `register_user`: "" = it does not register; `context`: where its calls begin; `seconds`: of a registration."""

    name: str
    mark: Mark
    host: str
    backup_hosts: tuple[str, ...] = ()
    proxy: str = ""
    transport: str = "udp"
    domain: str = ""
    register_user: str = ""
    seconds: int | None = None
    auth_user: str = ""
    password: str | None = field(default=None, repr=False)
    addresses: tuple[str, ...] = ()
    context: str = ""
    contact_user: str = ""
    """The user of our Contact there, which calls are sent to; "" = as `register_user`."""
    options_seconds: int | None = None
    number: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """Of a context's rows the first one that matches counts. `when`: only then; `callers`: only for these, by masks, () = for all."""

    pattern: Digits
    outcome: Outcome
    mark: Mark
    when: Moment | None = None
    callers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueDraft:
    """A queue; `members`: names of phones. `strategy`: as ours."""

    name: str
    mark: Mark
    members: tuple[str, ...]
    strategy: str = "simultaneous"
    member_seconds: int | None = None
    max_callers: int | None = None
    position_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxDraft:
    """A mailbox."""

    name: str
    mark: Mark
    pin: str | None = field(default=None, repr=False)
    person: str = ""
    mail: str = ""


@dataclass(slots=True, kw_only=True)
class RoomDraft:
    """A conference room; filled as calls are seen to enter it. `is_open`: somebody enters without a PIN."""

    mark: Mark
    pin: str = field(default="", repr=False)
    admin_pin: str = field(default="", repr=False)
    most: int | None = None
    is_open: bool = False


@dataclass(slots=True, kw_only=True)
class MenuDraft:
    """A menu; filled when it is looked at."""

    key: str
    mark: Mark
    prompts: tuple[str, ...] = ()
    seconds: int | None = None
    keys: dict[str, Outcome] = field(default_factory=dict)
    on_timeout: Outcome | None = None
    on_invalid: Outcome | None = None
    has_direct_dial: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerDraft:
    """A socket for SIP."""

    name: str
    mark: Mark
    transport: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignPbx:
    """`inside`: rows by the context that phones' calls begin in; `arriving`: rows by carrier; `ports`: of media."""

    phones: Mapping[str, Phone]
    carriers: Mapping[str, Carrier]
    inside: Mapping[str, Sequence[Row]]
    arriving: Mapping[str, Sequence[Row]]
    queues: Mapping[str, QueueDraft] = field(default_factory=dict)
    boxes: Mapping[str, BoxDraft] = field(default_factory=dict)
    menus: Mapping[str, MenuDraft] = field(default_factory=dict)
    rooms: Mapping[str, RoomDraft] = field(default_factory=dict)
    listeners: Sequence[ListenerDraft] = ()
    ports: tuple[int, int] | None = None
    domain: str = ""
