"""The difference between two states, as values: the heart of following.

Pure. States are mappings from `ConfigRef` to the value; equal values are no change, wherever they stand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.config.ref import ConfigRef
from engine.config.snapshot import ConfigItem


@dataclass(frozen=True, slots=True)
class Create:
    """A value that was not there."""

    new: ConfigItem

    @property
    def ref(self) -> ConfigRef:
        return self.new.ref


@dataclass(frozen=True, slots=True)
class Update:
    """Another value under the same key."""

    old: ConfigItem
    new: ConfigItem

    @property
    def ref(self) -> ConfigRef:
        return self.new.ref


@dataclass(frozen=True, slots=True)
class Delete:
    """A value that is no longer wanted."""

    old: ConfigItem

    @property
    def ref(self) -> ConfigRef:
        return self.old.ref


Change = Create | Update | Delete


def diff(observed: Mapping[ConfigRef, ConfigItem], desired: Mapping[ConfigRef, ConfigItem]) -> Iterator[Change]:
    """What turns `observed` into `desired`, sorted by key."""
    for ref in sorted(observed.keys() | desired.keys()):
        old, new = observed.get(ref), desired.get(ref)
        if old is None and new is not None:
            yield Create(new)
        elif old is not None and new is None:
            yield Delete(old)
        elif old is not None and new is not None and old != new:
            yield Update(old, new)
