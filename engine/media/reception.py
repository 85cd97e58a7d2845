"""Loss and jitter of a received RTP stream: RFC 3550 §A.1 (sequence numbers), §A.3 (lost), §A.8 (jitter).

`Deviation:` no probation of new sources (the learner does that), and packets that repeat the last timestamp don't count
for jitter: the updates of a telephone-event (RFC 4733 §2.5.1.2) carry its start time and would look like jitter.
`engine/native/reception.c` computes the same figures.
"""

from __future__ import annotations

MAX_DROPOUT = 3000
MAX_MISORDER = 100


class Reception:
    """One stream's figures; a new SSRC (or a restarted sequence) begins anew and keeps the loss found before."""

    __slots__ = (
        "_bad_sequence",
        "_base",
        "_cycles",
        "_highest",
        "_jitter",
        "_lost_before",
        "_received",
        "_timestamp",
        "_transit",
        "clock_hz",
        "ssrc",
    )

    def __init__(self) -> None:
        self.clock_hz = 8000
        self.ssrc: int | None = None
        self._jitter = 0.0
        self._timestamp = 0
        self._transit = 0
        self._base = self._highest = self._cycles = self._received = 0
        self._bad_sequence: int | None = None
        self._lost_before = 0

    @property
    def lost(self) -> int:
        if self.ssrc is None:
            return 0
        return self._lost_before + self._cycles + self._highest - self._base + 1 - self._received

    @property
    def jitter_ms(self) -> float:
        return self._jitter * 1000 / self.clock_hz

    def receive(self, ssrc: int, sequence: int, timestamp: int, now: float) -> None:
        """Count a packet that came at `now` (monotonic seconds)."""
        arrival = int(now * 1_000_000) * self.clock_hz // 1_000_000
        transit = (arrival - timestamp) & 0xFFFFFFFF
        if ssrc != self.ssrc:
            self._lost_before = self.lost
            self.ssrc = ssrc
            self._jitter = 0.0
            self._restart(sequence)
        else:
            self._advance(sequence)
            if timestamp != self._timestamp:
                difference = (transit - self._transit) & 0xFFFFFFFF
                if difference > 0x7FFFFFFF:
                    difference = 0x100000000 - difference
                self._jitter += (difference - self._jitter) / 16
        if timestamp != self._timestamp or self._received == 1:
            self._timestamp, self._transit = timestamp, transit

    def _restart(self, sequence: int) -> None:
        self._base = self._highest = sequence
        self._cycles = 0
        self._received = 1
        self._bad_sequence = None

    def _advance(self, sequence: int) -> None:
        step = (sequence - self._highest) & 0xFFFF
        if step < MAX_DROPOUT:
            if sequence < self._highest:
                self._cycles += 0x10000
            self._highest = sequence
        elif step <= 0x10000 - MAX_MISORDER:
            if sequence != self._bad_sequence:
                # One packet far off is not counted; two in sequence are a restart (RFC 3550 §A.1).
                self._bad_sequence = (sequence + 1) & 0xFFFF
                return
            self._lost_before = self.lost
            self._restart(sequence)
            return
        self._received += 1
