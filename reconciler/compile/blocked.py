"""An entry of `Tenant.spec.blocked` to `BlockedConfig`."""

from __future__ import annotations

from engine.config.blocked import BlockedConfig
from schema.blocked import Blocked


def compile_blocked(entry: Blocked) -> BlockedConfig:
    return BlockedConfig(
        numbers=entry.number,
        is_from=entry.calls != "to",
        is_to=entry.calls != "from",
        remark=entry.remark or "",
    )
