"""What a caller hears, and what is no announcement."""

import re

import pytest
from pydantic_core import PydanticCustomError

from schema.announcement import FILE_PATTERN, Announcement, PromptNamed, Recording, Speech
from tests.support.field_types import reader_of

read = reader_of(Announcement)


@pytest.mark.parametrize(
    ("value", "heard"),
    [
        ({"file": "prompts/hello.wav"}, Recording("prompts/hello.wav")),
        ({"file": "..hello.WAV"}, Recording("..hello.WAV")),
        ({"say": "Welcome to Acme."}, Speech("Welcome to Acme.")),
        ({"say": "\u6b22\u8fce", "language": "zh"}, Speech("\u6b22\u8fce", "zh")),
        ({"prompt": "welcome"}, PromptNamed("welcome")),
    ],
)
def test_announcements(value: object, heard: object) -> None:
    assert read(value) == heard
    assert read(heard) == heard


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "is nothing, not an announcement"),
        ("hello.wav", 'is "hello.wav", not an announcement'),
        ([], "is a list, not an announcement"),
        ({}, "is a mapping, not an announcement"),
        ({"fille": "a.wav"}, 'holds "fille", which no announcement has'),
        ({"file": "a.wav", "say": "x"}, 'holds "file" and "say", which is not one announcement'),
        ({"file": "a.wav", "language": "en"}, 'holds "file" and "language", which is not one announcement'),
        ({"language": "en"}, 'holds "language", which is not one announcement'),
        ({"file": "a.mp3"}, "no path of a .wav file"),
        ({"file": "/etc/a.wav"}, "no path of a .wav file"),
        ({"file": "a/../../b.wav"}, "no path of a .wav file"),
        ({"file": 7}, "no path of a .wav file"),
        ({"say": ""}, "can't be said"),
        ({"say": "  "}, "can't be said"),
        ({"say": "a\nb"}, "can't be said"),
        ({"say": ["x"]}, "can't be said"),
        ({"say": "x", "language": "fr"}, "is not spoken here"),
        ({"say": "x", "language": None}, "is not spoken here"),
        ({"prompt": "No Name"}, "not the name of a Prompt"),
        ({"prompt": {}}, "not the name of a Prompt"),
    ],
)
def test_what_is_none_is_refused(value: object, words: str) -> None:
    with pytest.raises(PydanticCustomError) as raised:
        read(value)
    assert raised.value.type == "announcement"
    assert words in (raised.value.context or {})["what"]


def test_the_form_of_paths_is_one_that_json_schema_has_too() -> None:
    assert re.fullmatch(FILE_PATTERN, "a/b.wav")
    assert not re.fullmatch(FILE_PATTERN, "a\\b.wav")
