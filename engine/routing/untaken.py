"""Which endings of ringing are which `when` of a forwarding rule, and which let a ring group's call go on.

A phone that declines, or that says 480 before it rings (RFC 3261 §21.4.18: not to be disturbed), is `unavailable`; one that says 480 after
it rang has given up ringing, which is `noAnswer`. What failed (488, 500 ...) is no state of a person: forwarding leaves it to the caller.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from engine.cause import Outcome

FORWARDED_ON: Final[Mapping[str, frozenset[Outcome]]] = MappingProxyType(
    {
        "offline": frozenset({Outcome.OFFLINE}),
        "noAnswer": frozenset({Outcome.NO_ANSWER}),
        "busy": frozenset({Outcome.BUSY}),
        "unavailable": frozenset({Outcome.UNAVAILABLE, Outcome.DECLINED}),
    }
)
"""By the `when` of a `ForwardingConfig`. `always`, `away` and `doNotDisturb` are decided before anything rings."""

TAKEN_BY_NOBODY: Final = frozenset(
    {
        Outcome.NO_ANSWER,
        Outcome.BUSY,
        Outcome.DECLINED,
        Outcome.UNAVAILABLE,
        Outcome.OFFLINE,
        Outcome.REFUSED,
        Outcome.FAILED,
    }
)
"""However its members did not take the call, a ring group's `noAnswer` destination gets it: the caller wants the group, not a person."""
