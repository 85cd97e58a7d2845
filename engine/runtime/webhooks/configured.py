"""Webhooks as they are configured: for delivery with their secrets, for views without."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from engine.config.secret import Secrets
from engine.config.snapshot import TenantSnapshot
from engine.config.webhook import WebhookConfig
from engine.runtime.webhooks.http_post import Receiver
from engine.runtime.webhooks.line import LineState
from engine.runtime.webhooks.outbox import Backlog, Hook, Line
from engine.views import WebhookView

_UNKNOWN: Final = LineState()


def configured(tenants: Mapping[str, TenantSnapshot], secrets: Secrets, line: Line) -> Hook | None:
    """The webhook of a line; None if there is none, or a secret of it is missing (law 10)."""
    config = _config(tenants, line)
    if config is None:
        return None
    values = {ref: secrets.get(ref) for ref in config.secrets}
    if None in values.values():
        return None
    receiver = Receiver(
        url=config.url,
        auth=config.auth,
        user=config.user,
        password=None if config.password is None else values[config.password],
        timeout_s=config.timeout_s,
    )
    return Hook(
        receiver=receiver,
        signing_secret=None if config.signing_secret is None else values[config.signing_secret],
    )


def webhook_views(
    tenants: Mapping[str, TenantSnapshot], backlogs: Mapping[Line, Backlog], states: Mapping[Line, LineState]
) -> tuple[WebhookView, ...]:
    """Of all that are configured or still have something to post, by tenant and name."""
    lines = {
        Line(name, hook)
        for name, tenant in tenants.items()
        for hook in ("cdr", "events")
        if tenant.config.webhooks.named(hook) is not None
    }
    return tuple(
        [
            _view(line, _config(tenants, line), backlogs.get(line), states.get(line, _UNKNOWN))
            for line in sorted(lines | backlogs.keys())
        ]
    )


def _config(tenants: Mapping[str, TenantSnapshot], line: Line) -> WebhookConfig | None:
    tenant = tenants.get(line.tenant)
    return None if tenant is None else tenant.config.webhooks.named(line.hook)


def _view(line: Line, config: WebhookConfig | None, backlog: Backlog | None, state: LineState) -> WebhookView:
    return WebhookView(
        tenant=line.tenant,
        name=line.hook,
        host=None if config is None else urlsplit(config.url).netloc,
        pending=0 if backlog is None else backlog.pending,
        oldest_at=None if backlog is None else backlog.oldest_at,
        set_aside=0 if backlog is None else backlog.set_aside,
        error=state.error,
        failed_at=state.failed_at,
        delivered_at=state.delivered_at,
        next_attempt_at=state.next_attempt_at,
        delivered=state.delivered,
        failures=state.failures,
        dropped=state.dropped,
    )
