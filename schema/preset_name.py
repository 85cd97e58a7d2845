"""The field that names a trunk's preset."""

from typing import Annotated

from schema.field_type import FieldType, refusal
from schema.nearest import one_of
from schema.presets import PRESETS
from schema.problem import shown


class _PresetName(FieldType[str]):
    def read(self, value: object) -> str:
        """Return the name."""
        if isinstance(value, str) and value in PRESETS:
            return str(value)
        hint = one_of(value, list(PRESETS)) if isinstance(value, str) else "write generic, or the name of one"
        raise refusal("preset", f"is {shown(value)}, which is no preset that is known here", hint)

    def write(self, value: str) -> str:
        """Return the name."""
        return value

    def json_schema(self) -> dict[str, object]:
        """Return all names."""
        return {"type": "string", "enum": list(PRESETS)}


PresetName = Annotated[str, _PresetName()]
