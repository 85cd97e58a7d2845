"""Types of the compiled module; `binding*.c` have the code. Addresses are numeric text and port."""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T", bound=tuple[object, ...])

MAX_PACKET_BYTES: int

def split_head(data: bytes, names: dict[str, str]) -> tuple[str, list[tuple[str, str]], int, str | None] | None:
    """First line, headers by the names that `names` has for theirs, where the body begins, and Content-Length apart.

    None for all that is not quite regular: a line not ended by CRLF, a folded one, one above 8192 bytes, a name that `names` does not
    have, two Content-Lengths. `names` may grow; what it has once must not change.
    """

def plain_params(text: str, begin: int) -> tuple[tuple[str, str | None], ...] | None:
    """`;name=value;flag` from there on as pairs, names in lower case; None for blanks, quotes, what is not ASCII, and more than 16."""

def split_uri(text: str, made: type[T]) -> T | None:
    """scheme, user, password, host, port, params, headers, opaque of a sip or sips URI; None for one with upper case in its scheme, a
    password, headers, an escape or what would need one, an IPv6 address, what is not ASCII, and for what is none."""

def split_address(text: str, made: type[T]) -> T | None:
    """Display name, URI, parameters of `name <URI>;params`; None for escapes in the name, for what `split_uri` and `plain_params` do not
    take, and for what is none."""

def split_via(text: str, made: type[T]) -> T | None:
    """Transport in upper case, host, port, parameters; None for blanks elsewhere than before the host, for an IPv6 address, for what
    `plain_params` does not take, and for what is none."""

class UdpBatch:
    icmp_errors: int
    refused: int
    last_refusal: str
    def __init__(self, descriptor: int) -> None: ...
    def receive(self) -> list[tuple[bytes, tuple[str, int]]]: ...
    def send(self, datagrams: Sequence[tuple[bytes, tuple[str, int]]]) -> int: ...

class Media:
    """The media thread. Methods return False, None or -1 where a handle (index, generation) is past."""

    def __init__(
        self,
        bind_host: str,
        first_port: int,
        pairs: int,
        bound_limit: int,
        ahead: int,
        batch: int,
        quarantine_s: float,
        settle_s: float,
    ) -> None: ...
    def start(self) -> None: ...
    def keep_ready(self, wanted: bool) -> bool:
        """False: close the pairs that no stream uses, and bind none ahead."""

    def allocate(self) -> tuple[int, int, int] | None:
        """Index, generation, RTP port; None if no pair can be had."""

    def set_remote(
        self,
        index: int,
        generation: int,
        rtp: tuple[str, int] | None,
        rtcp: tuple[str, int] | None,
        signalling_host: str,
        clock_hz: int,
        relearn: bool,
    ) -> bool: ...
    def pair(self, index: int, generation: int, other_index: int, other_generation: int) -> bool: ...
    def unpair(self, index: int, generation: int) -> bool: ...
    def watch(self, index: int, generation: int, timeout_s: float) -> bool:
        """0 switches it off."""

    def release(self, index: int, generation: int) -> Counters | None: ...
    def counters(self, index: int, generation: int) -> Counters | None: ...
    def usage(self) -> tuple[int, int, int, int, bool]:
        """In use, ready, quarantined, taken, and whether the limit of bound pairs is the descriptors'."""

    def totals(
        self,
    ) -> tuple[int, int, int, int, int, int, int, int, int, int, int, int, int, float, float]:
        """Of all streams, released ones too: packets and bytes in, out; RTCP in, out; the five drops; lost. Then of those that live and
        receive: how many, the sum and the most of their jitter (ms)."""

    def fileno(self) -> int: ...
    def thread_id(self) -> int:
        """Of the media thread, as in /proc/self/task; 0 before it runs."""

    def take_events(self) -> list[tuple[int, int, tuple[str, int] | None, float]]:
        """Index, generation, and the learnt source, or None and the seconds of silence."""

    def close(self) -> None: ...

Counters = tuple[
    int, int, int, int, int, int, int, float, int | None, int, int, int, int, int, float | None, tuple[str, int] | None
]
"""Packets and bytes in, out; RTCP in, out; lost, jitter (ms), SSRC; the five drops; heard at; source."""
