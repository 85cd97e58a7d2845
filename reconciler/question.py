"""The question of a simulation: as it was asked, and what it names in a snapshot.

Who misspells a name hears which one is near; nothing is guessed that could make another call of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Final, NoReturn

from engine.config.extension import ExtensionConfig
from engine.config.snapshot import Snapshot, TenantSnapshot
from engine.config.trunk import TrunkConfig
from engine.preferences import STATUSES, Preferences
from engine.simulation import tenant_of_did
from schema.problem import shown

MOST_NAMED: Final = 5
MOST_COMPARED: Final = 200
MOST_PHONES: Final = 10_000
MOST_CALLS: Final = 1_000_000


class BadQuestion(Exception):
    """A question that can't be decided. `field`: which part of it, as options and parameters are called; `why`: with its value."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field} {why}")
        self.field = field
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """As it was asked, all text. `to`: what is dialled; `registered`: `NUMBER` or `NUMBER=PHONES` each; None, (): not said.

    `trunk`: by which the call comes from outside; `caller` is then the number that it shows, "" = none. `statuses`: `NUMBER=STATUS` each.
    """

    caller: str
    to: str
    tenant: str | None = None
    listener: str | None = None
    at: str | None = None
    registered: Sequence[str] = ()
    calls: int | None = None
    trunk: str | None = None
    statuses: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """What a question names. `is_listener_guessed`: it names none, and there are several; `at`: None = now; aware UTC.

    `caller`: the extension that calls, or the trunk by which somebody outside does. `people`: what some have set, by their Extension.
    """

    tenant: TenantSnapshot
    caller: ExtensionConfig | TrunkConfig
    listener: str
    is_listener_guessed: bool
    at: datetime | None
    registered: Mapping[str, int]
    calls: int | None
    people: Mapping[str, Preferences]


def understand(snapshot: Snapshot, question: Question) -> Understood:
    """Look up what `question` names. BadQuestion for what is not there."""
    tenant = (
        _tenant(snapshot, question) if question.trunk is None else _called_tenant(snapshot, question, question.trunk)
    )
    listener, is_guessed = _listener(snapshot, tenant, question.listener)
    return Understood(
        tenant=tenant,
        caller=_caller(tenant, question.caller) if question.trunk is None else _trunk(snapshot, tenant, question.trunk),
        listener=listener,
        is_listener_guessed=is_guessed,
        at=None if question.at is None else _instant(question.at),
        registered=_registered(tenant, question.registered),
        calls=_calls(question.calls),
        people=_people(tenant, question.statuses),
    )


def _tenant(snapshot: Snapshot, question: Question) -> TenantSnapshot:
    tenants = snapshot.tenants
    if question.tenant is not None:
        found = tenants.get(question.tenant)
        return found if found is not None else _not_there("tenant", question.tenant, "there is no such tenant", tenants)
    listener = snapshot.listeners.get(question.listener or "")
    if listener is not None and listener.tenant is not None and listener.tenant in tenants:
        return tenants[listener.tenant]
    if len(tenants) == 1:
        return next(iter(tenants.values()))
    if not tenants:
        raise BadQuestion("tenant", "is not said, and there is none that runs")
    having = [name for name, tenant in tenants.items() if question.caller in tenant.extensions]
    told = f", of which {_listed(having)} have an extension {shown(question.caller)}" if len(having) > 1 else ""
    told = f"; {shown(having[0])} has an extension {shown(question.caller)}" if len(having) == 1 else told
    raise BadQuestion("tenant", f"is not said, and there are several: {_listed(tenants)}{told}; name the caller's")


def _called_tenant(snapshot: Snapshot, question: Question, trunk: str) -> TenantSnapshot:
    """The one that is named; else the one that has a trunk of that name; of a shared one, the one whose number it is."""
    if question.tenant is not None:
        return _tenant(snapshot, question)
    owners = [tenant for tenant in snapshot.tenants.values() if trunk in tenant.trunks]
    shared = snapshot.trunks.get(trunk)
    if len(owners) == 1 and shared is None:
        return owners[0]
    if len(owners) > 1:
        named = _listed(tenant.config.name for tenant in owners)
        raise BadQuestion(
            "tenant", f"is not said, and several have a trunk {shown(trunk)}: {named}; name the called one's"
        )
    if shared is None:
        names = {*snapshot.trunks, *(name for tenant in snapshot.tenants.values() for name in tenant.trunks)}
        _not_there("trunk", trunk, "there is no such trunk", names)
    owner = tenant_of_did(snapshot, shared, question.to)
    serving = [name for name in snapshot.tenants if shared.serves(name)]
    if owner is None and len(serving) == 1:
        owner = serving[0]
    if owner is None:
        why = f"whose number {shown(question.to)} is: no inbound rule, or those of several tenants, claim it on {shown(trunk)}"
        raise BadQuestion("tenant", f"is not said, and it can't be told {why}; name one to see why")
    return snapshot.tenants[owner]


def _trunk(snapshot: Snapshot, tenant: TenantSnapshot, name: str) -> TrunkConfig:
    found = snapshot.trunk(tenant.config.name, name)
    if found is not None:
        return found
    usable = {*tenant.trunks, *(each for each, trunk in snapshot.trunks.items() if trunk.serves(tenant.config.name))}
    return _not_there("trunk", name, f"tenant {shown(tenant.config.name)} has no trunk of that name", usable)


def _caller(tenant: TenantSnapshot, number: str) -> ExtensionConfig:
    found = tenant.extensions.get(number)
    if found is not None:
        return found
    return _not_there(
        "from", number, f"tenant {shown(tenant.config.name)} has no extension of that number", tenant.extensions
    )


def _listener(snapshot: Snapshot, tenant: TenantSnapshot, name: str | None) -> tuple[str, bool]:
    """Its name, and whether that is a guess among several."""
    listeners = snapshot.listeners
    if name is not None:
        if name not in listeners:
            _not_there("listener", name, "there is no such listener", listeners)
        return name, False
    own = [each for each in sorted(listeners) if listeners[each].tenant == tenant.config.name]
    shared = [each for each in sorted(listeners) if listeners[each].tenant is None]
    found = [*own, *shared, *sorted(listeners)]
    return (found[0], len(listeners) > 1) if found else ("", False)


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
        return (instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadQuestion(
            "at",
            f"is {shown(text)}, which is no instant; "
            "write it like 2026-11-26, 2026-11-26T09:00 (both UTC) or 2026-11-26T09:00+01:00",
        ) from None


def _registered(tenant: TenantSnapshot, texts: Iterable[str]) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for text in texts:
        number, _, count = text.rpartition("=") if "=" in text else (text, "", "1")
        if number not in tenant.extensions:
            name = shown(tenant.config.name)
            _not_there("registered", number, f"tenant {name} has no extension of that number", tenant.extensions)
        phones = int(count) if count.isascii() and count.isdecimal() and len(count) <= 5 else MOST_PHONES + 1
        if phones > MOST_PHONES:
            hint = f"write {shown(number + '=2')} for two phones, {shown(number + '=0')} for none"
            raise BadQuestion("registered", f"is {shown(text)}, whose number of phones is not understood; {hint}")
        found[number] = phones
    return found


def _people(tenant: TenantSnapshot, texts: Iterable[str]) -> Mapping[str, Preferences]:
    found: dict[str, Preferences] = {}
    for text in texts:
        number, _, status = text.rpartition("=")
        if status not in STATUSES or not number:
            hint = f"write NUMBER=STATUS, with one of {', '.join(STATUSES)}"
            raise BadQuestion("status", f"is {shown(text)}, which is not understood; {hint}")
        extension = tenant.extensions.get(number)
        if extension is None:
            name = shown(tenant.config.name)
            _not_there("status", number, f"tenant {name} has no extension of that number", tenant.extensions)
        found[extension.name] = Preferences(tenant=tenant.config.name, extension=extension.name, status=status)
    return found


def _calls(number: int | None) -> int | None:
    if number is not None and not 0 <= number <= MOST_CALLS:
        raise BadQuestion("calls", f'is {shown(number)}; write how many calls the tenant has already, such as "0"')
    return number


def _not_there(field: str, name: str, what: str, known: Iterable[str]) -> NoReturn:
    names = sorted(known)
    near = _nearest(name[:64], names)
    hint = f"did you mean {' or '.join(map(shown, near))}?" if near else f"there are {_listed(names)}" if names else ""
    raise BadQuestion(field, f"is {shown(name)}, and {what}" + (f"; {hint}" if hint else "; there is none"))


def _nearest(name: str, names: list[str]) -> list[str]:
    """Those that were perhaps meant. Among many, most of it has to be right: a server answers calls while this searches."""
    if len(names) > MOST_COMPARED:
        start, end = name[:-1] or name, name[1:] or name
        names = [each for each in names if each.startswith(start) or each.endswith(end)][:MOST_COMPARED]
    return get_close_matches(name, names, 3, 0.5)


def _listed(names: Iterable[str]) -> str:
    every = sorted(names)
    return ", ".join(map(shown, every[:MOST_NAMED])) + (
        f" and {len(every) - MOST_NAMED} more" if len(every) > MOST_NAMED else ""
    )
