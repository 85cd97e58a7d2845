"""What only this machine tells of the manifests that run: its clock, certificates, recordings, PINs, hashes. Runs in the child.

Looked at again every few minutes, as files and the time change without a commit; in between the same is said again, at no cost. All are
warnings: what runs goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from reconciler.accept import SECRET_OPEN, SECRET_SHARED, SECRET_WEAK
from reconciler.certificates import EXPIRED, EXPIRING, INVALID, MISSING, Read, certificate_problems, expired_ip_rules
from reconciler.handbook import BY_THE_CLOCK
from reconciler.holidays_ending import holidays_ending
from reconciler.pins import PIN_WEAK, names_a_pin, pin_problems, pins_named
from reconciler.recordings import ContentOf, names_a_recording, recording_problems
from reconciler.secrets.resolver import Resolver
from reconciler.state import SYSTEM_UNIT
from reconciler.web_passwords import HASH_UNUSABLE, names_a_web_password, web_password_problems, web_passwords_named
from schema.catalog import Catalog, SystemResources, TenantResources
from schema.confinement import tenant_of_file
from schema.kinds.ip_rule import IpRuleSpec
from schema.kinds.listener import ListenerSpec
from schema.kinds.office_hours import OfficeHoursSpec
from schema.kinds.push_app import PushAppSpec
from schema.kinds.system import SystemSpec
from schema.problem import Problem, Severity
from schema.resource import AnyResource

EVERY: Final = timedelta(minutes=5)
ASKED: Final = BY_THE_CLOCK | {SECRET_OPEN, SECRET_SHARED, SECRET_WEAK, PIN_WEAK, HASH_UNUSABLE}
"""Rules of the machine that are asked wherever it is."""
OF_CERTIFICATES: Final = frozenset({MISSING, INVALID, EXPIRED, EXPIRING})
_OF_KINDS: Final = (IpRuleSpec, ListenerSpec, OfficeHoursSpec, PushAppSpec, SystemSpec)


def _now() -> datetime:
    return datetime.now(UTC)


class AtHand:
    """`read`: brings a certificate's file, None = they are not looked at; `content_of`: a file beside the manifests, None likewise."""

    def __init__(
        self,
        resolver: Resolver,
        read: Read | None = None,
        content_of: ContentOf | None = None,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._resolver = resolver
        self._read = read
        self._content_of = content_of
        self._now = now
        self._catalog: Catalog | None = None
        self._looked: datetime | None = None
        self._found: tuple[Problem, ...] = ()
        self._named: dict[str, tuple[SystemResources | TenantResources, tuple[AnyResource, ...]]] = {}

    @property
    def asked(self) -> frozenset[str]:
        """The rules that are."""
        return ASKED | OF_CERTIFICATES if self._read is not None else ASKED

    def problems(self, catalog: Catalog) -> tuple[Problem, ...]:
        """What is to be said of these resources; the same tuple while nothing else was found."""
        now = self._now()
        if catalog is self._catalog and self._looked is not None and timedelta() <= now - self._looked < EVERY:
            return self._found
        self._catalog, self._looked = catalog, now
        found = tuple(replace(one, severity=Severity.WARNING) for one in self._look(self._looked_at(catalog), now))
        if found != self._found:
            self._found = found
        return self._found

    def _looked_at(self, catalog: Catalog) -> list[AnyResource]:
        """Those that name something; of a tenant that has not changed they are known."""
        known, self._named = self._named, {}
        units: dict[str, SystemResources | TenantResources] = {SYSTEM_UNIT: catalog.system, **catalog.tenants}
        for name, owned in units.items():
            of, named = known.get(name, (None, ()))
            looked = named if of is owned else tuple(one for one in owned if _names_something(one))
            self._named[name] = owned, looked
        return [resource for _, named in self._named.values() for resource in named]

    def _look(self, resources: list[AnyResource], now: datetime) -> Iterator[Problem]:
        yield from expired_ip_rules(resources, now)
        yield from holidays_ending(resources, now.date())
        yield from self._of_secrets(resources)
        if self._read is not None:
            yield from certificate_problems(resources, self._read, now)
        if self._content_of is not None:
            # Those of tenants' own sources are beside those.
            ours = [one for one in resources if tenant_of_file(one.origin.file) is None]
            yield from recording_problems(ours, self._content_of)

    def _of_secrets(self, resources: Iterable[AnyResource]) -> Iterator[Problem]:
        pins, hashes = pins_named(resources), web_passwords_named(resources)
        if pins:
            yield from pin_problems(resources, self._resolver.resolve(pins).values)
        if hashes:
            yield from web_password_problems(resources, self._resolver.resolve(hashes).values)


def _names_something(resource: AnyResource) -> bool:
    is_of_kind = isinstance(resource.spec, _OF_KINDS)
    return is_of_kind or names_a_pin(resource) or names_a_web_password(resource) or names_a_recording(resource)
