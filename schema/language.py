"""The languages in which Trunkline speaks to callers."""

from typing import Literal

Language = Literal["en", "zh"]
