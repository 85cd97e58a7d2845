"""What a table is: a kind of resource, and the columns that its fields stand in.

A cell is text; several values in one are separated by `;`. An empty cell leaves the field out, so its default holds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

Value: TypeAlias = "str | int | bool | list[str] | dict[str, str]"

YES: Final = frozenset({"yes", "true", "1", "y", "on"})
NO: Final = frozenset({"no", "false", "0", "n", "off"})
_WHOLE: Final = re.compile("[0-9]{1,9}", re.ASCII)


class Form(Enum):
    """How a cell is read."""

    TEXT = "text"
    LIST = "list"
    WHOLE = "whole"
    YES_NO = "yes or no"
    DESTINATION = "destination"
    SECRET = "secret"  # noqa: S105 - the name of a form
    """The secret itself, which goes into a file of its own and never into a manifest."""
    SECRET_FILE = "secret file"  # noqa: S105
    SECRET_ENV = "secret variable"  # noqa: S105
    DID = "did"
    """A number outside that goes to this extension: an InboundRule of its own."""


class CellError(ValueError):
    """A cell that can't be read: what is wrong with it, and what to do, apart."""

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(f"{what}; {hint}")
        self.what = what
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Column:
    """`path`: of the field, from the manifest's root; () = none of its own; `about`: for whoever fills it in."""

    name: str
    path: tuple[str, ...]
    form: Form
    about: str
    is_required: bool = False

    def value(self, text: str) -> Value:
        """The field's value of a cell that is not empty. CellError."""
        match self.form:
            case Form.LIST:
                return [part.strip() for part in text.split(";") if part.strip()]
            case Form.WHOLE:
                if _WHOLE.fullmatch(text) is None:
                    raise CellError("is no whole number", "write digits only")
                return int(text)
            case Form.YES_NO:
                if text.lower() not in YES | NO:
                    raise CellError("is neither yes nor no", 'write "yes" or "no"')
                return text.lower() in YES
            case Form.DESTINATION:
                kind, colon, to = text.partition(":")
                if not colon or not to.strip():
                    raise CellError(
                        "is no destination",
                        "write extension:101, ringGroup:sales, queue:help, external:+442079460100 or hangUp:busy",
                    )
                return {kind.strip(): to.strip()}
            case Form.SECRET_FILE:
                return {"file": text}
            case Form.SECRET_ENV:
                return {"env": text}
            case _:
                return text


@dataclass(frozen=True, slots=True)
class Table:
    """`name`: as the command line calls it; `key`: the column that names a resource; `secret`: the path of its password."""

    name: str
    kind: str
    columns: tuple[Column, ...]
    key: str
    secret: tuple[str, ...] = ()

    def column(self, name: str) -> Column | None:
        """By its name, however it is spelled: `Display name`, `display_name`."""
        wanted = folded(name)
        return next((column for column in self.columns if folded(column.name) == wanted), None)


def folded(name: str) -> str:
    return re.sub(r"[\s_-]+", "", name).lower()
