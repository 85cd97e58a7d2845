"""`Tenant.spec.webhooks` to `WebhooksConfig`."""

from __future__ import annotations

from engine.config.webhook import WebhookConfig, WebhooksConfig
from reconciler.compile.secret import secret_ref
from schema.webhook import CdrWebhook, EventWebhook, Webhooks


def compile_webhooks(spec: Webhooks) -> WebhooksConfig:
    return WebhooksConfig(
        cdr=None if spec.cdr is None else _webhook(spec.cdr),
        events=None if spec.events is None else _webhook(spec.events),
    )


def _webhook(spec: CdrWebhook | EventWebhook) -> WebhookConfig:
    login = spec.auth.basic or spec.auth.digest
    return WebhookConfig(
        url=spec.url,
        auth="none" if login is None else "basic" if spec.auth.basic is not None else "digest",
        user="" if login is None else login.user,
        password=None if login is None else secret_ref(login.password),
        signing_secret=None if spec.signing_secret is None else secret_ref(spec.signing_secret),
        timeout_s=spec.timeout.total_seconds(),
        types=tuple(spec.types) if isinstance(spec, EventWebhook) else (),
    )
