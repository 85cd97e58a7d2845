"""What all bodies share, and a page of them."""

from __future__ import annotations

from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, field_validator

from engine.config.ref import ConfigRef

ItemT = TypeVar("ItemT")


class Body(BaseModel):
    """Base of all: frozen, read from attributes."""

    model_config = ConfigDict(from_attributes=True, frozen=True)

    @field_validator("*")
    @classmethod
    def _make_encodable(cls, value: object) -> object:
        """Bytes of a phone's that were not UTF-8 are lone surrogates in the engine; no JSON takes them, so they show as U+FFFD."""
        if not isinstance(value, str) or value.isascii():
            return value
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


class Page(Body, Generic[ItemT]):
    """`next`: the `cursor` of the page after this one; null on the last."""

    items: list[ItemT]
    next: str | None


def cursor_of(ref: ConfigRef) -> str:
    """A key as a cursor: names have no `/`."""
    return "/".join(ref)
