"""Tones as files, and what a recording holds: dominant frequency, level, and stretches where the sound was missing.

Recordings are 16-bit mono WAV. Levels are dBFS of the RMS value, where a full-scale sine has -3.01. Sound counts from its first
to its last loud frame, so that silence before answering and after hanging up is no gap.
"""

from __future__ import annotations

import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE = 8000
FRAME_S = 0.01
SILENCE_DBFS = -45.0
LEVEL_DBFS = -15.0

Samples = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch below `SILENCE_DBFS`; `start_s` from the recording's beginning."""

    start_s: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Measurement:
    """`seconds`: from the first to the last loud frame; `purity`: share of the energy within 15 Hz of `frequency_hz`."""

    start_s: float
    seconds: float
    frequency_hz: float
    level_dbfs: float
    purity: float
    gaps: tuple[Gap, ...]

    @property
    def missing_s(self) -> float:
        return sum(gap.seconds for gap in self.gaps)

    @property
    def longest_gap_s(self) -> float:
        return max((gap.seconds for gap in self.gaps), default=0.0)


def tone(
    frequency_hz: int, seconds: float = 1.0, level_dbfs: float = LEVEL_DBFS, rate: int = RATE
) -> NDArray[np.int16]:
    """A sine; whole seconds of a whole frequency loop without a click."""
    amplitude = 32767 * 10 ** (level_dbfs / 20) * np.sqrt(2)
    moments = np.arange(round(seconds * rate)) / rate
    wave_form: Samples = amplitude * np.sin(2 * np.pi * frequency_hz * moments)
    return np.round(wave_form).astype(np.int16)


def write_wav(path: Path, samples: NDArray[np.int16], rate: int = RATE) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())
    return path


def write_tone(path: Path, frequency_hz: int, seconds: float = 1.0, level_dbfs: float = LEVEL_DBFS) -> Path:
    return write_wav(path, tone(frequency_hz, seconds, level_dbfs))


def read_wav(path: Path) -> tuple[Samples, int]:
    """Samples from -1 to 1, and their rate. ValueError for anything but 16-bit mono."""
    with wave.open(str(path), "rb") as file:
        if file.getnchannels() != 1 or file.getsampwidth() != 2:
            raise ValueError(f"{path}: {file.getnchannels()} channels of {file.getsampwidth()} bytes, not 16-bit mono")
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
        return samples.astype(np.float64) / 32768, file.getframerate()


def dbfs(samples: Samples) -> float:
    """RMS level; silence is -120."""
    if samples.size == 0:
        return -120.0
    return max(-120.0, float(20 * np.log10(max(float(np.sqrt(np.mean(samples**2))), 1e-6))))


def measure(path: Path) -> Measurement:
    """What the recording holds; a silent or empty one has `seconds` 0."""
    samples, rate = read_wav(path)
    size = round(FRAME_S * rate)
    frames = samples[: samples.size // size * size].reshape(-1, size)
    loud = np.array([dbfs(frame) > SILENCE_DBFS for frame in frames], dtype=bool)
    if not loud.any():
        return Measurement(0.0, 0.0, 0.0, dbfs(samples), 0.0, ())
    first = int(np.argmax(loud))
    last = loud.size - int(np.argmax(loud[::-1]))
    sounding = samples[first * size : last * size]
    frequency, purity = _dominant(sounding, rate)
    heard = frames[first:last][loud[first:last]].reshape(-1)
    return Measurement(
        start_s=first * FRAME_S,
        seconds=(last - first) * FRAME_S,
        frequency_hz=frequency,
        level_dbfs=dbfs(heard),
        purity=purity,
        gaps=tuple(_gaps(loud[first:last], first)),
    )


def level_of(path: Path, frequency_hz: float, width_hz: float = 15.0) -> float:
    """Level in dBFS of what the recording holds around one frequency: is there an echo, or a third voice?"""
    samples, rate = read_wav(path)
    if samples.size == 0:
        return -120.0
    power = np.abs(np.fft.rfft(samples)) ** 2
    frequencies = np.fft.rfftfreq(samples.size, 1 / rate)
    share = float(power[np.abs(frequencies - frequency_hz) <= width_hz].sum() / max(float(power.sum()), 1e-12))
    return max(-120.0, dbfs(samples) + 10 * float(np.log10(max(share, 1e-12))))


def _dominant(samples: Samples, rate: int) -> tuple[float, float]:
    power = np.abs(np.fft.rfft(samples * np.hanning(samples.size))) ** 2
    frequencies = np.fft.rfftfreq(samples.size, 1 / rate)
    power[frequencies < 50] = 0
    total = float(power.sum())
    if total <= 0:
        return 0.0, 0.0
    peak = float(frequencies[int(np.argmax(power))])
    near = np.abs(frequencies - peak) <= 15
    centre = float((frequencies[near] * power[near]).sum() / power[near].sum())
    return centre, float(power[near].sum()) / total


def _gaps(loud: NDArray[np.bool_], offset: int) -> list[Gap]:
    gaps: list[Gap] = []
    start: int | None = None
    for index, sounds in enumerate(loud):
        if not sounds and start is None:
            start = index
        elif sounds and start is not None:
            gaps.append(Gap((offset + start) * FRAME_S, (index - start) * FRAME_S))
            start = None
    return gaps
