"""Fields that hold the path of a file of this machine: a certificate, a folder for backups. A relative one is below the data folder."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Final, get_args

from pydantic.fields import FieldInfo

from schema.field_type import FieldType, refusal
from schema.problem import shown

FILE_PATTERN: Final = "[^\\x00-\\x1f\\x7f]{1,1024}"


@dataclass(frozen=True, slots=True)
class _FilePath(FieldType[str]):
    """`example`: how one is written."""

    example: str

    def read(self, value: object) -> str:
        """Return the path; one that climbs out of its folder is refused."""
        if not isinstance(value, str) or re.fullmatch(FILE_PATTERN, value) is None:
            raise refusal("file-path", f"is {shown(value)}, not a path", f'write it like "{self.example}"')
        if ".." in value.split("/"):
            hint = "write one below the data folder, or an absolute one"
            raise refusal("file-path", f"is {shown(value)}, which climbs with '..'", hint)
        return str(value)

    def write(self, value: str) -> str:
        """Return the path."""
        return value

    def json_schema(self) -> dict[str, object]:
        """Return the form."""
        return {"type": "string", "pattern": f"^(?!(?:.*/)?\\.\\.(?:/|$)){FILE_PATTERN}$", "examples": [self.example]}


CertificateFile = Annotated[str, _FilePath("certificates/domain_cert_pbx.example.com.pem")]
Folder = Annotated[str, _FilePath("/var/backups/trunkline")]
SourceFile = Annotated[str, _FilePath("sources/acme-key")]


def is_path(field: FieldInfo) -> bool:
    """Return whether a field holds such a path, also within `Annotated[...] | None`."""
    return _holds(field.metadata) or any(
        _holds(getattr(part, "__metadata__", ())) for part in get_args(field.annotation)
    )


def _holds(marks: Iterable[object]) -> bool:
    return any(isinstance(mark, _FilePath) for mark in marks)
