"""The media backend in use, and those that a changed configuration left to end with their calls."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from engine.config.system import MediaConfig, NetworkConfig
from engine.errors import EngineError, PrepareRefused
from engine.media.backend import Drops, MediaBackend, MediaSettings, MediaTotals, Silent
from engine.media.session import LocalMedia, MediaRouter, MediaSession
from engine.views import MediaFigures

log = logging.getLogger("trunkline.media")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where media are bound and what phones are told: what a new backend is needed for if it changes."""

    bind_host: str
    first_port: int
    last_port: int

    def __str__(self) -> str:
        return f"{self.bind_host} {self.first_port}-{self.last_port}"

    def holds(self, bind_host: str, ports: Iterable[int]) -> bool:
        """Whether ports bound there, with those for RTCP behind them, are within this range."""
        return bind_host == self.bind_host and all(self.first_port <= port < self.last_port for port in ports)

    def overlaps(self, other: _Place) -> bool:
        """Whether a port is in both; addresses don't count, for a wildcard takes every one's."""
        return self.first_port <= other.last_port and other.first_port <= self.last_port


@dataclass(slots=True)
class _Running:
    place: _Place
    local: LocalMedia


@dataclass(slots=True)
class PreparedMedia:
    """`fresh`: a backend opened for this change; None if the one in use serves on. `address`: what phones will be told."""

    place: _Place
    address: str
    fresh: MediaBackend | None


class MediaSet:
    """`make(settings)` makes a backend, compiled or not; `entered()` is called before, `turn()` after events are worked off."""

    def __init__(
        self,
        host: str,
        make: Callable[[MediaSettings], MediaBackend],
        enter: Callable[[], float],
        turn: Callable[[], None],
        counters: Counter[str],
    ) -> None:
        self._host = host
        self._make = make
        self._enter = enter
        self._turn = turn
        self._counters = counters
        self._current: _Running | None = None
        self._ending: list[_Running] = []
        self._past = MediaTotals()
        self._most_lost = 0

    def prepare(self, config: MediaConfig, network: NetworkConfig | None = None) -> PreparedMedia:
        """Bind the port range, if it changed. PrepareRefused if that can't be.

        What of it the backend in use keeps ready is lent: only the ports of live calls stay its own.
        """
        bind_host = config.address or self._host
        place = _Place(bind_host, config.first_port, config.last_port)
        address = config.advertised_address or (network or NetworkConfig()).told(bind_host)
        if self._current is not None and self._current.place == place:
            return PreparedMedia(place, address, None)
        if self._current is not None and self._current.place.overlaps(place):
            self._current.local.backend.keep_ready(False)
        try:
            backend = self._make(
                MediaSettings(bind_host=bind_host, first_port=config.first_port, last_port=config.last_port)
            )
            backend.open()
        except (EngineError, OSError, ValueError) as error:
            self._keep_current_ready()
            reason = f"System media: {error}; change spec.media.ports or spec.media.address, or check --host"
            raise PrepareRefused((reason,)) from error
        return PreparedMedia(place, address, backend)

    def discard(self, prepared: PreparedMedia) -> None:
        if prepared.fresh is not None:
            prepared.fresh.close()
            self._keep_current_ready()

    def _keep_current_ready(self) -> None:
        if self._current is not None:
            self._current.local.backend.keep_ready(True)

    def swap(self, prepared: PreparedMedia) -> None:
        current = self._current
        if prepared.fresh is None:
            if current is not None:
                current.local = current.local._replace(address=prepared.address)
            return
        if current is not None:
            current.local.backend.keep_ready(False)
            self._ending.append(current)
        local = LocalMedia(prepared.fresh, MediaRouter(), prepared.address)
        self._current = _Running(prepared.place, local)
        asyncio.get_running_loop().add_reader(prepared.fresh.fileno(), self._on_events, local)

    def retire(self) -> None:
        """Close the backends that no call uses any more."""
        for running in list(self._ending):
            if running.local.router.is_empty:
                self._ending.remove(running)
                self._close(running)

    @property
    def is_draining(self) -> bool:
        """Whether calls go on over ports that the configuration has given up."""
        return bool(self._ending)

    def given_up(self, session: MediaSession) -> str | None:
        """The range that the session's ports were in, where they are in none that the configuration has now; else None."""
        place = next((r.place for r in self._ending if r.local.backend is session.backend), None)
        if place is None:
            return None
        # A leg without a stream yet will get its port from anywhere in the old range.
        ports = session.rtp_ports() or (place.first_port, place.last_port - 1)
        current = self._current
        return None if current is not None and current.place.holds(place.bind_host, ports) else str(place)

    def open(self, signalling_host: str, session_id: int, *, is_near: bool = False) -> MediaSession:
        """A session for a new leg. `is_near`: the peer is in our own network, and is told the bound address."""
        if self._current is None:
            raise EngineError("media are not open yet")
        local = self._current.local
        if is_near:
            local = local._replace(address=self._current.place.bind_host)
        return MediaSession(local, signalling_host, session_id)

    def describe(self) -> str:
        """For people: which backend, and where."""
        if self._current is None:
            return "not open"
        backend, place = self._current.local.backend, self._current.place
        kind = "native" if backend.compiled else "pure Python"
        usage = backend.usage()
        return (
            f"{kind}, {place.bind_host} ports {place.first_port}-{place.last_port}, "
            f"{usage.in_use} of {usage.total} pairs in use"
        )

    def figures(self) -> MediaFigures | None:
        """None before media are open."""
        current = self._current
        if current is None:
            return None
        total = self._past
        for running in (*self._ending, current):
            total = _together(total, running.local.backend.totals())
        # A duplicate counts against what is lost (RFC 3550 §A.3); what is shown never falls.
        self._most_lost = max(self._most_lost, total.lost)
        usage = current.local.backend.usage()
        return MediaFigures(
            compiled=current.local.backend.compiled,
            packets_in=total.packets_in,
            packets_out=total.packets_out,
            bytes_in=total.bytes_in,
            bytes_out=total.bytes_out,
            lost=self._most_lost,
            drops=total.dropped._asdict(),
            receiving=total.receiving,
            jitter_mean_ms=total.jitter_sum_ms / total.receiving if total.receiving else 0.0,
            jitter_max_ms=total.jitter_max_ms,
            pairs={
                "total": usage.total,
                "in_use": usage.in_use,
                "ready": usage.ready,
                "quarantined": usage.quarantined,
                "taken": usage.taken,
            },
        )

    def close(self) -> None:
        for running in (*self._ending, *([self._current] if self._current is not None else [])):
            self._close(running)
        self._ending = []
        self._current = None

    def _close(self, running: _Running) -> None:
        asyncio.get_running_loop().remove_reader(running.local.backend.fileno())
        self._past = _together(self._past, running.local.backend.totals())._replace(
            receiving=0, jitter_sum_ms=0.0, jitter_max_ms=0.0
        )
        running.local.backend.close()

    def _on_events(self, local: LocalMedia) -> None:
        now = self._enter()
        for event in local.backend.take_events():
            if isinstance(event, Silent):
                self._on_silent(local, event, now)
        self._turn()

    def _on_silent(self, local: LocalMedia, event: Silent, now: float) -> None:
        try:
            local.router.on_silent(event, now)
        except Exception:
            # A supervised border (HOUSE B4): one call's bug must not keep the others' events from them.
            self._counters["dropped: bug in processing"] += 1
            log.exception("silence on stream %d was dropped by a bug", event.handle.index)


def _together(one: MediaTotals, other: MediaTotals) -> MediaTotals:
    return MediaTotals(
        packets_in=one.packets_in + other.packets_in,
        bytes_in=one.bytes_in + other.bytes_in,
        packets_out=one.packets_out + other.packets_out,
        bytes_out=one.bytes_out + other.bytes_out,
        rtcp_in=one.rtcp_in + other.rtcp_in,
        rtcp_out=one.rtcp_out + other.rtcp_out,
        lost=one.lost + other.lost,
        dropped=Drops(*[mine + its for mine, its in zip(one.dropped, other.dropped, strict=True)]),
        receiving=one.receiving + other.receiving,
        jitter_sum_ms=one.jitter_sum_ms + other.jitter_sum_ms,
        jitter_max_ms=max(one.jitter_max_ms, other.jitter_max_ms),
    )
