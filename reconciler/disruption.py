"""What a change does to calls and registrations that are live when it is applied.

One entry for each kind that can disturb anything; every other kind decides new calls only. What stands here is what the engine does:
it drops the registrations of a number that is gone or has another owner. Those of a moved listener or a new domain stay in the list
until they expire, but their phones can't refresh them where they did, and have to be told: for who plans that is the same.
A lower retention disturbs nobody, but what it deletes a day later no rollback brings back. What is not
carried out yet disturbs nobody.
Calls go on as they began, at most as long as `System.spec.drain` says where what they use is gone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

from engine.config.declared import DeclaredConfig
from engine.config.extension import ExtensionConfig
from engine.config.ip_rule import IpRuleConfig
from engine.config.listener import ListenerConfig
from engine.config.snapshot import ConfigItem
from engine.config.system import SystemConfig
from engine.config.tenant import TenantConfig
from engine.config.trunk import TrunkConfig


class Disruption(StrEnum):
    """From the least to the most; the values are what people read."""

    NONE = "none"
    NEW_CALLS = "new calls only"
    DELETES_RECORDS = "deletes records"
    DROPS_REGISTRATIONS = "drops registrations"
    DROPS_CALLS = "drops calls"

    @property
    def rank(self) -> int:
        return _RANKS[self]


_RANKS: Final = {disruption: rank for rank, disruption in enumerate(Disruption)}


def disruption(
    old: ConfigItem | None, new: ConfigItem | None, *, drains: bool, denied: Collection[str] = ()
) -> Disruption:
    """Of one value that comes, changes or goes; equal values disturb nothing. `drains`: what goes is left to calls for a while.

    `denied`: the networks that are denied when the change is done.
    """
    if old == new or _is_only_declared(old, new):
        return Disruption.NONE
    old, new = _carried_out(old), _carried_out(new)
    if isinstance(new, IpRuleConfig) and not new.is_allowed and not _is_denied(old, new.network):
        return Disruption.DROPS_REGISTRATIONS
    if isinstance(old, IpRuleConfig) and old.is_allowed and not _is_allowed(new, old.network):
        return Disruption.DROPS_REGISTRATIONS if _lie_in((old.network,), denied) else Disruption.NEW_CALLS
    if old is None:
        return Disruption.NEW_CALLS
    if not drains and _takes_ports_away(old, new):
        return Disruption.DROPS_CALLS
    if isinstance(old, TrunkConfig):
        return _of_trunk(old, new if isinstance(new, TrunkConfig) else None, drains=drains)
    if _cuts_phones_off(old, new, denied):
        gone = new is None or isinstance(old, ListenerConfig)
        return Disruption.DROPS_CALLS if gone and not drains else Disruption.DROPS_REGISTRATIONS
    if _keeps_less(old, new):
        return Disruption.DELETES_RECORDS
    return Disruption.NEW_CALLS


def _is_only_declared(old: ConfigItem | None, new: ConfigItem | None) -> bool:
    """Whether all that differs is not carried out yet."""
    old, new = _carried_out(old), _carried_out(new)
    if old is None and new is None:
        return True
    if old is None or new is None or isinstance(old, DeclaredConfig) or isinstance(new, DeclaredConfig):
        return False
    return old.declared != new.declared and replace(old, declared=()) == replace(new, declared=())


def _carried_out(item: ConfigItem | None) -> ConfigItem | None:
    """The value, if the engine does anything by it."""
    return None if isinstance(item, DeclaredConfig) else item


def _is_denied(item: ConfigItem | None, network: str) -> bool:
    """Whether the network was shut out before, too."""
    return isinstance(item, IpRuleConfig) and not item.is_allowed and item.network == network


def _is_allowed(item: ConfigItem | None, network: str) -> bool:
    """Whether the network is let pass after it, too."""
    return isinstance(item, IpRuleConfig) and item.is_allowed and item.network == network


def _lie_in(networks: Iterable[str], denied: Collection[str]) -> bool:
    """Whether one of the networks, no longer let pass, lies in one that is shut out; one within it was shut out before."""
    around = [ip_network(network) for network in denied]
    return any(_is_within(ip_network(one), outer) for one in networks for outer in around)


def _is_within(inner: IPv4Network | IPv6Network, outer: IPv4Network | IPv6Network) -> bool:
    if isinstance(inner, IPv4Network):
        return isinstance(outer, IPv4Network) and inner.subnet_of(outer)
    return isinstance(outer, IPv6Network) and inner.subnet_of(outer)


def _of_trunk(old: TrunkConfig, new: TrunkConfig | None, *, drains: bool) -> Disruption:
    """One that goes or is disabled keeps its calls for a while, and is no longer registered; one that is spoken with otherwise registers
    anew.
    """
    if not old.enabled:
        return Disruption.NEW_CALLS
    if new is None or not new.enabled:
        if not drains:
            return Disruption.DROPS_CALLS
        return Disruption.DROPS_REGISTRATIONS if old.registration is not None else Disruption.NEW_CALLS
    is_spoken_otherwise = _spoken(old) != _spoken(new)
    return Disruption.DROPS_REGISTRATIONS if old.registration and is_spoken_otherwise else Disruption.NEW_CALLS


def _spoken(trunk: TrunkConfig) -> tuple[object, ...]:
    return (
        trunk.servers,
        trunk.outbound_proxy,
        trunk.transport,
        trunk.listener,
        trunk.domain,
        trunk.registration,
        trunk.credentials,
    )


def _takes_ports_away(old: ConfigItem, new: ConfigItem | None) -> bool:
    """Whether calls may use media ports that are not to be used any more."""
    if not (isinstance(old, SystemConfig) and isinstance(new, SystemConfig)):
        return False
    was, now = old.media, new.media
    return was.address != now.address or was.first_port < now.first_port or was.last_port > now.last_port


def _denies_more(old: SystemConfig, new: SystemConfig, denied: Collection[str]) -> bool:
    """Whether a network is denied that was not, or one is no longer allowed beside those that are denied."""
    was, now = old.security, new.security
    return not set(now.deny) <= set(was.deny) or _lie_in(set(was.allow) - set(now.allow), {*now.deny, *denied})


def _keeps_less(old: ConfigItem, new: ConfigItem | None) -> bool:
    """Whether call records that were to stay are to go."""
    if not (isinstance(old, TenantConfig) and isinstance(new, TenantConfig)):
        return False
    was, now = old.retention.cdrs_days, new.retention.cdrs_days
    return now != 0 and (was == 0 or now < was)


def _cuts_phones_off(old: ConfigItem, new: ConfigItem | None, denied: Collection[str]) -> bool:
    match old, new:
        case SystemConfig(), SystemConfig():
            return _denies_more(old, new, denied)
        case ExtensionConfig(), ExtensionConfig():
            return (old.number, old.auth_user) != (new.number, new.auth_user)
        case TenantConfig(), TenantConfig():
            return old.domain != new.domain
        case ListenerConfig(), ListenerConfig():
            return (old.transport, old.address, old.port) != (new.transport, new.address, new.port)
        case ((ExtensionConfig() | TenantConfig() | ListenerConfig()), None):
            return True
        case _:
            return False
