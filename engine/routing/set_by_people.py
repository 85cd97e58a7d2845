"""What people have set for themselves, as far as the manifests let it count (feature B7, law 8)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from engine.cause import DOES_NOT_WANT_TO_BE_DISTURBED, IS_AWAY, Cause
from engine.config.extension import ExtensionConfig, ForwardingConfig
from engine.preferences import AVAILABLE, AWAY, DO_NOT_DISTURB, FORWARDING, STATUS, Preferences, Said, may_change
from engine.routing.journey import Journey

KEPT_AWAY: Final[dict[str, Cause]] = {DO_NOT_DISTURB: DOES_NOT_WANT_TO_BE_DISTURBED, AWAY: IS_AWAY}
"""By status: how a call ends that nothing else is said for."""
_WORDS: Final[dict[str, str]] = {DO_NOT_DISTURB: "do not disturb", AWAY: "away"}


def status_of(journey: Journey, extension: ExtensionConfig, found: Preferences) -> tuple[str, str]:
    """The status that counts, and in words since when and by whom; `available` where none does."""
    if found.status == AVAILABLE:
        return AVAILABLE, ""
    words = f"{_WORDS[found.status]} {_said(found.said_of(STATUS))}"
    if STATUS not in may_change(journey.tenant.config, extension):
        journey.missed(extension.ref, _void(extension, words, STATUS))
        return AVAILABLE, ""
    return found.status, words


def forwarding_of(
    journey: Journey, extension: ExtensionConfig, found: Preferences | None
) -> tuple[ForwardingConfig, ...]:
    """Where its calls go when it does not take them: as its person has it, else as the manifest does."""
    if found is None or found.forwarding is None:
        return extension.forwarding
    words = f"forwarding {_said(found.said_of(FORWARDING))}"
    if FORWARDING not in may_change(journey.tenant.config, extension):
        journey.missed(extension.ref, _void(extension, words, FORWARDING))
        return extension.forwarding
    if not found.forwarding:
        words = f"no {words}"
    journey.matched(extension.ref, f"extension {extension.number}: {words}, in place of the manifest's")
    return found.forwarding


def _void(extension: ExtensionConfig, words: str, allowance: str) -> str:
    return f"extension {extension.number}: {words}, counts for nothing: its mayChange does not have {allowance}"


def _said(said: Said | None) -> str:
    return "" if said is None else f"since {instant(said.since)}, set by {said.by}"


def instant(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
