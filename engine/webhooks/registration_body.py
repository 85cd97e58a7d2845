"""A phone that came or went as it is posted: the JSON that event receivers know."""

from __future__ import annotations

from engine.registrar.outcome import RegistrationEvent
from engine.webhooks.text import clean, compact


def registration_body(event: RegistrationEvent, domain: str, at: float) -> str:
    """`domain`: the SIP domain of the event's tenant; `at`: when it happened, UNIX seconds."""
    return compact(
        {
            "event_type": event.type,
            "tenant_id": event.tenant,
            "extension_number": clean(event.number),
            "source_ip": event.host,
            "time": int(at),
            "domain": domain,
        }
    )
