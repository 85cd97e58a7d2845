"""A hash of a config value that says what it says: fields that stand at their default are left out.

So a field that is added later, with a default that changes nothing, changes no digest and no revision of what is written already.
"""

from __future__ import annotations

from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def digest_of(value: object) -> str:
    """The hash, in lower-case hex. `value`: a frozen dataclass of plain values, tuples and such dataclasses."""
    return sha256(_stated(value).encode()).hexdigest()


def _stated(value: object) -> str:
    if isinstance(value, tuple) and type(value) is tuple:
        return f"({','.join(map(_stated, value))})"
    if not is_dataclass(value):
        return repr(value)
    told = [
        f"{name}={_stated(found)}"
        for name, default in _fields_of(value.__class__)
        if (found := getattr(value, name)) != default
    ]
    return f"{type(value).__name__}({','.join(told)})"


@cache
def _fields_of(kind: type[DataclassInstance]) -> tuple[tuple[str, object], ...]:
    return tuple((field.name, _default_of(field)) for field in fields(kind) if field.init)


def _default_of(field: Field[Any]) -> object:
    if field.default is not MISSING:
        return field.default
    return field.default_factory() if field.default_factory is not MISSING else MISSING
