"""WAV files that manifests name: there or not, playable or not."""

import wave
from io import BytesIO

import pytest

from reconciler.recordings import recording_problems
from schema.manifest_set import parse_file
from schema.resource import AnyResource
from tests.support.manifests import documents, resource

PROMPT = resource("Prompt", "acme", "hello", "sound: {file: prompts/hello.wav}\n")
MUSIC = resource("MusicOnHold", "acme", "default", "tracks: [{file: prompts/hello.wav}, {say: Soon.}, {file: b.wav}]\n")


def wav(channels: int = 1, sample_bytes: int = 2, rate: int = 8000, frames: int = 80) -> bytes:
    out = BytesIO()
    with wave.open(out, "wb") as opened:
        opened.setparams((channels, sample_bytes, rate, 0, "NONE", ""))
        opened.writeframes(bytes(channels * sample_bytes * frames))
    return out.getvalue()


def resources() -> tuple[AnyResource, ...]:
    return parse_file("p.yaml", documents(PROMPT, MUSIC)).resources


def told(content: bytes | None) -> list[str]:
    files = {"prompts/hello.wav": content, "b.wav": wav()}
    return [str(problem) for problem in recording_problems(resources(), files.get)]


def test_what_can_be_played_is_fine() -> None:
    assert told(wav()) == []


def test_a_missing_file_is_told_at_each_place_that_names_it() -> None:
    first, second = told(None)
    assert first.startswith(
        'p.yaml:5:10: Prompt acme/hello plays "prompts/hello.wav", which is not there; put the file there'
    )
    assert second.startswith("p.yaml:11:12: MusicOnHold acme/default plays")
    assert first.endswith("[recording-missing]")


def test_a_file_is_read_once() -> None:
    asked: list[str] = []

    def content_of(path: str) -> bytes | None:
        asked.append(path)
        return wav()

    assert list(recording_problems(resources(), content_of)) == []
    assert asked == ["prompts/hello.wav", "b.wav"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (wav(channels=2), "which is 8000 Hz, 16 bits, 2 channels, not 8000 Hz, 16 bits, mono"),
        (wav(sample_bytes=1), "which is 8000 Hz, 8 bits, mono, not"),
        (wav(rate=44100), "which is 44100 Hz, 16 bits, mono, not"),
        (wav(frames=0), "in which nothing is to be heard"),
        (b"", "which is no WAV file of PCM (it ends early)"),
        (wav()[:20], "which is no WAV file of PCM"),
        (b"ID3" + bytes(100), "which is no WAV file of PCM"),
        (wav().replace(b"\x01\x00\x01\x00", b"\x06\x00\x01\x00", 1), "which is no WAV file of PCM (unknown format: 6)"),
    ],
    ids=["stereo", "8-bit", "44-kHz", "silence", "empty", "cut", "mp3", "a-law"],
)
def test_what_can_not_be_played_as_it_is(content: bytes, words: str) -> None:
    first, second = told(content)
    assert words in first
    assert words in second
    assert first.endswith("[recording-format]")


@pytest.mark.parametrize("at", range(0, 44, 4))
def test_no_damage_to_a_header_is_more_than_a_problem(at: int) -> None:
    damaged = bytearray(wav())
    damaged[at : at + 4] = b"\xff\xff\xff\xff"
    assert all(line.endswith("[recording-format]") for line in told(bytes(damaged)))
