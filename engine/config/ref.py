"""Keys of configuration values, and where each came from."""

from typing import NamedTuple, NewType

Revision = NewType("Revision", str)
"""A hash of content, in lower-case hex; equal content has an equal revision, wherever it stands."""


class ConfigRef(NamedTuple):
    """Key of one configuration value. `tenant` is "" for what belongs to the system. Sorts by tenant, kind, name.

    What each call asks for its key makes it by `tuple.__new__`, at half of what the constructor costs.
    """

    tenant: str
    kind: str
    name: str

    def __str__(self) -> str:
        if not self.tenant or self.kind == "Tenant":  # a Tenant's key has its name twice
            return f"{self.kind} {self.name}"
        return f"{self.kind} {self.tenant}/{self.name}"


class Origin(NamedTuple):
    """The line of the manifest that declares a value. Kept beside values, not in them: moving a line is no change."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"
