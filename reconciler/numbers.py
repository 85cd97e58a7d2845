"""Which numbers can be dialled in a set of values, and whose each is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.config.extension import ExtensionConfig
from engine.config.ref import ConfigRef
from engine.config.ring_group import RingGroupConfig
from engine.config.snapshot import ConfigItem


def numbers_of(items: Iterable[ConfigItem]) -> Mapping[str, ConfigRef]:
    """Number to the value that owns it, of one tenant."""
    return {item.number: item.ref for item in items if isinstance(item, (ExtensionConfig, RingGroupConfig))}
