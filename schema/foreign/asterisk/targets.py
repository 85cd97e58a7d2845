"""What Dial rings: `PJSIP/101`, `PJSIP/${EXTEN}@carrier`, `PJSIP/carrier/sip:1@host`, `SIP/carrier/1`, `Local/101@office`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import TypeAlias

from schema.foreign.digits import Digits
from schema.problem import shown


@dataclass(frozen=True, slots=True)
class Accounts:
    """Names of phones and carriers; `tech`: what Dial calls their channels. `elsewhere`: other names by which they are known."""

    phones: frozenset[str]
    carriers: frozenset[str]
    elsewhere: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ToPhone:
    """One of the phones."""

    name: str


@dataclass(frozen=True, slots=True)
class ToCarrier:
    """One of the carriers, and what it is sent."""

    name: str
    number: Digits


@dataclass(frozen=True, slots=True)
class Local:
    """The dial plan itself."""

    context: str
    exten: Digits


@dataclass(frozen=True, slots=True)
class ToNobody:
    """Nobody that is known."""

    why: str


Target: TypeAlias = ToPhone | ToCarrier | Local | ToNobody


def read_target(target: Digits, accounts: Accounts) -> Target:
    """One part of what Dial is given. NeedsNumber, Unclear."""
    tech, *parts = target.split("/")
    match tech.known.strip().upper():
        case "PJSIP" | "SIP":
            pass
        case "LOCAL":
            exten, *context = parts[0].split("@") if parts else [Digits()]
            return Local(context[0].known if context else "default", exten)
        case "":
            return ToNobody("it dials nothing")
        case other:
            return ToNobody(f"{shown(other)} is another technology than SIP")
    if not parts:
        return ToNobody("it names no account")
    if len(parts) == 1:
        number, *account = parts[0].split("@")
        if not account:
            return _account(number.known, Digits(), accounts)
        return _account(account[0].known, number, accounts)
    # PJSIP/carrier/sip:number@host, SIP/carrier/number
    uri = reduce(lambda one, other: add(one + Digits.of("/"), other), parts[1:])
    return _account(parts[0].known, _without_scheme(uri.split("@")[0]), accounts)


def _account(name: str, number: Digits, accounts: Accounts) -> Target:
    name = accounts.elsewhere.get(name, name)
    if name in accounts.phones:
        return ToPhone(name)
    if name in accounts.carriers:
        return ToCarrier(name, number)
    return ToNobody(f"there is no account {shown(name)}")


def _without_scheme(uri: Digits) -> Digits:
    for scheme in ("sip:", "sips:"):
        head = Digits(uri.spots[: len(scheme)])
        if head.text == scheme:
            return Digits(uri.spots[len(scheme) :], uri.rest)
    return uri
