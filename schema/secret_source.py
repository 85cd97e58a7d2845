"""Where a secret is to be found: never the secret.

A literal, or an HA1 (as good as the password), is refused; the refusal tells what to write instead and does not repeat
what stood there, nor does any other message about a field inside.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Final

from schema.field_type import FieldType, refusal

RULE: Final = "secret-literal"
HINT: Final = "write {env: NAME} or {file: path} and keep the secret there"
ENV_PATTERN: Final = "[A-Za-z_][A-Za-z0-9_]{0,254}"
# No "..", no slash at its end.
FILE_FORM: Final = "^(?!(?:.*/)?\\.\\.(?:/|$))(?!.*/$)[^\\x00-\\x1f\\x7f]{1,1024}$"
FILE_PATTERN: Final = "[^\\x00-\\x1f\\x7f]{1,1024}"


@dataclass(frozen=True, slots=True)
class EnvSecret:
    """The secret is the value of an environment variable of the server."""

    name: str


@dataclass(frozen=True, slots=True)
class FileSecret:
    """The secret is the content of a file; a relative path is below the server's data folder."""

    path: str


class _SecretSource(FieldType[EnvSecret | FileSecret]):
    def read(self, value: object) -> EnvSecret | FileSecret:
        """Return the source. What is refused is never shown: it may be the secret itself."""
        if isinstance(value, (EnvSecret, FileSecret)):
            return value
        if value is None:
            raise refusal("missing-field", "is empty", HINT)
        if isinstance(value, list) or not isinstance(value, dict):
            raise refusal(RULE, "holds a value (not shown here), not a reference to a secret", HINT)
        match list(value.items()):
            case [("env", str(name))]:
                if re.fullmatch(ENV_PATTERN, name) is None:
                    what = "has an env (not shown here) that can't be the name of an environment variable"
                    raise refusal("secret-source", what, "write letters, digits and _, such as {env: SIP_PASSWORD_101}")
                return EnvSecret(str(name))
            case [("file", str(path))]:
                if re.fullmatch(FILE_PATTERN, path) is None or ".." in path.split("/") or path.endswith("/"):
                    what = "has a file (not shown here) that is no path, or one that climbs with '..'"
                    hint = "write a path below the data folder, such as {file: secrets/101}, or an absolute one"
                    raise refusal("secret-source", what, hint)
                return FileSecret(str(path))
            case [(str() as key, _)] if key not in {"env", "file"}:
                raise refusal(RULE, "holds a key that is neither env nor file (its value is not shown here)", HINT)
        raise refusal("secret-source", "does not name exactly one source", HINT)

    def write(self, value: EnvSecret | FileSecret) -> str:
        """Return the reference in one line of text."""
        return f"env:{value.name}" if isinstance(value, EnvSecret) else f"file:{value.path}"

    def json_schema(self) -> dict[str, object]:
        """Return exactly one of the two mappings."""
        return {
            "oneOf": [
                {
                    "type": "object",
                    "properties": {"env": {"type": "string", "pattern": f"^{ENV_PATTERN}$"}},
                    "required": ["env"],
                    "additionalProperties": False,
                },
                {
                    "type": "object",
                    "properties": {"file": {"type": "string", "pattern": FILE_FORM}},
                    "required": ["file"],
                    "additionalProperties": False,
                },
            ]
        }


SecretSource = Annotated[EnvSecret | FileSecret, _SecretSource()]
