"""A person's (or room's) number, and what its phones authenticate with."""

from __future__ import annotations

from dataclasses import dataclass

from engine.config.declared import DeclaredField
from engine.config.destination import DestinationConfig
from engine.config.ref import ConfigRef
from engine.config.secret import SecretRef


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardingConfig:
    """`when`: `always`, `offline`, `noAnswer`, `busy`, `unavailable` (its phone says so), `away` or `doNotDisturb` (its person does);
    `hours`: `any`, `in` or `out`.
    """

    when: str
    to: DestinationConfig
    hours: str = "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionConfig:
    """`number`: what others dial; `auth_user`: digest user name; `ring_time_s`: until a call is given up as not answered.

    `office_hours`: name of the tenant's OfficeHours that are its own, None = those of the tenant. `may_call_outside`: emergency numbers
    are always free. `max_outside_calls`, `max_outside_calls_per_minute`: 0 = no limit. `forwarding`: the first rule that fits counts.
    `balance`: what it may spend on calls that are billed, as the manifest set it, in millionths; None = as much as it wants.
    `may_change`: what its person may set without a manifest (`engine.preferences`), None = as the tenant has it.
    """

    tenant: str
    name: str
    number: str
    auth_user: str
    password: SecretRef
    display_name: str = ""
    enabled: bool = True
    max_contacts: int = 10
    ring_time_s: float = 30.0
    office_hours: str | None = None
    groups: tuple[str, ...] = ("Default",)
    outbound_caller_id: str = ""
    may_call_outside: bool = False
    max_outside_calls: int = 2
    max_outside_calls_per_minute: int = 10
    forwarding: tuple[ForwardingConfig, ...] = ()
    balance: int | None = None
    may_change: tuple[str, ...] | None = None
    declared: tuple[DeclaredField, ...] = ()

    @property
    def ref(self) -> ConfigRef:
        return tuple.__new__(ConfigRef, (self.tenant, "Extension", self.name))
