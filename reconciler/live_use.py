"""What live things use what a plan changes: the registrations that would be dropped, the calls that go on as long as they may.

Pure. Counted at one moment, beside a plan and not in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine.config.extension import ExtensionConfig
from engine.config.ref import ConfigRef
from engine.config.snapshot import Snapshot
from engine.identity import CallId
from engine.views import CallView


@dataclass(frozen=True, slots=True)
class Touched:
    """One thing that the plan changes, and how much uses it."""

    ref: ConfigRef
    registrations: int
    calls: int


@dataclass(frozen=True, slots=True)
class LiveUse:
    """The sums count each registration and each call once."""

    registrations: int
    calls: int
    touched: tuple[Touched, ...]


def live_use(
    refs: Iterable[ConfigRef],
    snapshot: Snapshot,
    registrations: Mapping[tuple[str, str, str], int],
    calls: Sequence[CallView],
) -> LiveUse:
    """`refs`: of what changes, by what runs; `registrations`: by tenant, number, listener. Only what is in use is listed."""
    by_user = _Users.of(registrations, calls)
    touched: list[Touched] = []
    lost: set[_Key] = set()
    ended: set[CallId] = set()
    for ref in refs:
        user = _user(ref, snapshot)
        if user is None:
            continue
        keys, using = by_user.registrations.get(user, ()), by_user.calls.get(user, ())
        if keys or using:
            touched.append(Touched(ref, sum(registrations[key] for key in keys), len(using)))
            lost.update(keys)
            ended.update(using)
    return LiveUse(sum(registrations[key] for key in lost), len(ended), tuple(touched))


_Key = tuple[str, str, str]
_User = tuple[str, str]
"""`(tenant, number)` of an extension; `(tenant, "")` of a tenant; `("", listener)`."""


@dataclass(frozen=True, slots=True)
class _Users:
    """Who uses what, by user."""

    registrations: Mapping[_User, list[_Key]]
    calls: Mapping[_User, list[CallId]]

    @classmethod
    def of(cls, registrations: Mapping[_Key, int], calls: Sequence[CallView]) -> _Users:
        keys: dict[_User, list[_Key]] = {}
        for key in registrations:
            tenant, number, listener = key
            for user in ((tenant, number), (tenant, ""), ("", listener)):
                keys.setdefault(user, []).append(key)
        live: dict[_User, list[CallId]] = {}
        for call in calls:
            for number in {"", call.caller, *(leg.number for leg in call.legs)}:
                live.setdefault((call.tenant, number), []).append(call.id)
        return cls(keys, live)


def _user(ref: ConfigRef, snapshot: Snapshot) -> _User | None:
    """None for what nobody uses while it is live: office hours decide new calls only, and what does not run has no users."""
    match ref.kind:
        case "Listener":
            return "", ref.name
        case "Tenant":
            return ref.tenant, ""
    item = snapshot.item(ref)
    return (ref.tenant, item.number) if isinstance(item, ExtensionConfig) else None
