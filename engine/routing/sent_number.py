"""The digits and the caller id that a trunk is sent: the one place where what was dialled becomes what goes out (feature C4)."""

from __future__ import annotations

from dialing.number import E164, Number
from engine.config.dialling import DiallingConfig
from engine.config.extension import ExtensionConfig
from engine.config.outbound_rule import OutboundRouteConfig
from engine.config.snapshot import TenantSnapshot
from engine.config.trunk import TrunkConfig


def sent_digits(
    tenant: TenantSnapshot, route: OutboundRouteConfig, trunk: TrunkConfig, number: Number, digits: str
) -> str:
    """What is called there; `digits`: `number` as dialled, without separators. "" if nothing is left of it.

    A "+" counts as a digit that is stripped.
    """
    if route.strip or route.prepend:
        kept = digits[route.strip :]
        return route.prepend + kept if kept or not route.strip else ""
    canonical = number.canonical
    if not isinstance(canonical, E164) or trunk.number_format == "dialled":
        return digits
    return formatted(canonical.text, trunk.number_format, _dialling(tenant, trunk))


def shown_number(
    tenant: TenantSnapshot, route: OutboundRouteConfig, trunk: TrunkConfig, by: ExtensionConfig | None
) -> str:
    """The caller id, as the trunk is sent it; "" = none is configured."""
    number = route.caller_id
    if not number and trunk.caller_id == "extension" and by is not None:
        number = by.outbound_caller_id
    number = number or trunk.number
    return formatted(number, trunk.number_format, _dialling(tenant, trunk)) if number else ""


def formatted(e164: str, form: str, dialling: DiallingConfig) -> str:
    """A full number (+44...) as a trunk wants it; `dialled` says nothing of such and leaves it as it is."""
    digits = e164[1:]
    match form:
        case "plain":
            return digits
        case "international":
            return _international(dialling) + digits
        case "national":
            code = dialling.country_code
            if code is not None and digits.startswith(code):
                return dialling.national_prefix + digits[len(code) :]
            return _international(dialling) + digits
        case _:
            return e164


def _international(dialling: DiallingConfig) -> str:
    return next((prefix for prefix in dialling.international_prefixes if prefix), "00")


def _dialling(tenant: TenantSnapshot, trunk: TrunkConfig) -> DiallingConfig:
    return trunk.dialling if trunk.is_dialling_own else tenant.config.dialling
