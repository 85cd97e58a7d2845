"""Field types by themselves, as tests ask them: without a manifest around the value."""

from collections.abc import Callable
from typing import get_args

from schema.field_type import FieldType


def reader_of(annotated: object) -> Callable[[object], object]:
    """Return what reads a value of `Annotated[..., FieldType()]`."""
    [field_type] = [part for part in get_args(annotated) if isinstance(part, FieldType)]
    reader: Callable[[object], object] = field_type.read
    return reader
