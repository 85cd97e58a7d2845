"""Who is told of what: those whose tenant has a webhook now, and wants it."""

from __future__ import annotations

import json
from uuid import UUID

from engine.config.snapshot import TenantSnapshot
from engine.config.tenant import TenantConfig
from engine.config.webhook import WebhookConfig, WebhooksConfig
from engine.registrar.outcome import RegistrationEvent
from engine.webhooks.announcer import Announcer
from tests.support.call_records import call_id, record

HOOK = WebhookConfig(url="https://crm.example/", types=("extension_registered",))


def announcer(webhooks: WebhooksConfig, tenant: str = "acme") -> Announcer:
    config = TenantConfig(name=tenant, domain="pbx.example", webhooks=webhooks)
    count = iter(range(1, 100))
    tenants = {tenant: TenantSnapshot.build([config])}
    return Announcer(lambda: tenants, lambda ms: UUID(int=(ms << 80) | next(count)))


def event(kind: str) -> RegistrationEvent:
    return RegistrationEvent(kind, "acme", "101", "192.0.2.7", 5.0)


def test_a_record_always_has_the_same_id_and_goes_to_its_tenants_webhook() -> None:
    found = [announcer(WebhooksConfig(cdr=HOOK)).of_record(record(1)) for _ in range(2)]
    assert found[0] == found[1]
    message = found[0]
    assert message is not None
    assert (message.id, message.tenant, message.hook, message.call_id) == (
        f"cdr-{call_id(1)}",
        "acme",
        "cdr",
        call_id(1),
    )
    assert message.at == record(1).ended_at.timestamp()
    assert json.loads(message.body)["caller"] == "sip:101@pbx.example"


def test_an_event_has_an_id_of_its_own() -> None:
    subject = announcer(WebhooksConfig(events=HOOK))
    first, second = (
        subject.of_event(event("extension_registered"), 7.0),
        subject.of_event(event("extension_registered"), 7.0),
    )
    assert first is not None
    assert second is not None
    assert first.id != second.id
    assert (first.hook, first.at, first.call_id) == ("events", 7.0, None)
    assert json.loads(first.body)["time"] == 7


def test_who_has_no_webhook_is_told_nothing() -> None:
    assert announcer(WebhooksConfig(events=HOOK)).of_record(record(1)) is None
    assert announcer(WebhooksConfig(cdr=HOOK)).of_event(event("extension_registered"), 7.0) is None
    assert announcer(WebhooksConfig(cdr=HOOK), tenant="beta").of_record(record(1)) is None


def test_only_the_types_that_are_wanted() -> None:
    assert announcer(WebhooksConfig(events=HOOK)).of_event(event("extension_expired"), 7.0) is None


def test_before_the_first_configuration_nobody_knows() -> None:
    assert announcer(WebhooksConfig()).is_ready
    subject = Announcer(lambda: None, lambda _: UUID(int=0))
    assert not subject.is_ready
    assert subject.of_record(record(1)) is None
