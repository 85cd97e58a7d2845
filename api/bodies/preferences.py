"""What people set for themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints

from api.bodies.body import Body
from api.bodies.word import Word
from engine.config.destination import DestinationConfig
from engine.config.extension import ForwardingConfig
from engine.preferences import AVAILABLE, PreferenceChange
from engine.views import PreferencesView

Short = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class ForwardingBody(Body):
    """As in an Extension's manifest. `to`: one destination, as `{"extension": "102"}` or `{"external": "+442079460100"}`."""

    model_config = ConfigDict(from_attributes=True, frozen=True, extra="forbid")

    when: Short
    hours: Short = "any"
    to: Annotated[dict[Short, Short], Field(min_length=1, max_length=1)]

    @classmethod
    def of(cls, entry: ForwardingConfig) -> ForwardingBody:
        return cls(when=entry.when, hours=entry.hours, to={entry.to.kind: entry.to.value})

    @property
    def config(self) -> ForwardingConfig:
        [(kind, value)] = self.to.items()
        return ForwardingConfig(when=self.when, hours=self.hours, to=DestinationConfig(kind=kind, value=value))


class SetBody(Body):
    """One of the things that are set. `preference`: as `mayChange` calls it; `counts`: false = without effect now; `note`: why, or what
    of it has none."""

    preference: str
    since: datetime
    by: str
    counts: bool
    note: str


class PreferencesBody(Body):
    """What the person of an Extension has set. `forwarding`, `greeting`: null = as the manifests have it; `queues`: of each that is named,
    whether its calls come; `may_change`: what the manifests let be set."""

    tenant: str
    extension: str
    number: str
    may_change: list[str]
    status: str
    forwarding: list[ForwardingBody] | None
    greeting: str | None
    queues: dict[str, bool]
    set: list[SetBody]

    @classmethod
    def of(cls, view: PreferencesView) -> PreferencesBody:
        return cls(
            tenant=view.tenant,
            extension=view.extension,
            number=view.number,
            may_change=list(view.may_change),
            status=view.status,
            forwarding=None if view.forwarding is None else [ForwardingBody.of(entry) for entry in view.forwarding],
            greeting=view.greeting,
            queues=dict(view.queues),
            set=[
                SetBody(preference=one.allowance, since=one.since, by=one.by, counts=one.counts, note=one.note)
                for one in view.said
            ],
        )


class PreferencesChangeBody(Body):
    """What is to be set; null, `available` and `{}` are as the manifests have it."""

    model_config = ConfigDict(from_attributes=True, frozen=True, extra="forbid")

    status: Short | None = None
    forwarding: Annotated[list[ForwardingBody] | None, Field(max_length=32)] = None
    greeting: Short | None = None
    queues: Annotated[dict[Short, bool] | None, Field(max_length=100)] = None
    author: Word = ""

    def change(self, fields: frozenset[str]) -> PreferenceChange:
        return PreferenceChange(
            fields=fields,
            status=self.status or AVAILABLE,
            forwarding=None if self.forwarding is None else tuple(entry.config for entry in self.forwarding),
            greeting=self.greeting,
            queues=tuple(sorted((self.queues or {}).items())),
        )

    def words(self, fields: frozenset[str]) -> str:
        """For the audit trail."""
        told: list[str] = []
        if "status" in fields:
            told.append(f"status {self.status or AVAILABLE}")
        if "forwarding" in fields:
            entries = "as the manifests have it" if self.forwarding is None else "to nowhere"
            told.append(f"forwarding {', '.join(map(_entry, self.forwarding or ())) or entries}")
        if "greeting" in fields:
            told.append(f"greeting {self.greeting or 'as the manifests have it'}")
        if "queues" in fields:
            told.append(
                f"queues {', '.join(f'{name} {_on(value)}' for name, value in (self.queues or {}).items()) or '-'}"
            )
        return "; ".join(told)


def _on(value: bool) -> str:
    return "on" if value else "off"


def _entry(entry: ForwardingBody) -> str:
    return f"{entry.when} {entry.hours} -> {entry.config.to}"
