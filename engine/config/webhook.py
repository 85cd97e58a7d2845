"""Where a tenant's call records and registration events are posted to. Defaults are those of `Tenant.spec.webhooks`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from engine.config.secret import SecretRef

REGISTERED: Final = "extension_registered"
UNREGISTERED: Final = "extension_unregistered"
EXPIRED: Final = "extension_expired"
EVENT_TYPES: Final = (REGISTERED, UNREGISTERED, EXPIRED)
"""What may stand in `WebhookConfig.types`, and in the field `event_type` of an event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookConfig:
    """One receiver. `auth`: none, basic or digest, the latter two with `user` and `password`; `signing_secret`: None = unsigned.

    `types`: which registration events it wants; says nothing of call records.
    """

    url: str
    auth: str = "none"
    user: str = ""
    password: SecretRef | None = None
    signing_secret: SecretRef | None = None
    timeout_s: float = 10.0
    types: tuple[str, ...] = ()

    @property
    def secrets(self) -> tuple[SecretRef, ...]:
        """Those without which nothing can be posted."""
        return tuple([ref for ref in (self.password, self.signing_secret) if ref is not None])


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhooksConfig:
    """`cdr`: gets each call record; `events`: gets registration events; None = nobody does."""

    cdr: WebhookConfig | None = None
    events: WebhookConfig | None = None

    @property
    def all(self) -> tuple[WebhookConfig, ...]:
        return tuple([hook for hook in (self.cdr, self.events) if hook is not None])

    def named(self, name: str) -> WebhookConfig | None:
        """By its field's name, under which the outbox knows it."""
        return self.cdr if name == "cdr" else self.events if name == "events" else None


NO_WEBHOOKS: Final = WebhooksConfig()
