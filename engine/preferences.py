"""What people set for themselves, without a manifest: their status, where their calls go, which greeting is heard, which queues they serve.

A door, and a live fact, not configuration: what the person's extension lets them change is in the snapshot, and what it does not let
them change counts for nothing, however it stands here. As JSON it is what the database keeps, and what a record keeps of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, NamedTuple

from engine.config.destination import DestinationConfig
from engine.config.extension import ExtensionConfig, ForwardingConfig
from engine.config.tenant import TenantConfig

AVAILABLE: Final = "available"
AWAY: Final = "away"
DO_NOT_DISTURB: Final = "doNotDisturb"
STATUSES: Final = (AVAILABLE, AWAY, DO_NOT_DISTURB)

STATUS: Final = "doNotDisturb"
FORWARDING: Final = "forwarding"
GREETING: Final = "greeting"
QUEUES: Final = "queueLogin"
ALLOWANCES: Final[Mapping[str, str]] = {
    "status": STATUS,
    "forwarding": FORWARDING,
    "greeting": GREETING,
    "queues": QUEUES,
}
"""What `mayChange` calls each of the things that are set."""

WHEN: Final = ("always", "offline", "noAnswer", "busy", "unavailable", AWAY, DO_NOT_DISTURB)
HOURS: Final = ("any", "in", "out")

PreferenceKey = tuple[str, str]
"""Tenant, and name of the Extension: what a person keeps when the number changes."""


class Said(NamedTuple):
    """Since when, and who set it."""

    since: datetime
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """Of one extension. `forwarding`: None = as the manifests have it, () = nowhere; `greeting`: None = the same; `queues`: of each that is
    named, whether it takes its calls. `said`: who set each of them that is set, by what `mayChange` calls it. `text`: as `document` has it.
    """

    tenant: str
    extension: str
    status: str = AVAILABLE
    forwarding: tuple[ForwardingConfig, ...] | None = None
    greeting: str | None = None
    queues: tuple[tuple[str, bool], ...] = ()
    said: tuple[tuple[str, Said], ...] = ()
    text: str = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        # Made once, when it is set: each call to who has set something keeps it.
        object.__setattr__(self, "text", document(self))

    @property
    def key(self) -> PreferenceKey:
        return (self.tenant, self.extension)

    @property
    def is_empty(self) -> bool:
        return self.status == AVAILABLE and self.forwarding is None and self.greeting is None and not self.queues

    def said_of(self, allowance: str) -> Said | None:
        return next((said for name, said in self.said if name == allowance), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferenceChange:
    """What somebody wants to be otherwise. `fields`: which of these count, as the keys of ALLOWANCES; one that is None (or `available`,
    or no queue at all) is as the manifests have it from then on.
    """

    fields: frozenset[str]
    status: str | None = None
    forwarding: tuple[ForwardingConfig, ...] | None = None
    greeting: str | None = None
    queues: tuple[tuple[str, bool], ...] = ()


def may_change(tenant: TenantConfig, extension: ExtensionConfig) -> tuple[str, ...]:
    """What its person may set: as the extension says, else as its tenant does."""
    return tenant.may_change if extension.may_change is None else extension.may_change


def changed(before: Preferences, change: PreferenceChange, at: datetime, by: str) -> Preferences:
    """What stands after the change. What is set to what it is already keeps who set it."""
    status = (change.status or AVAILABLE) if "status" in change.fields else before.status
    forwarding = change.forwarding if "forwarding" in change.fields else before.forwarding
    greeting = change.greeting if "greeting" in change.fields else before.greeting
    queues = change.queues if "queues" in change.fields else before.queues
    same = {
        STATUS: (before.status, status, status != AVAILABLE),
        FORWARDING: (before.forwarding, forwarding, forwarding is not None),
        GREETING: (before.greeting, greeting, greeting is not None),
        QUEUES: (before.queues, queues, bool(queues)),
    }
    said = tuple(
        (name, (before.said_of(name) if was == now else None) or Said(at, by))
        for name, (was, now, is_set) in same.items()
        if is_set
    )
    return Preferences(
        tenant=before.tenant,
        extension=before.extension,
        status=status,
        forwarding=forwarding,
        greeting=greeting,
        queues=queues,
        said=said,
    )


# As text


def document(preferences: Preferences) -> str:
    """JSON, what is not set left out."""
    shape: dict[str, object] = {}
    if preferences.status != AVAILABLE:
        shape["status"] = preferences.status
    if preferences.forwarding is not None:
        shape["forwarding"] = [
            {"when": entry.when, "hours": entry.hours, "to": {entry.to.kind: entry.to.value}}
            for entry in preferences.forwarding
        ]
    if preferences.greeting is not None:
        shape["greeting"] = preferences.greeting
    if preferences.queues:
        shape["queues"] = dict(preferences.queues)
    shape["said"] = {name: [said.since.isoformat(), said.by] for name, said in preferences.said}
    return json.dumps(shape, separators=(",", ":"))


def preferences_of(tenant: str, extension: str, text: str) -> Preferences:
    """What `document` made. ValueError for what it did not."""
    try:
        shape = json.loads(text)
        forwarding = shape.get("forwarding")
        return Preferences(
            tenant=tenant,
            extension=extension,
            status=_one_of(shape.get("status", AVAILABLE), STATUSES),
            forwarding=None if forwarding is None else tuple(map(_forwarding, forwarding)),
            greeting=_text(shape["greeting"]) if "greeting" in shape else None,
            queues=tuple((_text(name), bool(is_in)) for name, is_in in shape.get("queues", {}).items()),
            said=tuple((_text(name), _said(*said)) for name, said in shape.get("said", {}).items()),
        )
    except (AttributeError, KeyError, OverflowError, TypeError, RecursionError) as error:
        raise ValueError(f"no preferences: {type(error).__name__}") from error


def _forwarding(shape: Mapping[str, object]) -> ForwardingConfig:
    to = shape["to"]
    if not isinstance(to, dict) or len(to) != 1:
        raise ValueError("not one destination")
    [(kind, value)] = to.items()
    return ForwardingConfig(
        when=_one_of(shape["when"], WHEN),
        hours=_one_of(shape["hours"], HOURS),
        to=DestinationConfig(kind=_text(kind), value=_text(value)),
    )


def _said(since: object, by: object) -> Said:
    return Said(datetime.fromisoformat(_text(since)).astimezone(UTC), _text(by))


def _one_of(value: object, known: tuple[str, ...]) -> str:
    if value not in known:
        raise ValueError(f"{value!r} is none of {', '.join(known)}")
    return str(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value
