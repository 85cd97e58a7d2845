"""How a trunk stands, in words and for the control plane."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from engine.trunk.registration import State
from engine.trunk.trunk import Trunk
from engine.views import TrunkServerView, TrunkState, TrunkView


def trunk_view(trunk: Trunk, channels: int, utc: Callable[[float], datetime], now: float) -> TrunkView:
    state, reason, since = _standing(trunk, now)
    registration = trunk.registration
    return TrunkView(
        ref=trunk.config.ref,
        state=state,
        reason=reason,
        since=utc(since),
        registers=trunk.config.registration is not None,
        registered_until=utc(registration.bound_until)
        if registration is not None and registration.is_registered(now)
        else None,
        servers=tuple(
            TrunkServerView(
                address=str(endpoint),
                name=endpoint.name,
                state=trunk.watch(endpoint).state.value,
                reason=trunk.watch(endpoint).reason,
                since=utc(trunk.watch(endpoint).since),
            )
            for endpoint in trunk.endpoints
        ),
        channels=channels,
        max_channels=trunk.config.max_channels,
    )


def _standing(trunk: Trunk, now: float) -> tuple[TrunkState, str, float]:
    """State, why, and since when (monotonic)."""
    if not trunk.is_enabled:
        return TrunkState.DISABLED, "switched off", trunk.since
    if not trunk.endpoints:
        if trunk.questions:
            names = ", ".join(sorted({question.name for question in trunk.questions}))
            return TrunkState.UNREACHABLE, f"DNS has no address for {names}", trunk.since
        return TrunkState.UNREACHABLE, "it has no server", trunk.since
    registration = trunk.registration
    watches = [trunk.watch(endpoint) for endpoint in trunk.endpoints]
    is_down = all(watch.is_down for watch in watches)
    if registration is not None and not (is_down and registration.is_registered(now)):
        if registration.is_registered(now):
            return TrunkState.REGISTERED, registration.reason, registration.since
        if registration.failure is State.REFUSED:
            return TrunkState.REFUSED, registration.reason, registration.since
        if registration.failure is State.WAITING:
            return TrunkState.UNREACHABLE, registration.reason, registration.since
        return TrunkState.TRYING, registration.reason, registration.since
    if is_down:
        last = max(watches, key=lambda watch: watch.since)
        return TrunkState.UNREACHABLE, f"no server answers: {last.reason}", last.since
    up = [watch for watch in watches if watch.is_up]
    if up:
        return TrunkState.UP, f"{len(up)} of {len(watches)} servers answer", min(watch.since for watch in up)
    return TrunkState.TRYING, "its servers were not asked yet", trunk.since
