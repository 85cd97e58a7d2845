"""Where a secret is to be found: never the secret.

A literal, or an HA1 (as good as the password), is refused; the refusal tells what to write instead and does not repeat
what stood there, nor does any other message about a field inside. Encrypted files (SOPS, age) stand beside the manifests: their paths
are those that manifests have, below the folder or the path in git that is served, and never absolute.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Final, TypeAlias, assert_never

from schema.field_type import FieldType, refusal

RULE: Final = "secret-literal"
HINT: Final = "write {env: NAME}, {file: path}, {sops: path, key: a.b} or {age: path} and keep the secret there"
ENV_PATTERN: Final = "[A-Za-z_][A-Za-z0-9_]{0,254}"
# No "..", no slash at its end.
FILE_FORM: Final = "^(?!(?:.*/)?\\.\\.(?:/|$))(?!.*/$)[^\\x00-\\x1f\\x7f]{1,1024}$"
FILE_PATTERN: Final = "[^\\x00-\\x1f\\x7f]{1,1024}"
# Beside the manifests: relative, no hidden name in it, and nothing that ends the path in a reference.
SEALED_FORM: Final = "^(?!/)(?!(?:.*/)?[.#])(?!.*/$)(?!.*//)[^\\x00-\\x1f\\x7f#]{1,1024}$"
SOPS_ENDINGS: Final = (".yaml", ".yml", ".json", ".env")
AGE_ENDING: Final = ".age"
KEY_PATTERN: Final = (
    '(?:[^\\x00-\\x1f\\x7f."]+|"[^\\x00-\\x1f\\x7f"]+")(?:\\.(?:[^\\x00-\\x1f\\x7f."]+|"[^\\x00-\\x1f\\x7f"]+"))*'
)
LONGEST_KEY: Final = 512


@dataclass(frozen=True, slots=True)
class EnvSecret:
    """The secret is the value of an environment variable of the server."""

    name: str


@dataclass(frozen=True, slots=True)
class FileSecret:
    """The secret is the content of a file; a relative path is below the server's data folder."""

    path: str


@dataclass(frozen=True, slots=True)
class SopsSecret:
    """The secret is a value of a file that SOPS encrypted. `key`: as it is written, `sip."101".password`."""

    path: str
    key: str


@dataclass(frozen=True, slots=True)
class AgeSecret:
    """The secret is all that a file holds that age encrypted."""

    path: str


AnySecret: TypeAlias = EnvSecret | FileSecret | SopsSecret | AgeSecret
KEYS: Final = frozenset({"env", "file", "sops", "age"})


class _SecretSource(FieldType[AnySecret]):
    def read(self, value: object) -> AnySecret:
        """Return the source. What is refused is never shown: it may be the secret itself."""
        if isinstance(value, (EnvSecret, FileSecret, SopsSecret, AgeSecret)):
            return value
        if value is None:
            raise refusal("missing-field", "is empty", HINT)
        if isinstance(value, list) or not isinstance(value, dict):
            raise refusal(RULE, "holds a value (not shown here), not a reference to a secret", HINT)
        match sorted(value.items(), key=_is_second):
            case [("env", str(name))]:
                return _env(str(name))
            case [("file", str(path))]:
                return _file(str(path))
            case [("sops", str(path)), ("key", str(key))]:
                return _sops(str(path), str(key))
            case [("sops", _)]:
                raise refusal("secret-source", "has a sops without the key of the value in it", SOPS_HINT)
            case [("age", str(path))]:
                return _age(str(path))
            case [(str() as key, _)] if key not in KEYS:
                what = "holds a key that is none of env, file, sops and age (its value is not shown here)"
                raise refusal(RULE, what, HINT)
        raise refusal("secret-source", "does not name exactly one source", HINT)

    def write(self, value: AnySecret) -> str:
        """Return the reference in one line of text."""
        return reference(value)

    def json_schema(self) -> dict[str, object]:
        """Return exactly one of the mappings."""
        return {
            "oneOf": [
                _mapping(env=f"^{ENV_PATTERN}$"),
                _mapping(file=FILE_FORM),
                _mapping(sops=_ending_in(*SOPS_ENDINGS), key=f"^(?=.{{1,{LONGEST_KEY}}}$){KEY_PATTERN}$"),
                _mapping(age=_ending_in(AGE_ENDING)),
            ]
        }


def reference(value: AnySecret) -> str:
    """The source in one line of text: what is shown of it, and its key wherever secrets are looked up."""
    match value:
        case EnvSecret(name):
            return f"env:{name}"
        case FileSecret(path):
            return f"file:{path}"
        case SopsSecret(path, key):
            return f"sops:{path}#{key}"
        case AgeSecret(path):
            return f"age:{path}"
        case _:
            assert_never(value)


def is_key(text: str) -> bool:
    """Whether it is a way to a value of a SOPS file."""
    return len(text) <= LONGEST_KEY and re.fullmatch(KEY_PATTERN, text) is not None


def _is_second(item: tuple[str, object]) -> bool:
    return item[0] == "key"


def _env(name: str) -> EnvSecret:
    if re.fullmatch(ENV_PATTERN, name) is None:
        what = "has an env (not shown here) that can't be the name of an environment variable"
        raise refusal("secret-source", what, "write letters, digits and _, such as {env: SIP_PASSWORD_101}")
    return EnvSecret(name)


def _file(path: str) -> FileSecret:
    if re.fullmatch(FILE_PATTERN, path) is None or ".." in path.split("/") or path.endswith("/"):
        what = "has a file (not shown here) that is no path, or one that climbs with '..'"
        hint = "write a path below the data folder, such as {file: secrets/101}, or an absolute one"
        raise refusal("secret-source", what, hint)
    return FileSecret(path)


def _sops(path: str, key: str) -> SopsSecret:
    if re.fullmatch(SEALED_FORM, path) is None or not path.endswith(SOPS_ENDINGS):
        what = "has a sops (not shown here) that is no path of a YAML, JSON or .env file beside the manifests"
        raise refusal("secret-source", what, SOPS_HINT)
    if not is_key(key):
        what = "has a key (not shown here) that is no path into the file"
        hint = 'write the names of the keys with dots between them, such as {key: sip.101}; "in quotes" what has a dot itself'
        raise refusal("secret-source", what, hint)
    return SopsSecret(path, key)


def _age(path: str) -> AgeSecret:
    if re.fullmatch(SEALED_FORM, path) is None or not path.endswith(AGE_ENDING):
        what = "has an age (not shown here) that is no path of an .age file beside the manifests"
        raise refusal("secret-source", what, "write a path below the manifests, such as {age: secrets/101.age}")
    return AgeSecret(path)


SOPS_HINT: Final = "write a path below the manifests and a key in it, such as {sops: secrets.sops.yaml, key: sip.101}"


def _ending_in(*endings: str) -> str:
    """As `SEALED_FORM`, and one of these at the end."""
    ends = "|".join(ending.removeprefix(".") for ending in endings)
    return f"{SEALED_FORM.removesuffix('{1,1024}$')}{{1,1019}}\\.(?:{ends})$"


def _mapping(**patterns: str) -> dict[str, object]:
    return {
        "type": "object",
        "properties": {name: {"type": "string", "pattern": pattern} for name, pattern in patterns.items()},
        "required": [*patterns],
        "additionalProperties": False,
    }


SecretSource = Annotated[AnySecret, _SecretSource()]
