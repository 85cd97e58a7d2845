"""The WAV files that manifests name, looked at where they are at hand: they are there, and what the engine plays as it is.

Pure: who has the files hands in how one is read. PCM, 8 kHz, 16 bits, mono is what needs no conversion on its way into G.711.
"""

from __future__ import annotations

import wave
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from typing import Final

from schema.announcement import Recording
from schema.kinds.extension import ExtensionSpec
from schema.mentions import mentions
from schema.problem import Problem, shown
from schema.resource import AnyResource

RECORDING_MISSING: Final = "recording-missing"
RECORDING_FORMAT: Final = "recording-format"
CHANNELS: Final = 1
SAMPLE_BYTES: Final = 2
RATE_HZ: Final = 8000

ContentOf = Callable[[str], bytes | None]
"""What stands in the file at a path below the manifests; None if there is none that can be read."""


def recording_problems(resources: Iterable[AnyResource], content_of: ContentOf) -> Iterator[Problem]:
    """All that is wrong with the files, at each place that names one; each file is read once."""
    faults: dict[str, tuple[str, str, str] | None] = {}
    for resource, path, mention in mentions(filter(_may_name_some, resources)):
        if not isinstance(mention, Recording):
            continue
        if mention.path not in faults:
            faults[mention.path] = _fault(content_of(mention.path))
        fault = faults[mention.path]
        if fault is not None:
            rule, what, hint = fault
            message = f"{resource.ref} plays {shown(mention.path)}, {what}"
            yield Problem(mark=resource.mark(*path), message=message, hint=hint, rule=rule)


def names_a_recording(resource: AnyResource) -> bool:
    return _may_name_some(resource) and any(isinstance(mention, Recording) for _, _, mention in mentions((resource,)))


def _may_name_some(resource: AnyResource) -> bool:
    """Extensions are many, and name recordings as greetings only."""
    return not isinstance(resource.spec, ExtensionSpec) or bool(resource.spec.voicemail.greetings)


def _fault(content: bytes | None) -> tuple[str, str, str] | None:
    """The rule that is broken, what is wrong and what to do; None = it can be played."""
    if content is None:
        return (
            RECORDING_MISSING,
            "which is not there",
            "put the file there, or correct the path: it is below the manifests' folder",
        )
    convert = "convert it: sox IN.wav -c 1 -r 8000 -b 16 OUT.wav"
    try:
        with wave.open(BytesIO(content)) as opened:
            channels, sample_bytes, rate, frames = opened.getparams()[:4]
    # wave raises RuntimeError, without words, for a chunk that claims to be longer than the file.
    except (wave.Error, EOFError, RuntimeError) as error:
        return RECORDING_FORMAT, f"which is no WAV file of PCM ({str(error) or 'it ends early'})", convert
    if (channels, sample_bytes, rate) != (CHANNELS, SAMPLE_BYTES, RATE_HZ):
        sound = "mono" if channels == 1 else f"{channels} channels"
        return (
            RECORDING_FORMAT,
            f"which is {rate} Hz, {sample_bytes * 8} bits, {sound}, not 8000 Hz, 16 bits, mono",
            convert,
        )
    return (
        None if frames else (RECORDING_FORMAT, "in which nothing is to be heard: it holds no sound", "record it again")
    )
