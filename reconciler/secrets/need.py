"""Which secrets a config value needs. Knows no manifest, so that a start from the cache does not import the schema."""

from __future__ import annotations

from engine.config.extension import ExtensionConfig
from engine.config.secret import SecretRef
from engine.config.snapshot import ConfigItem
from engine.config.tenant import TenantConfig
from engine.config.trunk import TrunkConfig


def secrets_of(item: ConfigItem) -> tuple[SecretRef, ...]:
    """The secrets without which the value can't be prepared."""
    match item:
        case ExtensionConfig():
            return (item.password,)
        case TrunkConfig() if item.credentials is not None:
            return (item.credentials.password,)
        case TenantConfig():
            return tuple([ref for hook in item.webhooks.all for ref in hook.secrets])
        case _:
            return ()
