"""What a caller hears: `{file: prompts/hello.wav}`, `{say: "Welcome.", language: en}` or `{prompt: NAME}`.

A file is a WAV of PCM, 8 kHz, 16 bits, mono, and its path is below the folder of the manifests. Whether it is there, and is such a file, is
asked where files are at hand; here nothing is opened.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Final, get_args

from schema.field_type import FieldType, refusal
from schema.nearest import one_of
from schema.problem import shown
from schema.text import RESOURCE_NAME_PATTERN

LANGUAGES: Final = ("en", "zh")
LONGEST_SAID_CHARACTERS: Final = 1000
SAID_PATTERN: Final = f"(?=.*\\S)[^\\x00-\\x1f\\x7f]{{1,{LONGEST_SAID_CHARACTERS}}}"
# No "..", no slash at either end: a path below the manifests.
FILE_PATTERN: Final = "(?!/)(?!(?:.*/)?\\.\\.(?:/|$))[^\\x00-\\x1f\\x7f\\\\]{1,1020}\\.[wW][aA][vV]"
RULE: Final = "announcement"
_HINT: Final = 'write one of {file: prompts/hello.wav}, {say: "Welcome.", language: en}, {prompt: NAME}'


@dataclass(frozen=True, slots=True)
class Recording:
    """A WAV file, by its path below the folder of the manifests."""

    path: str

    def __str__(self) -> str:
        """Return it as one would write it."""
        return f"{{file: {self.path}}}"


@dataclass(frozen=True, slots=True)
class Speech:
    """A text that is said in a language; None: the language of what it belongs to."""

    text: str
    language: str | None = None

    def __str__(self) -> str:
        """Return it as one would write it."""
        return f"{{say: {self.text}}}" if self.language is None else f"{{say: {self.text}, language: {self.language}}}"


@dataclass(frozen=True, slots=True)
class PromptNamed:
    """What a Prompt of the tenant holds."""

    name: str

    def __str__(self) -> str:
        """Return it as one would write it."""
        return f"{{prompt: {self.name}}}"


Spoken = Recording | Speech | PromptNamed


class _Announcement(FieldType[Spoken]):
    def read(self, value: object) -> Spoken:
        """Return what is heard; exactly one of the three."""
        if isinstance(value, get_args(Spoken)):
            return value  # type: ignore[no-any-return]  # one of the three
        if not isinstance(value, dict) or not value:
            raise refusal(RULE, f"is {shown(value)}, not an announcement", _HINT)
        for key in value:
            if key not in ("file", "say", "language", "prompt"):
                hint = one_of(str(key), ["file", "say", "language", "prompt"])
                raise refusal(RULE, f"holds {shown(key)}, which no announcement has", hint)
        match value:
            case {"file": path, **rest} if not rest:
                return _recording(path)
            case {"say": text, **rest} if rest.keys() <= {"language"}:
                return _speech(text, rest)
            case {"prompt": str(name), **rest} if not rest and re.fullmatch(RESOURCE_NAME_PATTERN, name):
                return PromptNamed(str(name))
            case {"prompt": name, **rest} if not rest:
                raise refusal(RULE, f"holds prompt: {shown(name)}, which is not the name of a Prompt", _HINT)
        raise refusal(RULE, f"holds {' and '.join(map(shown, value))}, which is not one announcement", _HINT)

    def write(self, value: Spoken) -> str:
        """Return it in one line of text."""
        return str(value)

    def json_schema(self) -> dict[str, object]:
        """Return exactly one of the mappings."""
        file = {"type": "string", "pattern": f"^{FILE_PATTERN}$", "description": "a WAV file below the manifests"}
        said = {"type": ["string", "number"], "pattern": f"^{SAID_PATTERN}$", "description": "a text that is said"}
        named = {"type": ["string", "number"], "pattern": f"^(?:{RESOURCE_NAME_PATTERN})$"}
        return {
            "oneOf": [
                _mapping({"file": file}, "file"),
                _mapping({"say": said, "language": {"enum": [*LANGUAGES]}}, "say"),
                _mapping({"prompt": {**named, "description": "the name of a Prompt"}}, "prompt"),
            ]
        }


def _mapping(properties: dict[str, object], required: str) -> dict[str, object]:
    return {"type": "object", "properties": properties, "required": [required], "additionalProperties": False}


def _recording(path: object) -> Recording:
    if not isinstance(path, str) or re.fullmatch(FILE_PATTERN, path) is None:
        what = f"holds file: {shown(path)}, which is no path of a .wav file below the manifests"
        raise refusal(RULE, what, "write a path without '..' that ends in .wav, such as {file: prompts/hello.wav}")
    return Recording(str(path))


def _speech(text: object, rest: dict[object, object]) -> Speech:
    if not isinstance(text, str) or re.fullmatch(SAID_PATTERN, text) is None:
        what = f"holds say: {shown(text)}, which can't be said"
        raise refusal(RULE, what, f"write one line of text, of up to {LONGEST_SAID_CHARACTERS} characters")
    language = rest.get("language")
    if "language" in rest and language not in LANGUAGES:
        what = f"holds language: {shown(language)}, which is not spoken here"
        raise refusal(RULE, what, f"write one of {', '.join(LANGUAGES)}")
    return Speech(str(text), str(language) if "language" in rest else None)


Announcement = Annotated[Spoken, _Announcement()]
