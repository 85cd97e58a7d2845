"""Config values as rows of plain JSON values, and back: for the pipe from the child and for the compiled cache on disk.

A row is `[word, field, field, ...]`: the word of the value's type, then in the order of its dataclass; a value inside a value is a list of
its fields, a tuple a list of its elements. What is what is read from the dataclasses' annotations. `LAYOUT` hashes the names and types of
all of them: rows of another layout are not read, they are compiled anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from hashlib import sha256
from operator import attrgetter
from types import NoneType
from typing import Final, TypeAlias, TypeGuard, get_args, get_origin, get_type_hints

from engine.config.declared import DeclaredConfig
from engine.config.extension import ExtensionConfig
from engine.config.inbound_rule import InboundRuleConfig
from engine.config.ip_rule import IpRuleConfig
from engine.config.listener import ListenerConfig
from engine.config.office_hours import OfficeHoursConfig
from engine.config.outbound_rule import OutboundRuleConfig
from engine.config.rate_table import RateTableConfig
from engine.config.ring_group import RingGroupConfig
from engine.config.snapshot import ConfigItem
from engine.config.system import SystemConfig
from engine.config.tenant import TenantConfig
from engine.config.trunk import TrunkConfig

Cell: TypeAlias = "str | int | float | bool | list[Cell] | None"
Row: TypeAlias = "Sequence[Cell]"


@dataclass(frozen=True, slots=True)
class _Values:
    """A dataclass; `inner`: those of its fields that are no plain JSON values."""

    make: Callable[..., object]
    names: tuple[str, ...]
    types: tuple[str, ...]
    take: Callable[[object], object]
    inner: tuple[tuple[int, _Shape], ...]

    @classmethod
    def of(cls, make: type) -> _Values:
        names = tuple(field.name for field in fields(make) if field.init)
        hints = get_type_hints(make)
        shapes = [(index, _shape_of(hints[name])) for index, name in enumerate(names)]
        return cls(
            make,
            names,
            tuple(str(field.type) for field in fields(make) if field.init),
            attrgetter(*names),
            tuple((index, shape) for index, shape in shapes if shape is not None),
        )

    def cells(self, value: object) -> list[Cell]:
        taken = self.take(value)
        cells: list[Cell] = list(taken) if isinstance(taken, tuple) and len(self.names) > 1 else [taken]  # type: ignore[list-item]  # plain, or replaced below
        for index, shape in self.inner:
            cells[index] = shape.cells(cells[index])
        return cells

    def value(self, cells: object) -> object:
        if not _is_list(cells) or len(cells) != len(self.names):
            raise ValueError(f"no list of the {len(self.names)} fields of {self.make}")
        values: dict[str, object] = dict(zip(self.names, cells, strict=True))
        for index, shape in self.inner:
            values[self.names[index]] = shape.value(cells[index])
        return self.make(**values)

    def layout(self) -> str:
        inner = ",".join(shape.layout() for _, shape in self.inner)
        return f"{self.names}{self.types}[{inner}]"


@dataclass(frozen=True, slots=True)
class _Many:
    """A tuple whose elements are of one type; `of` is None if that is plain."""

    of: _Shape | None

    def cells(self, value: object) -> list[Cell]:
        assert isinstance(value, tuple)  # noqa: S101  # our own annotation
        return list(value) if self.of is None else [self.of.cells(element) for element in value]

    def value(self, cells: object) -> object:
        if not _is_list(cells):
            raise ValueError("no list where a tuple is wanted")
        return tuple(cells) if self.of is None else tuple(self.of.value(cell) for cell in cells)

    def layout(self) -> str:
        return "*" if self.of is None else f"*{self.of.layout()}"


@dataclass(frozen=True, slots=True)
class _Perhaps:
    """A value that may be None."""

    of: _Shape

    def cells(self, value: object) -> list[Cell] | None:
        return None if value is None else self.of.cells(value)

    def value(self, cells: object) -> object:
        return None if cells is None else self.of.value(cells)

    def layout(self) -> str:
        return f"?{self.of.layout()}"


_Shape: TypeAlias = "_Values | _Many | _Perhaps"


def _shape_of(hint: object) -> _Shape | None:
    """How a field of this type is written; None for what JSON has itself."""
    if isinstance(hint, type) and is_dataclass(hint):
        return _Values.of(hint)
    if get_origin(hint) is tuple:
        return _Many(_shape_of(get_args(hint)[0]))
    parts = [part for part in get_args(hint) if part is not NoneType]
    inner = _shape_of(parts[0]) if len(parts) == 1 else None
    return None if inner is None else _Perhaps(inner)


def _is_list(cells: object) -> TypeGuard[Sequence[object]]:
    return isinstance(cells, (list, tuple))


_ITEMS: Final = (
    SystemConfig,
    ListenerConfig,
    IpRuleConfig,
    TenantConfig,
    ExtensionConfig,
    OfficeHoursConfig,
    TrunkConfig,
    InboundRuleConfig,
    OutboundRuleConfig,
    RingGroupConfig,
    RateTableConfig,
    DeclaredConfig,
)
_SHAPES: Final = {item.__name__.removesuffix("Config"): _Values.of(item) for item in _ITEMS}
_WORDS: Final = {item: item.__name__.removesuffix("Config") for item in _ITEMS}

LAYOUT: Final = sha256(repr([(kind, shape.layout()) for kind, shape in _SHAPES.items()]).encode()).hexdigest()[:16]


def to_row(item: ConfigItem) -> list[Cell]:
    word = _WORDS[type(item)]
    return [word, *_SHAPES[word].cells(item)]


def from_row(row: Row) -> ConfigItem:
    """ValueError for what is no row of this layout."""
    if not row or not isinstance(row[0], str) or row[0] not in _SHAPES:
        raise ValueError(f"no row of a known kind: {row[:1]!r}")
    item = _SHAPES[row[0]].value(row[1:])
    assert isinstance(item, _ITEMS)  # noqa: S101  # our own table
    return item
