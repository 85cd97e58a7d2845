"""What a recording must hold for a person to have heard the tone that the other side sent."""

from __future__ import annotations

from pathlib import Path

from tests.support.tone import LEVEL_DBFS, SILENCE_DBFS, level_of, measure

FREQUENCY_HZ = 2.0
LEVEL_DB = 1.5
PURITY = 0.97
LONGEST_GAP_S = 0.1
MISSING_SHARE = 0.03


def assert_hears(recording: Path, frequency_hz: int, *, at_least_s: float, not_hz: int | None = None) -> None:
    """The tone at its level, that long, without gaps to speak of; and nothing at `not_hz`, such as one's own tone."""
    heard = measure(recording)
    said = f"{recording.name}: {heard}"
    assert heard.seconds >= at_least_s, f"{said}: shorter than {at_least_s} s"
    assert abs(heard.frequency_hz - frequency_hz) <= FREQUENCY_HZ, f"{said}: not {frequency_hz} Hz"
    assert abs(heard.level_dbfs - LEVEL_DBFS) <= LEVEL_DB, f"{said}: level is not {LEVEL_DBFS} dBFS"
    assert heard.purity >= PURITY, f"{said}: something else is in it"
    assert heard.longest_gap_s <= LONGEST_GAP_S, f"{said}: a gap over {LONGEST_GAP_S} s"
    # In a short recording a single gap that may be is more than that share.
    most_s = max(LONGEST_GAP_S, MISSING_SHARE * heard.seconds)
    assert heard.missing_s <= most_s, f"{said}: gaps over {most_s:.2f} s in all"
    if not_hz is not None:
        assert level_of(recording, not_hz) < SILENCE_DBFS, f"{said}: {not_hz} Hz is in it, too"


def assert_silent(recording: Path) -> None:
    """Not a frame of sound."""
    heard = measure(recording)
    assert heard.seconds == 0, f"{recording.name}: {heard}: not silent"
