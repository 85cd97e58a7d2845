"""The registrar: which contacts an address of record has, and the rules by which a REGISTER changes them.

RFC 3261 §10.3 steps 5 to 8, on requests that are authenticated and whose address of record is known already. Left out: the 200's
Date header, Path and GRUU. It decides and remembers; who calls it answers the request and stores the changes.

Surprising: contacts are not always kept until they expire. A killed phone comes back under another Contact and leaves the old one,
which would ring into the void: so a contact yields to a newer one of the same instance, to one of a phone that restarted behind
the same flow, and, beyond the limit, the one refreshed longest ago goes (Deviation: §10.3 knows no limit).
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from heapq import heappop, heappush
from math import ceil
from sys import intern
from typing import Any, Final

from engine.config.webhook import EXPIRED, REGISTERED, UNREGISTERED
from engine.marks import Marks
from engine.ports import BindingKey, StoredBinding
from engine.registrar.address import Address, Second, of_contact, of_instance
from engine.registrar.binding import Binding, live, view
from engine.registrar.contact import Wish, wish_of
from engine.registrar.outcome import (
    BadRequest,
    Delete,
    Granted,
    IntervalTooBrief,
    OutOfOrder,
    Registered,
    RegisterResult,
    RegistrationEvent,
    Upsert,
)
from engine.registrar.registration import Limits, Registration, checked_uri, has_restarted, is_late, out_of_order
from engine.sip.errors import RemoteProtocolError
from engine.sip.flow import Flow
from engine.sip.grammar import shown
from engine.sip.reroute import is_dialable
from engine.sip.uri import SipUri, equivalent, parse_uri
from engine.views import RegistrationView

_MAX_SHOWN_CHARS: Final = 256  # of a User-Agent, which may fill a datagram and is kept for each contact
_MOST_EVENTS: Final = 100_000


class Registrar:
    """All live bindings. One owner, one loop; nothing here waits or does IO.

    `is_ours`: whether a URI names one of our own listeners, which as a contact would send calls in circles; `most_events`: how many are
    kept for `take_events`.
    `counters`, ever rising. Bindings that went: expired, removed (as asked), replaced, restarted, evicted, dropped (extension gone),
    disconnected.
    Requests refused: too_brief, out_of_order, bad_request. events_forgotten: nobody took them.
    """

    def __init__(self, is_ours: Callable[[SipUri], bool], most_events: int = _MOST_EVENTS) -> None:
        self._is_ours = is_ours
        self._most_events = most_events
        self._addresses: dict[tuple[str, str], Address] = {}
        self._seconds: list[float] = []  # a heap of the keys of what follows
        self._alarms: dict[float, Second] = {}
        self._count = 0
        self._changed: dict[BindingKey, Binding | None] = {}
        self._by_connection: dict[int, set[tuple[str, str]]] = {}
        self._events: deque[RegistrationEvent] = deque()
        self._count_of: dict[str, int] = {}
        self.counters: Counter[str] = Counter()
        self.marks: Marks | None = None
        """What is told of bindings that come, are refreshed and go; None while nobody reads it."""

    @property
    def count(self) -> int:
        """Bindings held; those whose time is up leave at the next `expire`."""
        return self._count

    @property
    def count_of(self) -> Mapping[str, int]:
        """The same by tenant."""
        return self._count_of

    def binding(self, key: BindingKey, now: float) -> Binding | None:
        """A live one."""
        address = self._addresses.get((key[0], key[1]))
        found = None if address is None else of_contact(address.bindings, key[2])
        return found if found is not None and found.expires_at > now else None

    def mark_of(self, labels: Iterable[str]) -> None:
        """Bindings that came in over these sockets are shown otherwise from now on."""
        if self.marks is not None:
            over = frozenset(labels)
            for address in self._addresses.values():
                for binding in address.bindings:
                    if binding.flow.listener in over:
                        self.marks.registrations[binding.key] = ""

    def update(self, asked: Registration, limits: Limits, now: float) -> RegisterResult:
        """Do what a REGISTER asks, wholly or not at all; without contacts, only tell (RFC 3261 §10.3)."""
        address = self._addresses.get((asked.tenant, asked.number))
        if not asked.contacts:
            return self._registered(address, now)
        if any(element.is_wildcard for element in asked.contacts):
            result = self._remove_all(address, asked, now)
        else:
            result = self._change(address, asked, limits, now)
        match result:
            case IntervalTooBrief():
                self.counters["too_brief"] += 1
            case OutOfOrder():
                self.counters["out_of_order"] += 1
            case BadRequest():
                self.counters["bad_request"] += 1
            case Registered():
                pass
        return result

    def contacts(self, tenant: str, number: str, now: float) -> tuple[Binding, ...]:
        """Where the extension can be rung now: highest q first, among equals the one refreshed last."""
        address = self._addresses.get((tenant, number))
        if address is None:
            return ()
        found = [binding for binding in address.bindings if binding.expires_at > now]
        if len(found) > 1:
            found.sort(key=lambda binding: (-binding.q, -binding.refreshed_at))
        return tuple(found)

    def views(self, now: float, wall_now: float) -> tuple[RegistrationView, ...]:
        """All live bindings by tenant, number, contact. `wall_now`: UNIX seconds."""
        found = [
            binding for address in self._addresses.values() for binding in address.bindings if binding.expires_at > now
        ]
        found.sort(key=lambda binding: binding.key)
        return tuple([view(binding, now, wall_now) for binding in found])

    def by_tenant(self) -> dict[str, int]:
        """How many bindings there are: 10,000 addresses take less than a millisecond."""
        counts: dict[str, int] = {}
        for (tenant, _), address in self._addresses.items():
            counts[tenant] = counts.get(tenant, 0) + len(address.bindings)
        return counts

    def counts(self) -> Counter[tuple[str, str, str]]:
        """How many bindings there are by tenant, number and the label of the socket they came in over."""
        return Counter(
            [
                (tenant, number, binding.flow.listener)
                for (tenant, number), address in self._addresses.items()
                for binding in address.bindings
            ]
        )

    def expire(self, now: float, at_most: int = 1000) -> int:
        """Forget bindings whose time is up; how many. Looks at `at_most` addresses, so that a mass expiry is no long pause."""
        gone = 0
        while self._seconds and self._seconds[0] <= now and at_most > 0:
            second = self._alarms[self._seconds[0]]
            while second.addresses and at_most > 0:
                address = second.addresses.pop()
                if address.alarm is not second:
                    continue  # an earlier alarm took its place
                at_most -= 1
                address.alarm = None
                for binding in [b for b in address.bindings if b.expires_at <= now]:
                    self._dismiss(address, binding, "expired", now)
                    gone += 1
                if address.bindings:
                    self._watch(address, min(b.expires_at for b in address.bindings))
                else:
                    del self._addresses[address.key]
            if not second.addresses:
                del self._alarms[heappop(self._seconds)]
        return gone

    def deadline(self) -> float | None:
        """When to call `expire` next, monotonic seconds; None = nothing is held."""
        return self._seconds[0] if self._seconds else None

    def take_changes(self) -> list[Upsert | Delete]:
        """What changed since the last call, one entry a binding: its latest state. For the LocationStore."""
        if not self._changed:
            return []
        changed, self._changed = self._changed, {}
        return [Delete(key) if binding is None else Upsert(binding) for key, binding in changed.items()]

    def take_events(self) -> list[RegistrationEvent]:
        """Which phones came and went since the last call, in that order; a refresh is neither."""
        if not self._events:
            return []
        taken = list(self._events)
        self._events.clear()
        return taken

    def restore(self, kept: Iterable[StoredBinding], now: float, wall_now: float, longest_s: float) -> int:
        """Take stored bindings back after a restart; how many still live. `longest_s`: the longest expiry that we grant.

        What has expired is deleted from the store, and so is what came over a connection, which ended with the process, unless the
        phone can be reached at its contact. A binding registered meanwhile is newer than its stored form and stays. Follow with
        `retain`: extensions may be gone.
        """
        restored = 0
        for item in kept:
            binding = live(item, now, wall_now, longest_s)
            if binding is None or not _is_reachable(binding):
                self._changed.setdefault((item.tenant, item.number, item.contact), None)
                over_s = wall_now - item.expires_at
                kind = EXPIRED if over_s >= 0 else UNREGISTERED
                self._note(kind, item.tenant, item.number, item.host, now - max(0.0, over_s))
                continue
            address = self._address(binding.tenant, binding.number)
            if of_contact(address.bindings, binding.contact) is not None:
                continue
            address.put(binding)
            self._counted(binding.tenant, 1)
            restored += 1
            self._watch(address, binding.expires_at)
        return restored

    def lose(self, flow: Flow, now: float) -> int:
        """Forget the contacts whose connection has ended, unless the phone can be reached at its contact; how many went."""
        gone = 0
        for key in self._by_connection.pop(flow.connection, ()):
            address = self._addresses.get(key)
            if address is not None:
                lost = [b for b in address.bindings if b.flow == flow and not is_dialable(parse_uri(b.contact), flow)]
                for binding in lost:
                    self._dismiss(address, binding, "disconnected", now)
                gone += len(lost)
        return gone

    def uses(self, flow: Flow) -> bool:
        """Whether a phone is registered over that connection."""
        keys = self._by_connection.get(flow.connection, ())
        found = [self._addresses[key].bindings for key in keys if key in self._addresses]
        return any(binding.flow == flow for bindings in found for binding in bindings)

    def drop(self, tenant: str, number: str, now: float) -> int:
        """Forget all contacts of an extension that is gone; how many."""
        address = self._addresses.get((tenant, number))
        return 0 if address is None else self._drop(address, lambda _: True, now)

    def retain(self, keep: Callable[[Binding], bool], now: float) -> int:
        """Forget all bindings that `keep` denies (no such extension, tenant or listener any more); how many went.

        Looks at every binding (about 0.2 us each beside `keep`): for start and rare changes; `drop` for a single extension.
        """
        return sum(
            [self._drop(address, lambda binding: not keep(binding), now) for address in self._addresses.values()]
        )

    def _remove_all(self, address: Address | None, asked: Registration, now: float) -> RegisterResult:
        # RFC 3261 §10.3 step 6.
        if len(asked.contacts) > 1:
            return BadRequest("Contact: * stands beside other contacts; it has to be alone")
        if asked.expires_s != 0:
            return BadRequest(f"Contact: * needs Expires: 0, not {asked.expires_s}")
        if address is None:
            return Registered(())
        bindings = [binding for binding in address.bindings if binding.expires_at > now]
        for binding in bindings:
            if is_late(asked, binding):
                return out_of_order(asked, binding)
        for binding in bindings:
            self._dismiss(address, binding, "removed", now)
        return Registered((), removed=tuple(bindings))

    def _change(self, address: Address | None, asked: Registration, limits: Limits, now: float) -> RegisterResult:
        # RFC 3261 §10.3 step 7: everything is looked at before anything is changed.
        bindings = () if address is None else address.bindings
        known: list[tuple[Wish, int, Binding | None]] = []
        for element in asked.contacts:
            wish = wish_of(element)
            expires_s = wish.expires_s
            if expires_s is None:
                expires_s = limits.default_expires_s if asked.expires_s is None else asked.expires_s
            if 0 < expires_s < limits.min_expires_s:
                return IntervalTooBrief(limits.min_expires_s)
            expires_s = min(expires_s, limits.max_expires_s)
            binding = of_contact(bindings, wish.contact)
            if binding is None:
                try:
                    binding = self._find(bindings, wish, removing=expires_s == 0)
                except RemoteProtocolError as error:
                    return BadRequest(str(error))
            for before in (binding,) if binding is not None else of_instance(bindings, wish.instance):
                if before.expires_at > now and is_late(asked, before):
                    return out_of_order(asked, before)
            known.append((wish, expires_s, binding))
        if len(known) > limits.max_contacts and len({w.contact for w, s, _ in known if s}) > limits.max_contacts:
            return BadRequest(f"more contacts in one request than the {limits.max_contacts} that an extension may have")
        if address is None:
            if not any(expires_s for _, expires_s, _ in known):
                return Registered(())
            address = self._address(asked.tenant, asked.number)
        return self._commit(address, asked, known, limits, now)

    def _commit(
        self,
        address: Address,
        asked: Registration,
        known: list[tuple[Wish, int, Binding | None]],
        limits: Limits,
        now: float,
    ) -> Registered:
        added: list[Binding] = []
        removed: list[Binding] = []
        evicted: list[Binding] = []
        instant: Any = now  # as an object: compiled, each use of `now` would make one, and every binding keep two
        for wish, expires_s, old in known:
            if (
                old is not None
                and (expires_s == 0 or old.contact != wish.contact)
                and of_contact(address.bindings, old.contact) is not None
            ):
                if expires_s == 0:
                    self._dismiss(address, old, "removed", now)
                    removed.append(old)
                else:
                    self._forget(address, old, "replaced")  # its phone stays, under another spelling
            if expires_s == 0:
                continue
            there = of_contact(address.bindings, wish.contact)
            before = old if there is None else there
            is_new = before is None or before.expires_at <= now
            if is_new and before is not None:
                self._note(EXPIRED, before.tenant, before.number, before.flow.host, before.expires_at)
            since = instant
            if before is not None and not is_new:
                since = before.registered_at
            binding = Binding(
                asked.tenant,
                asked.number,
                wish.contact,
                asked.flow,
                asked.call_id,
                asked.cseq,
                now + expires_s,
                since,
                instant,
                intern(asked.user_agent[:_MAX_SHOWN_CHARS]),  # one text for all phones of a make
                wish.instance,
                wish.q,
            )
            if there is None:
                self._counted(asked.tenant, 1)
            address.put(binding)
            if asked.flow.connection > 0:
                self._by_connection.setdefault(asked.flow.connection, set()).add((asked.tenant, asked.number))
            self._changed[asked.tenant, asked.number, wish.contact] = binding
            if self.marks is not None:
                self.marks.registrations[asked.tenant, asked.number, wish.contact] = ""
            if address.alarm is None or binding.expires_at < address.alarm.at:
                self._watch(address, binding.expires_at)
            if is_new:
                added.append(binding)
        if added and len(address.bindings) > 1:
            for stale in [binding for binding in address.bindings if binding.expires_at <= now]:
                self._dismiss(address, stale, "expired", now)
            evicted = self._evict_ghosts(address, asked, added, now)
            while len(address.bindings) > limits.max_contacts:
                oldest = min(address.bindings, key=lambda binding: binding.refreshed_at)
                self._dismiss(address, oldest, "evicted", now)
                evicted.append(oldest)
        for _ in added:  # after those that it takes the place of
            self._note(REGISTERED, asked.tenant, asked.number, asked.flow.host, now)
        result = self._registered(address, now)
        if added or removed or evicted:
            return Registered(result.contacts, added=tuple(added), removed=tuple(removed), evicted=tuple(evicted))
        return result

    def _find(self, bindings: Sequence[Binding], wish: Wish, *, removing: bool) -> Binding | None:
        """The binding of an equivalent contact (RFC 3261 §19.1.4) or of the same instance, for a text not met before."""
        uri = checked_uri(wish.contact)
        if not removing and self._is_ours(uri):
            raise RemoteProtocolError(f"contact {shown(wish.contact)} is our own address; a phone registers its own")
        for binding in bindings:
            if equivalent(uri, parse_uri(binding.contact)):
                return binding
        return None

    def _evict_ghosts(self, address: Address, asked: Registration, added: list[Binding], now: float) -> list[Binding]:
        """Contacts that a phone left behind when it came back under another one."""
        evicted: list[Binding] = []
        fresh = {binding.instance for binding in added if binding.instance}
        for old in address.bindings:
            if old.call_id == asked.call_id and old.cseq == asked.cseq:
                continue  # of this very request
            if old.instance in fresh:
                self._dismiss(address, old, "replaced", now)
            elif any(has_restarted(old, binding) for binding in added):
                self._dismiss(address, old, "restarted", now)
            else:
                continue
            evicted.append(old)
        return evicted

    def _registered(self, address: Address | None, now: float) -> Registered:
        if address is None:
            return Registered(())
        return Registered(
            tuple(
                [
                    Granted(binding.contact, max(1, round(binding.expires_at - now)))
                    for binding in address.bindings
                    if binding.expires_at > now
                ]
            )
        )

    def _address(self, tenant: str, number: str) -> Address:
        key = (tenant, number)
        address = self._addresses.get(key)
        if address is None:
            address = self._addresses[key] = Address(key)
        return address

    def _watch(self, address: Address, at: float) -> None:
        """Have one alarm an address, at its first expiry or before: a refresh moves nothing, the alarm looks again when it rings.

        On whole seconds, so that many phones share a wake-up; what has expired is not shown meanwhile.
        """
        at = float(ceil(at))
        if address.alarm is not None and address.alarm.at <= at:
            return
        second = self._alarms.get(at)
        if second is None:
            second = self._alarms[at] = Second(at)
            heappush(self._seconds, at)
        address.alarm = second
        second.addresses.append(address)

    def _forget(self, address: Address, binding: Binding, why: str) -> None:
        # The address itself stays until its alarm rings, so that a phone that comes and goes leaves no heap of alarms.
        address.remove(binding.contact)
        self._counted(binding.tenant, -1)
        self._changed[binding.tenant, binding.number, binding.contact] = None
        if self.marks is not None:
            self.marks.registrations[binding.tenant, binding.number, binding.contact] = why
        self.counters[why] += 1

    def _counted(self, tenant: str, change: int) -> None:
        self._count += change
        count = self._count_of.get(tenant, 0) + change
        if count:
            self._count_of[tenant] = count
        else:
            self._count_of.pop(tenant, None)

    def _dismiss(self, address: Address, binding: Binding, why: str, now: float) -> None:
        """Forget it and tell others: its phone is gone."""
        self._forget(address, binding, why)
        kind, at = (EXPIRED, binding.expires_at) if why == "expired" else (UNREGISTERED, now)
        self._note(kind, binding.tenant, binding.number, binding.flow.host, at)

    def _note(self, kind: str, tenant: str, number: str, host: str, at: float) -> None:
        if len(self._events) >= self._most_events:
            self._events.popleft()
            self.counters["events_forgotten"] += 1
        self._events.append(RegistrationEvent(kind, tenant, number, host, at))

    def _drop(self, address: Address, gone: Callable[[Binding], bool], now: float) -> int:
        bindings = [binding for binding in address.bindings if gone(binding)]
        for binding in bindings:
            self._dismiss(address, binding, "dropped", now)
        return len(bindings)


def _is_reachable(restored: Binding) -> bool:
    """Whether a phone can be reached whose connections ended with the process."""
    return restored.flow.transport == "udp" or is_dialable(parse_uri(restored.contact), restored.flow)
