"""A short text of a client's."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

Word = Annotated[str, Field(max_length=200)]
