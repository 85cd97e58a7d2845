"""The answer of routing: what to do with the call, and the trace that explains it in rule, file and line.

Named tuples, not dataclasses: each call makes some, and frozen dataclasses are dearer to make.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from dialing.number import Number
from engine.cause import Cause, Outcome
from engine.config.destination import DestinationConfig
from engine.config.ref import ConfigRef, Origin
from engine.routing.facts import Fact


class Verdict(Enum):
    """What a step of the trace says of its rule."""

    MATCHED = "matched"
    MISSED = "missed"
    REFUSED = "refused"


class TraceStep(NamedTuple):
    """`rule`: the configuration value that spoke, None for a rule of the house; `why`: one sentence for people."""

    verdict: Verdict
    rule: ConfigRef | None
    origin: Origin | None
    why: str


class Trace(NamedTuple):
    """Steps in the order taken, the nearest misses after them, and every live fact that was asked."""

    steps: tuple[TraceStep, ...]
    facts: tuple[Fact, ...]


class ExtensionTarget(NamedTuple):
    """All contacts of one extension."""

    tenant: str
    number: str


class TrunkTarget(NamedTuple):
    """One number outside, over one trunk. `tenant`: whose call it is; `number`: the digits as they are sent, `callee` what they stand for.

    `caller_id`: the number that is shown, as it is sent, "" = the extension's own number; `is_anonymous`: none is shown (RFC 3323).
    `by`: the extension whose call to the outside it is and whose limits it counts against (the one that calls, or that forwards), "" = of
    nobody but the tenant.
    """

    tenant: str
    trunk: ConfigRef
    number: str
    callee: Number
    caller_id: str = ""
    is_anonymous: bool = False
    by: str = ""


Target = ExtensionTarget | TrunkTarget


class Onward(NamedTuple):
    """Where the call goes when ringing ends so: `when` are outcomes of a `Cause`. The rule that says so stands in its trace step.

    `rule`, `origin`: the configuration value that says so; `been`: where the call has been until then; `by`: the extension that sends it
    on, "" = a ring group or a rule does.
    """

    when: frozenset[Outcome]
    to: DestinationConfig
    rule: ConfigRef
    origin: Origin | None
    been: tuple[DestinationConfig, ...] = ()
    by: str = ""


class Hop(NamedTuple):
    """A place that sent the call on without ringing. `outcome`: why nothing could be rung there, None = it never rings."""

    rule: ConfigRef
    outcome: Outcome | None


class Dial(NamedTuple):
    """Ring `targets` together for `ring_time_s`; the first to answer gets the call. `onward`: the first that fits how it ended.

    `hops`: who sent the call here, first to last.
    """

    targets: tuple[Target, ...]
    ring_time_s: float
    trace: Trace
    onward: tuple[Onward, ...] = ()
    hops: tuple[Hop, ...] = ()


class DialOut(NamedTuple):
    """Try `routes` in order: the next one if a trunk can't be reached, is full, or answers a status of `failover_on`.

    `is_emergency`: no quota, no block, and no limit of a trunk holds it up.
    """

    routes: tuple[TrunkTarget, ...]
    failover_on: tuple[int, ...]
    ring_time_s: float
    trace: Trace
    is_emergency: bool = False
    hops: tuple[Hop, ...] = ()


class HuntStep(NamedTuple):
    """Some members, rung together for `ring_time_s`."""

    targets: tuple[Target, ...]
    ring_time_s: float


class Hunt(NamedTuple):
    """Ring the members of a ring group, step by step, until one answers or `ring_time_s` have passed in all."""

    group: ConfigRef
    steps: tuple[HuntStep, ...]
    ring_time_s: float
    trace: Trace
    onward: tuple[Onward, ...] = ()
    hops: tuple[Hop, ...] = ()


class Refuse(NamedTuple):
    """End the call with `cause`."""

    cause: Cause
    trace: Trace


RouteDecision = Dial | DialOut | Hunt | Refuse
"""Closed; a service joins with the first kind that needs it."""
