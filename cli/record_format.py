"""How call records are written out."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """`--format`."""

    CSV = "csv"
    JSONL = "jsonl"
