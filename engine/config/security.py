"""Whom the guard bans, and for how long. Defaults are those of `System.spec.security`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RateConfig:
    """`per_s`: datagrams of one source in a second that ban it; `ban_s`: for how long."""

    per_s: int
    ban_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityConfig:
    """Counts are of one source within `period_s`. `allow`, `deny`: networks as `192.0.2.0/24`, of which the longest prefix decides."""

    automatic_bans: bool = True
    period_s: float = 10.0
    failed_authentications: int = 10
    unanswered_challenges: int = 500
    ban_s: float = 3600.0
    level2: RateConfig = RateConfig(per_s=2000, ban_s=30.0)
    level1: RateConfig = RateConfig(per_s=5000, ban_s=3600.0)
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
