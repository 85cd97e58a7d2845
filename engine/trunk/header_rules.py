"""Header rules of a trunk (feature C2): typed changes of parsed fields; no text is ever pasted into a header.

The fields that a rule may name stand in `Fields`; the values that it may take in `Sources`. A value that is not there (the caller id of
a caller who shows none), or that can't be what it is set to (a host with blanks), leaves the field as it is; the counter says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from ipaddress import AddressValueError, IPv6Address
from typing import Final, NamedTuple

from engine.config.header_rule import HeaderRuleConfig
from engine.trunk.address_field import AddressField

_HOST: Final = re.compile(r"[A-Za-z0-9_.\-]+")


class Sources(NamedTuple):
    """What a rule may set a part to; "" = there is none."""

    caller_id: str = ""
    caller_extension: str = ""
    caller_display: str = ""
    callee: str = ""
    dialled: str = ""
    trunk_user: str = ""
    trunk_host: str = ""
    tenant_domain: str = ""

    def value(self, rule: HeaderRuleConfig) -> str:
        match rule.source:
            case "callerId":
                return self.caller_id
            case "callerExtension":
                return self.caller_extension
            case "callerDisplay":
                return self.caller_display
            case "callee":
                return self.callee
            case "dialled":
                return self.dialled
            case "trunkUser":
                return self.trunk_user
            case "trunkHost":
                return self.trunk_host
            case "tenantDomain":
                return self.tenant_domain
            case _:
                return rule.text


class Fields:
    """The addresses of an INVITE, by the names that rules have for them. From, To and Request-URI are always there."""

    __slots__ = ("by_name",)

    def __init__(self, by_name: dict[str, AddressField]) -> None:
        self.by_name = by_name

    def __getitem__(self, name: str) -> AddressField:
        return self.by_name[name]

    def get(self, name: str) -> AddressField | None:
        return self.by_name.get(name)


def apply_rules(
    rules: Iterable[HeaderRuleConfig], fields: Fields, sources: Sources, note: Callable[[str], None]
) -> None:
    """Change `fields` by the rules in their order. `note` gets a line for each that could not be done."""
    for rule in rules:
        if rule.remove:
            fields.by_name.pop(rule.header, None)
            continue
        value = sources.value(rule)
        if not value or (rule.part == "host" and not _is_host(value)):
            note(f"header rule not applied: {rule.part} of {rule.header} from {rule.source}")
            continue
        field = fields.by_name.get(rule.header)
        if field is None:
            field = AddressField(sources.caller_id or sources.trunk_user, sources.trunk_host)
        fields.by_name[rule.header] = _with_part(field, rule.part, value)


def _with_part(field: AddressField, part: str, value: str) -> AddressField:
    match part:
        case "user":
            return field._replace(user=value)
        case "display":
            return field._replace(display=value)
        case _:
            return field._replace(host=value, port=None)


def _is_host(text: str) -> bool:
    if ":" not in text:
        return _HOST.fullmatch(text) is not None
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return True
