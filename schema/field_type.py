"""The base of all field types whose text has a form of its own: durations, names, addresses.

A field type stands in a model as `Annotated[timedelta, Duration(...)]`. It reads what the YAML holds, refuses with
words of ours, and describes itself for the JSON Schema. pydantic's own wording never reaches anybody: `validation`
rewrites what the models themselves refuse.
"""

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import PydanticCustomError, core_schema

T = TypeVar("T")


class FieldType(ABC, Generic[T]):
    """How the values of a field are written in YAML."""

    @abstractmethod
    def read(self, value: object) -> T:
        """Return the value; raise `refusal` if what the YAML holds is none."""

    @abstractmethod
    def write(self, value: T) -> str | int:
        """Return the value as one would write it in YAML: how the JSON Schema shows defaults."""

    @abstractmethod
    def json_schema(self) -> dict[str, object]:
        """Return the JSON Schema (2020-12) of what may be written."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Let pydantic read and write the field through this type."""
        return core_schema.no_info_plain_validator_function(
            self.read, serialization=core_schema.plain_serializer_function_ser_schema(self.write)
        )

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, object]:
        """Let pydantic describe the field by this type."""
        return self.json_schema()


def refusal(rule: str, what: str, hint: str, at: tuple[str | int, ...] = ()) -> PydanticCustomError:
    """Return the error to raise for a value: `what` follows the field's name, as in 'is "30", which has no unit'.

    `at`: where in the value it stands, by YAML names, if it is a mapping.
    """
    return PydanticCustomError(rule, "{what}", {"what": what, "hint": hint, "at": at})
