"""A posted event, field by field."""

from __future__ import annotations

import json

from engine.registrar.outcome import RegistrationEvent
from engine.webhooks.registration_body import registration_body


def test_a_phone_that_came() -> None:
    event = RegistrationEvent("extension_registered", "acme", "101", "192.0.2.7", 12.5)
    assert json.loads(registration_body(event, "acme.example", 1_800_000_000.9)) == {
        "event_type": "extension_registered",
        "tenant_id": "acme",
        "extension_number": "101",
        "source_ip": "192.0.2.7",
        "time": 1_800_000_000,
        "domain": "acme.example",
    }
