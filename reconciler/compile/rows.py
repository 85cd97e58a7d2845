"""Config values as rows of plain JSON values, and back: for the pipe from the child and for the compiled cache on disk.

A row is `[kind, field, field, ...]` in the order of the value's dataclass, a value inside a value is a list of its fields. `LAYOUT`
hashes the names and types of all of them: rows of another layout are not read, they are compiled anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from hashlib import sha256
from operator import attrgetter
from typing import Final, TypeAlias

from engine.config.extension import ExtensionConfig
from engine.config.listener import ListenerConfig
from engine.config.snapshot import ConfigItem
from engine.config.system import MediaConfig, SipConfig, SystemConfig
from engine.config.tenant import TenantConfig

Cell: TypeAlias = "str | int | float | bool | list[Cell] | None"
Row: TypeAlias = "Sequence[Cell]"


@dataclass(frozen=True, slots=True)
class _Values:
    """A dataclass; `inner`: those of its fields that are dataclasses themselves."""

    make: Callable[..., object]
    names: tuple[str, ...]
    types: tuple[str, ...]
    take: Callable[[object], tuple[Cell, ...]]
    inner: tuple[tuple[int, _Values], ...]

    @classmethod
    def of(cls, make: type, **inner: _Values) -> _Values:
        names = tuple(field.name for field in fields(make))
        return cls(
            make,
            names,
            tuple(str(field.type) for field in fields(make)),
            attrgetter(*names),
            tuple((names.index(name), shape) for name, shape in inner.items()),
        )

    def cells(self, value: object) -> list[Cell]:
        cells = list(self.take(value))
        for index, shape in self.inner:
            cells[index] = shape.cells(cells[index])
        return cells

    def value(self, cells: Sequence[Cell]) -> object:
        if len(cells) != len(self.names):
            raise ValueError(f"{len(cells)} cells where {self.make} has {len(self.names)} fields")
        values: dict[str, object] = dict(zip(self.names, cells, strict=True))
        for index, shape in self.inner:
            inner = cells[index]
            if not isinstance(inner, (list, tuple)):
                raise ValueError(f"{self.names[index]} is no list of cells")
            values[self.names[index]] = shape.value(inner)
        return self.make(**values)

    def layout(self) -> str:
        inner = ",".join(shape.layout() for _, shape in self.inner)
        return f"{self.names}{self.types}[{inner}]"


_SHAPES: Final = {
    "System": _Values.of(SystemConfig, media=_Values.of(MediaConfig), sip=_Values.of(SipConfig)),
    "Listener": _Values.of(ListenerConfig),
    "Tenant": _Values.of(TenantConfig),
    "Extension": _Values.of(ExtensionConfig),
}
_ITEMS: Final = (SystemConfig, ListenerConfig, TenantConfig, ExtensionConfig)

LAYOUT: Final = sha256(repr([(kind, shape.layout()) for kind, shape in _SHAPES.items()]).encode()).hexdigest()[:16]


def to_row(item: ConfigItem) -> list[Cell]:
    return [item.ref.kind, *_SHAPES[item.ref.kind].cells(item)]


def from_row(row: Row) -> ConfigItem:
    """ValueError for what is no row of this layout."""
    if not row or not isinstance(row[0], str) or row[0] not in _SHAPES:
        raise ValueError(f"no row of a known kind: {row[:1]!r}")
    item = _SHAPES[row[0]].value(row[1:])
    assert isinstance(item, _ITEMS)  # noqa: S101  # our own table
    return item
