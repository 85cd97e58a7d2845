"""Lists in manifests that are tuples in models: pydantic's strict mode would refuse a YAML list for them."""

from typing import Annotated, TypeVar

from pydantic import BeforeValidator, Field

from schema.field_type import refusal
from schema.problem import shown

T = TypeVar("T")


def _as_tuple(value: object) -> object:
    if isinstance(value, tuple):
        return value
    if not isinstance(value, list):
        raise refusal("type", f"is {shown(value)}, not a list", "write a list: [..., ...]")
    return tuple(value)


TextList = Annotated[tuple[T, ...], BeforeValidator(_as_tuple), Field(max_length=1000)]
