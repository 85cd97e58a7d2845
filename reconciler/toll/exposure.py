"""The worst hour of a tenant in money: the bound that its rates, routes and limits set to what calls outside can cost.

Each caller has lines (calls at once) and starts (calls begun in an hour). A call of t seconds costs at most t / unit + 1 units, so an hour
of a caller costs at most `lines` x the dearest hour of talk that it can reach + `starts` x the dearest unit. Lines and starts are given to
the dearest callers first, until the limits of the tenant and the channels of its trunks are used up.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Final

from dialing.number import E164
from engine.config.destination import EXTERNAL
from engine.config.extension import ExtensionConfig
from engine.config.mask_index import MaskIndex
from reconciler.proof.destinations import why_dead
from reconciler.proof.proof import Subject
from reconciler.proof.sent import sent_by_rules
from reconciler.toll.price_list import Price, PriceList, price_list
from reconciler.toll.reach import Ways

MINUTES: Final = 60
MOST_TRIED: Final = 400
"""Prices of so many prefixes, the dearest first, are tried for a caller; then the next one is taken for reachable: the bound stays one."""
MOST_BEGINNINGS: Final = 24
"""Where a prefix has longer ones, so many beginnings of numbers that are left to it are tried; with more, any number of it counts."""
_NO_LIMIT: Final = math.inf


@dataclass(frozen=True, slots=True)
class Caller:
    """Callers who can reach the same: `lines`, `starts`: of all of them together, infinite = no limit. `who`: in words; `prefix`: of the
    rate with the dearest hour, without "+"."""

    hour: Decimal
    unit: Decimal
    lines: float
    starts: float
    who: str
    prefix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """`worst`: None = no limit bounds it; `unlimited`: which limit is missing, "" = none; `unpriced`: country codes that can be called
    and of which no rate is known, so that they are not in the sum; `budget`: None = none; `callers`: the dearest first.
    """

    tenant: str
    currency: str
    worst: Decimal | None
    budget: Decimal | None
    unlimited: str = ""
    unpriced: tuple[str, ...] = ()
    callers: tuple[Caller, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether it is more than the budget."""
        return self.budget is not None and (self.worst is None or self.worst > self.budget)


@dataclass(frozen=True, slots=True)
class _Class:
    """Extensions of which rules ask the same. `masks`: those of rules that their numbers fall under."""

    masks: frozenset[str]
    extensions: tuple[ExtensionConfig, ...]

    @property
    def one(self) -> ExtensionConfig:
        return self.extensions[0]


def exposure(subject: Subject) -> Exposure | None:
    """None for a tenant that names no rates, or whose table is not there."""
    tolls = subject.tenant.config.tolls
    rates = subject.snapshot.rates(subject.tenant)
    if rates is None:
        return None
    prices = price_list(rates.table)
    ways = Ways(subject)
    classes = _classes(subject)
    callers = tuple(_callers(subject, prices, ways, classes))
    quotas = subject.tenant.config.quotas
    lines = min(_limit(quotas.max_outside_calls), _limit(quotas.max_concurrent_calls), _channels(ways))
    starts = _limit(quotas.max_outside_calls_per_minute) * MINUTES
    of_lines = _filled(callers, lines, lambda one: one.lines, lambda one: one.hour)
    of_starts = _filled(callers, starts, lambda one: one.starts, lambda one: one.unit)
    unlimited = "maxOutsideCalls" if of_lines is None else "maxOutsideCallsPerMinute" if of_starts is None else ""
    return Exposure(
        tenant=subject.name,
        currency=tolls.currency,
        worst=None if of_lines is None or of_starts is None else of_lines + of_starts,
        budget=Decimal(tolls.budget) if tolls.budget else None,
        unlimited=unlimited,
        unpriced=tuple(_unpriced(subject, prices, ways, classes)),
        callers=tuple(sorted(callers, key=lambda one: one.hour, reverse=True)),
    )


def _limit(count: int) -> float:
    return count or _NO_LIMIT


def _channels(ways: Ways) -> float:
    """Of all trunks that a rule leads to."""
    return sum(_limit(trunk.max_channels) for trunk in ways.trunks.values())


def _filled(
    callers: tuple[Caller, ...],
    most: float,
    count: Callable[[Caller], float],
    price: Callable[[Caller], Decimal],
) -> Decimal | None:
    """What it comes to if the dearest use all they may, and all together at most `most`; None if nothing bounds it."""
    total, left = Decimal(0), most
    for caller in sorted(callers, key=price, reverse=True):
        used = min(count(caller), left)
        if not price(caller) or not used:
            continue
        if math.isinf(used):
            return None
        total += price(caller) * int(used)
        left -= used
    return total


# Who calls


def _callers(subject: Subject, prices: PriceList, ways: Ways, classes: tuple[_Class, ...]) -> Iterator[Caller]:
    by_hour = sorted(prices.prices(), key=lambda price: price.an_hour, reverse=True)
    by_unit = sorted(by_hour, key=lambda price: price.amount, reverse=True)
    for alike in classes:
        of_hour = _dearest(prices, ways, alike, by_hour, lambda price: price.an_hour)
        of_unit = _dearest(prices, ways, alike, by_unit, lambda price: price.amount)
        others = f" and {len(alike.extensions) - 1} more" if len(alike.extensions) > 1 else ""
        yield Caller(
            Decimal(0) if of_hour is None else of_hour.an_hour,
            Decimal(0) if of_unit is None else of_unit.amount,
            sum(_limit(extension.max_outside_calls) for extension in alike.extensions),
            sum(_limit(extension.max_outside_calls_per_minute) * MINUTES for extension in alike.extensions),
            f"extension {alike.one.number}{others}",
            "" if of_hour is None else of_hour.prefix,
        )
    yield from _of_rules(subject, prices)


def _classes(subject: Subject) -> tuple[_Class, ...]:
    """Extensions that may call outside, by what rules ask of them."""
    rules = subject.tenant.outbound_rules.values()
    masks = MaskIndex.of({mask: mask for rule in rules if rule.enabled for mask in rule.extensions})
    found: dict[tuple[tuple[str, ...], frozenset[str]], list[ExtensionConfig]] = {}
    for extension in subject.tenant.extensions.values():
        if extension.enabled and extension.may_call_outside:
            key = (extension.groups, frozenset(mask for mask, _ in masks.matching(extension.number)))
            found.setdefault(key, []).append(extension)
    return tuple(_Class(masks_of, tuple(extensions)) for (_, masks_of), extensions in found.items())


def _dearest(
    prices: PriceList, ways: Ways, alike: _Class, ordered: list[Price], worth: Callable[[Price], Decimal]
) -> Price | None:
    """The first price, of those in order, that the callers can run up."""
    for count, price in enumerate(ordered if ways.trunks else ()):
        if count == MOST_TRIED or not worth(price) or _runs_up(prices, ways, alike, price.prefix):
            return price
    return None


def _runs_up(prices: PriceList, ways: Ways, alike: _Class, prefix: str) -> bool:
    """Whether they get to a number that this prefix is the longest of."""
    own = tuple(islice(prices.own(prefix), MOST_BEGINNINGS + 1))
    begin = own if len(own) <= MOST_BEGINNINGS else (prefix,)
    return any(ways.reached(alike.one, alike.masks, start) for start in begin)


def _of_rules(subject: Subject, prices: PriceList) -> Iterator[Caller]:
    """Numbers outside that rules of the tenant send calls to: nobody's own limits count there."""
    for number in _of_destinations(subject):
        price = prices.find(number)
        if price is not None:
            yield Caller(price.an_hour, price.amount, _NO_LIMIT, _NO_LIMIT, "rules", price.prefix)


def _of_destinations(subject: Subject) -> list[str]:
    """Full numbers that rules send calls to, and that these get to, without "+"."""
    found = {
        one.to.value
        for one in sent_by_rules(subject)
        if one.to.kind == EXTERNAL and why_dead(subject, one.to, None) is None
    }
    numbers = (subject.tenant.context.number(text).canonical for text in found)
    return sorted(number.text[1:] for number in numbers if isinstance(number, E164))


# What no rate is known of


def _unpriced(subject: Subject, prices: PriceList, ways: Ways, classes: tuple[_Class, ...]) -> Iterator[str]:
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

    for code in map(str, sorted(COUNTRY_CODE_TO_REGION_CODE)):
        for alike in classes if ways.trunks else ():
            if prices.find(code) is None and _runs_up(prices, ways, alike, code):
                yield f"+{code}"
                break
    yield from (f"+{number}" for number in _of_destinations(subject) if prices.find(number) is None)
