"""Who is to be told of what: records and events become messages where their tenant has a webhook for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final
from uuid import UUID

from engine.cdr import CallDetailRecord
from engine.config.snapshot import TenantSnapshot
from engine.ports import WebhookMessage
from engine.registrar.outcome import RegistrationEvent
from engine.webhooks.call_body import call_body
from engine.webhooks.registration_body import registration_body

CDR: Final = "cdr"
EVENTS: Final = "events"


class Announcer:
    """`tenants`: as configured now, None before the first configuration; `uuid7`: a new id, from UNIX milliseconds."""

    def __init__(
        self, tenants: Callable[[], Mapping[str, TenantSnapshot] | None], uuid7: Callable[[int], UUID]
    ) -> None:
        self._tenants = tenants
        self._uuid7 = uuid7

    @property
    def is_ready(self) -> bool:
        """False while nobody knows yet who has a webhook: then nothing may be stored without its message."""
        return self._tenants() is not None

    def wants(self, record: CallDetailRecord) -> bool:
        """Whether there is a message of this call."""
        tenant = self._tenant(record.tenant)
        return tenant is not None and tenant.config.webhooks.cdr is not None

    def of_record(self, record: CallDetailRecord) -> WebhookMessage | None:
        """What is posted of a call; always with the same id. None where nobody wants it."""
        tenant = self._tenant(record.tenant)
        if tenant is None or tenant.config.webhooks.cdr is None:
            return None
        return WebhookMessage(
            id=f"{CDR}-{record.call_id}",
            tenant=record.tenant,
            hook=CDR,
            at=record.ended_at.timestamp(),
            body=call_body(record, tenant.config.domain),
            call_id=record.call_id,
        )

    def of_event(self, event: RegistrationEvent, at: float) -> WebhookMessage | None:
        """What is posted of a phone that came or went `at` (UNIX seconds), with a new id. None where nobody wants it."""
        tenant = self._tenant(event.tenant)
        hook = None if tenant is None else tenant.config.webhooks.events
        if tenant is None or hook is None or event.type not in hook.types:
            return None
        return WebhookMessage(
            id=f"event-{self._uuid7(int(at * 1000))}",
            tenant=event.tenant,
            hook=EVENTS,
            at=at,
            body=registration_body(event, tenant.config.domain, at),
        )

    def _tenant(self, name: str) -> TenantSnapshot | None:
        tenants = self._tenants()
        return None if tenants is None else tenants.get(name)
